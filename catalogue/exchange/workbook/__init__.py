"""The REMBI workbook (xlsx): a study's metadata as sheets that a spreadsheet program fills in.

One sheet a module of catalogue.rules, one a table of several columns; made and read from the same layout.
"""

from catalogue.exchange.workbook.annotate import annotate
from catalogue.exchange.workbook.layout import KEY
from catalogue.exchange.workbook.read import is_mine, read
from catalogue.exchange.workbook.write import write

__all__ = ["KEY", "annotate", "is_mine", "read", "write"]
