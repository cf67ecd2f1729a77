"""OME-TIFF of an image or a part of it, made while it is sent.

May enter: a step on the way from what an address asks (`part`) over its metadata (`words`) to pages and tiles
(`pages`).
"""
