"""Packages: a version of a study with all its files, or some, as one streamed zip; all are a BagIt bag and an RO-Crate.

Made from Records and stored bytes while it is sent; memory does not grow with the number of files.
"""

from publishing.packages.bag import bag_size, bag_stream
from publishing.packages.choice import choice_size, choice_stream, chosen

__all__ = ["bag_size", "bag_stream", "choice_size", "choice_stream", "chosen"]
