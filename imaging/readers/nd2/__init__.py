"""Nikon ND2: the library nd2 decodes its metadata; its frames are served as they lie in the file.

May enter: what the file says in OME's words, and where its frames are.
"""

from imaging.readers.nd2.describing import read
from imaging.readers.nd2.frames import make_tables

__all__ = ["make_tables", "read"]
