"""Publication: immutable versions of studies, and everything public that is made from their Records.

It imports `catalogue` and below. Renditions, packages, harvest, search and delivery of published data live here.
"""
