"""The names of terms: how they are compared, and the index on disk that finds them while somebody types.

Enters: what finds terms by a name. What a text of a deposit means is `ontology.mapping.candidates`'s.
"""
