"""The site: settings, pages, forms, REST API, accounts and management commands.

It imports every other room, and none imports it. A view parses, calls a service or a query, and renders.
"""

from portal.celery import app as celery_app

__all__ = ["celery_app"]
