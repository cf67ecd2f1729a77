"""Ontology terms: loading, search, hierarchy, and the mapping of free text to terms.

It imports `base` only. What knows of studies and images belongs to `catalogue`.
"""
