"""The query language: what is typed, read into clauses. Enters: what understands words; engines see clauses only."""
