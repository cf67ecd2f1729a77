"""The tables of ontologies."""

from ontology.models.mappings import Decision
from ontology.models.terms import Ontology, Parent, Span, Synonym, Term, Xref

__all__ = ["Decision", "Ontology", "Parent", "Span", "Synonym", "Term", "Xref"]
