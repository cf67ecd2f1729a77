"""Packages: a version of a study with all its files as one streamed zip, a BagIt bag that is an RO-Crate.

Made from Records and stored bytes while it is sent; memory does not grow with the number of files.
"""

from publishing.packages.bag import bag_size, bag_stream

__all__ = ["bag_size", "bag_stream"]
