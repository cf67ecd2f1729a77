"""OME-Zarr: its groups and metadata as facts, and the tables of its arrays."""

from imaging.readers.zarr.ome import read
from imaging.readers.zarr.table import make_tables

__all__ = ["make_tables", "read"]
