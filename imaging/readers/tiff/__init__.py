"""TIFF in all its dialects: its directory, its OME-XML or tags as facts, and the table of its strips and tiles."""

from imaging.readers.tiff.ome import read
from imaging.readers.tiff.table import make_tables

__all__ = ["make_tables", "read"]
