"""Leica LIF: the library liffile finds images and their memory blocks; planes are served as they lie in them.

May enter: what the file says in OME's words, and where its planes are.
"""

from imaging.readers.lif.describing import read
from imaging.readers.lif.planes import make_tables

__all__ = ["make_tables", "read"]
