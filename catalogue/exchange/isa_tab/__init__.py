"""ISA-Tab: an investigation file, a table of samples, and a table an assay: sources, samples, files, what was done.

`read` and `write` are the format; `table` takes a table's columns apart, `labels` names sections and rows.
Only ISA-Tab's own words enter. Source: the ISA model and serialization specifications 1.0, ISA-Tab format.
"""

from catalogue.exchange.isa_tab.read import is_mine, read
from catalogue.exchange.isa_tab.write import write

__all__ = ["is_mine", "read", "write"]
