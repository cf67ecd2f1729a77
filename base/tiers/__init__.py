"""Files between stores: moves, recalls from an archive, rules that start them, and the check of all bytes over time.

May enter: services on StoredFile rows and their bytes. It knows stores and checksums, and nothing of studies or images.
"""
