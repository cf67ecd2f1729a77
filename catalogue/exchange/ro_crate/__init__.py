"""RO-Crates in and out: any study's crate, GIDE's search profile and crates in the BioImage Archive's terms.

One reader for all of them, since terms are read as the IRIs that they stand for; contexts are never fetched.
What enters is in RO-Crate's terms: `graph` knows crates, `vocabulary` says which term is which field.
"""

from catalogue.exchange.ro_crate.files import is_mine
from catalogue.exchange.ro_crate.read import read
from catalogue.exchange.ro_crate.write import write, write_bia, write_gide

__all__ = ["is_mine", "read", "write", "write_bia", "write_gide"]
