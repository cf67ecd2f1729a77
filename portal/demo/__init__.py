"""The demo: two published studies and a draft, from pictures that scikit-image's package holds.

May enter: making those pixels, their metadata as documents, and loading them by the services that people use.
"""
