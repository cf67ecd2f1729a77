"""Look-ups at outside registers: ORCID (people), ROR (organisations, funders), Crossref (articles, funders).

Each is off until a setting gives its address. A module a register: it asks by `base.asking`, and gives frozen
dataclasses. What a register answers is somebody else's word: never saved before a person saw it.
"""
