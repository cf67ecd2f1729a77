"""The tables of ontologies."""

from ontology.models.terms import Ancestor, Ontology, Parent, Synonym, Term, Xref

__all__ = ["Ancestor", "Ontology", "Parent", "Synonym", "Term", "Xref"]
