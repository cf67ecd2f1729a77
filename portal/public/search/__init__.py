"""The search page and what belongs to it: facets, rows of attributes, suggestions, exports, feeds, saved searches."""
