"""Reads the files of a study: facts of images become rows, chunk tables, thumbnails and suggestions for the form.

May enter: what turns imaging's facts into catalogue rows. One file is one job and one transaction.
"""
