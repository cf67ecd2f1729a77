"""Pictures of any region, size, time, depth and channel settings, and moving ones along z and t.

May enter: a step on the way from what an address asks (`asked`) over pixels (`scaling`, `compose`) to a file
(`encoding`).
"""
