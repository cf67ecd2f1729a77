"""ZEISS CZI: its directory and XML are read here; planes of one block are served as they lie, libCZI composes mosaics.

May enter: what the file says in OME's words, where its planes are, and the reading of those that are composed.
"""

from imaging.readers.czi.describing import read
from imaging.readers.czi.images import make_tables
from imaging.readers.czi.mosaics import open_planes

__all__ = ["make_tables", "open_planes", "read"]
