"""What every room stands on: people, groups, tokens, jobs, stored files, uploads, the audit log and the outbox.

It imports no other room. Only what at least two rooms need, and what knows nothing of bioimaging, may enter.
"""
