"""The OME model 2016-06: documents in and out, losing nothing, and older schemas brought forward.

May enter: what reads, writes, upgrades or types an OME document. What the readers want of it are `facts`.
No Django; a document that cannot be read ends here as an `errors.ImageError`.
"""
