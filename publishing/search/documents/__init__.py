"""From published Records to what is put into an index: documents of studies, images and the terms that they use.

Enters: what reads Records for the search. How a document lies in an index is its engine's.
"""
