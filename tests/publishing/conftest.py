"""The few ontology terms that the factory's study names."""

import pytest

from ontology.hierarchy import renumber
from ontology.models import Ontology, Parent, Term


def _term(ontology: Ontology, curie: str, label: str) -> Term:
    iri = f"http://purl.obolibrary.org/obo/{curie.replace(':', '_')}"
    return Term.objects.create(ontology=ontology, curie=curie, iri=iri, label=label, label_folded=label.lower())


@pytest.fixture
def terms(db: None) -> None:
    taxa, methods = (
        Ontology.objects.create(prefix=prefix, name=prefix, version="2026-01", source="a few terms for tests")
        for prefix in ("NCBITaxon", "FBbi")
    )
    human = _term(taxa, "NCBITaxon:9606", "Homo sapiens")
    mammals = _term(taxa, "NCBITaxon:40674", "Mammalia")
    Parent.objects.create(term=human, parent=mammals)
    renumber(taxa)
    _term(methods, "FBbi:00000246", "fluorescence microscopy")
