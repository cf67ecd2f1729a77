"""Any pixel source written as a file of its own: OME-Zarr 0.5 in shards, or OME-TIFF, both with lower levels.

Level 0 is read once, shard by shard; each lower level is made from the shards above it while they are in memory.
May enter: a format to write, as a sink of `writing.write_blocks`.
"""
