"""Exports of other image databases: OMERO, MyTardis, Cytomine, XNAT, BisQue and LINCS, each as documented.

One module a database, each with `is_mine` and `read`: study, people, samples, files, and the rest as named values.
Only reading enters here; what goes out goes in the formats that are meant for exchange.
"""

from catalogue.exchange.image_databases import bisque, cytomine, lincs, mytardis, omero_csv, omero_pack, xnat

__all__ = ["bisque", "cytomine", "lincs", "mytardis", "omero_csv", "omero_pack", "xnat"]
