"""Formats that no reader of ours opens, by Bio-Formats, where a site has installed it: GPL, and a process of its own.

May enter: what asks that process, and turns its answers into facts and planes.
"""

from imaging.readers.bioformats.reader import make_tables, open_planes, read

__all__ = ["make_tables", "open_planes", "read"]
