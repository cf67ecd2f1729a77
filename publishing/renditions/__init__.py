"""Renditions: one module a format, and the one table that lists them.

Content negotiation, Signposting, download menus, API and docs all derive from the table. Everything is made from the
Record; the same Record always gives the same bytes.
"""

from publishing.renditions.table import BY_EXTENSION, BY_KEY, RENDITIONS, NotAcceptable, Rendition, negotiate

__all__ = ["BY_EXTENSION", "BY_KEY", "RENDITIONS", "NotAcceptable", "Rendition", "negotiate"]
