"""Files that together are one image, such as one TIFF for each channel or z-slice: `propose` finds them by their
names, a `.pattern` file says which they are, and reads them as one.

May enter: what tells from names how files belong together. What is in each of them, the reader of its format says.
"""

from imaging.readers.patterns.dicom_slices import propose_slices
from imaging.readers.patterns.proposals import Proposal, propose
from imaging.readers.patterns.reader import make_tables, read
from imaging.readers.patterns.text import Pattern, parse

__all__ = ["Pattern", "Proposal", "make_tables", "parse", "propose", "propose_slices", "read"]
