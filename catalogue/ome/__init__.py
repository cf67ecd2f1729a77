"""OME documents as rows of tables and back, losing nothing.

May enter: what is between `imaging.ome` documents and `catalogue.models.ome`. `tables` says which entity is which
table; `write` makes the rows of a document, `read` the document of rows, and `export` gives its OME-XML.
"""
