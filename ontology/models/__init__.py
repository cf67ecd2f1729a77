"""The tables of ontologies."""

from ontology.models.imported import ImportedTerm
from ontology.models.mappings import Decision
from ontology.models.terms import Ontology, Parent, Span, Synonym, Term, Xref

__all__ = ["Decision", "ImportedTerm", "Ontology", "Parent", "Span", "Synonym", "Term", "Xref"]
