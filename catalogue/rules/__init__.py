"""The metadata model's fields and rules as data, and a Django-free evaluator of them.

Forms, API, documents, imports and the completeness panel all derive from the table in `rembi.py`.
"""
