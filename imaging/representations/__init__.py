"""What an image is served as: pure functions of a pixel source, knowing nothing of files, users or HTTP.

May enter: one module per representation, from `pixels.PixelSource` to what is at each of its addresses, and its line in
`table.REPRESENTATIONS`.
"""
