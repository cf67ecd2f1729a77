"""Where pixels come from, each a `pixels.PixelSource`: segments of files (TIFF and its like), Zarr, readers of others.

Enters: a way to get at chunks by a chunk table. What a file says of itself is read by `readers`.
"""
