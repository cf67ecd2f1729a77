"""DICOM: whole slides and other images as they lie in the file, and headers without what names a patient (PS3.15).

May enter: what reads DICOM's headers, frames and offset tables. No value that PS3.15 protects leaves this package.
"""

from pathlib import Path

from imaging.readers.dicom.facts import read
from imaging.readers.dicom.series import make_tables, series_of

__all__ = ["is_mine", "make_tables", "read", "series_of"]


def is_mine(path: Path, head: bytes) -> bool:
    """Whether it has DICOM's preamble (PS3.10, section 7.1)."""
    return head[128:132] == b"DICM"
