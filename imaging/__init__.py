"""Open any image file: its facts (metadata) and a multiscale source of its pixels.

May enter: one module per format family under `readers`, one per way to serve pixels under `representations`.
No Django and no other room; what a file says wrongly ends here as an `errors.ImageError`.
"""
