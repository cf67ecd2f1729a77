"""Pages for administrators: what the site's machinery does, in numbers, and its rules.

May enter: views that show rows of base and call its services, for people whose account is an administrator's.
"""
