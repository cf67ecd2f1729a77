"""Outside services that know more terms than are loaded here: OLS4, Zooma, BioPortal; each off at first.

A module a service; `look` asks them on a person's wish, never by itself, and checks again what they say. What may
enter: what a service says of terms, always with where and when it was said; nothing of studies.
"""

from ontology.outside.candidates import Found, Looked, candidates, look, services_on
from ontology.outside.importing import import_term, keep_imported

__all__ = ["Found", "Looked", "candidates", "import_term", "keep_imported", "look", "services_on"]
