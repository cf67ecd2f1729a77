"""Accounts: sign-up with a name, the profile with ORCID, and API tokens. Signing in and passwords are allauth's.

Views and forms about a person's own account may enter; what an account may do is catalogue.access's.
"""
