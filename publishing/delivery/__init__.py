"""Serving of images and files, access checked: representations of imaging, and deposited files byte by byte.

A plain WSGI application in front of Django's, so that a chunk costs no middleware. Ids and numbers of an address are
all that is used of it; published things are shown by their Record, drafts by the working copy behind catalogue.access.
"""

from publishing.delivery.app import DeliveryApp

__all__ = ["DeliveryApp"]
