"""BioStudies submissions (PageTab) as the BioImage Archive writes them: REMBI as sections with attributes, in JSON.

`read` and `write` are the format; `names` says which attribute is which field. Only what is in PageTab's own terms
enters. Source: the PageTab specification of BioStudies, and submissions of the BioImage Archive.
"""

from catalogue.exchange.biostudies.file_lists import is_mine
from catalogue.exchange.biostudies.read import read
from catalogue.exchange.biostudies.write import write

__all__ = ["is_mine", "read", "write"]
