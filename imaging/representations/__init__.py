"""A pixel source as bytes that a client asks for; nothing here knows of files, users or HTTP.

May enter: one module per representation (OME-Zarr, thumbnail, ...), each from `pixels.PixelSource` to bytes.
"""
