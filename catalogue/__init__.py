"""REMBI and OME metadata as relational records: deposit, files, review, access.

It imports `imaging`, `base` and `ontology`. What is public of a published study belongs to `publishing`;
`catalogue.rules` stays free of Django, since the depositor's client uses it as well.
"""
