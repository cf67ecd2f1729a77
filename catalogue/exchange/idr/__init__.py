"""Study files of the Image Data Resource (IDR): ISA-Tab-like rows, and the tables that come with them.

`read` and `write` are the format; `labels` says which row is which field, `sheet` and `tables` take the cells apart.
Only what is in the words of IDR's files enters. Source: the study files that IDR publishes, and its template.
"""

from catalogue.exchange.idr.read import is_mine, read
from catalogue.exchange.idr.write import write

__all__ = ["is_mine", "read", "write"]
