"""What is offered for a text that is being typed."""

import string
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from ontology.bindings import BINDINGS
from ontology.loading import load_starter
from ontology.models import Ontology, Term
from ontology.names import index as names_index
from ontology.queries import suggest

pytestmark = [pytest.mark.django_db, pytest.mark.both]


@pytest.fixture(autouse=True)
def starter(db: Any) -> None:
    load_starter()
    names_index.refresh()


MEANT = [
    ("Homo sapiens", "organism", "Homo sapiens"),
    ("human", "organism", "Homo sapiens"),
    ("hum", "organism", "Homo sapiens"),
    ("MOUSE", "organism", "Mus musculus"),
    ("mus", "organism", "Mus musculus"),
    ("musculus", "organism", "Mus musculus"),
    ("rat", "organism", "Rattus norvegicus"),
    ("zebra", "organism", "Danio rerio"),
    ("e. coli", "organism", "Escherichia coli"),
    ("c elegans", "organism", "Caenorhabditis elegans"),
    ("NCBITaxon:7955", "organism", "Danio rerio"),
    ("NCBITaxon:795", "organism", "Danio rerio"),
    ("http://purl.obolibrary.org/obo/NCBITaxon_7955", "organism", "Danio rerio"),
    ("7955", "organism", "Danio rerio"),
    ("danio", "organism", "Danio rerio"),
    ("baker's yeast", "organism", "Saccharomyces cerevisiae"),
    ("Arabidopsis thalina", "organism", "Arabidopsis thaliana"),
    ("Drosofila melanogaster", "organism", "Drosophila melanogaster"),
    ("drosofila mel", "organism", "Drosophila melanogaster"),
    ("confocal", "imaging_method", "confocal microscopy"),
    ("conf micro", "imaging_method", "confocal microscopy"),
    ("fluorescence micr", "imaging_method", "fluorescence microscopy"),
    ("fluoresence microscopy", "imaging_method", "fluorescence microscopy"),
    ("light sheet", "imaging_method", "light-sheet illumination"),
    ("light-sheet microscopy", "imaging_method", "SPIM"),
    ("brightfield", "imaging_method", "bright-field microscopy"),
    ("2-photon", "imaging_method", "two-photon laser scanning microscopy"),
    ("DIC", "imaging_method", "differential interference contrast microscopy"),
    ("STED", "imaging_method", "stimulated emission depletion (STED)"),
    ("schwann", "biological_entity", "Schwann cell"),
    ("ce", "biological_entity", "cell"),
    ("nucleus", "biological_entity", "nucleus"),
    ("brain", "biological_entity", "brain"),
    ("oesophagus", "biological_entity", "esophagus"),
    ("u-2 os", "strain", "U2OS"),
    ("mcf7", "strain", "MCF-7"),
    ("hela", "strain", "HeLa"),
    ("Hoechst 33342", "molecule", "2'-(4-ethoxyphenyl)-5-(4-methylpiperazin-1-yl)-2,5'-bibenzimidazole"),
    ("DAPI", "channel_content", "DAPI"),
    ("mitochondria", "channel_content", "mitochondrion"),
]


def test_what_is_meant_comes_first() -> None:
    offers = {(text, binding): suggest(text, binding) for text, binding, _ in MEANT}
    assert [(*key, offered[0].label) for key, offered in offers.items()] == MEANT
    for offered in offers.values():
        assert all(one.iri.startswith("http") for one in offered)
        assert len({one.curie for one in offered}) == len(offered) <= 10


def test_a_suggestion_says_by_which_name_it_was_found_and_where_it_stands() -> None:
    human = suggest("human", "organism")[0]
    assert (human.synonym, human.ontology, human.obsolete) == ("human", "NCBITaxon", False)
    assert human.path[0] == "root"
    assert human.path[-1] == "Hominidae"
    assert "Mammalia" in human.path
    assert human.scope == "exact"
    of_label = suggest("Homo sapiens", "organism")[0]
    assert (of_label.synonym, of_label.scope) == ("", "")
    assert suggest("DIC", "imaging_method")[0].scope == "related"


def test_a_binding_offers_its_own_terms_only() -> None:
    assert suggest("Homo sapiens", "imaging_method") == []
    assert all(one.ontology == "FBbi" for one in suggest("microscopy", "imaging_method", limit=50))
    assert suggest("tissue in wax embedment", "imaging_method") == []  # FBbi, but how a sample was prepared
    with pytest.raises(KeyError):
        suggest("x", "no such binding")


def test_obsolete_terms_come_last() -> None:
    taxa = Ontology.objects.get(prefix="NCBITaxon")
    Term.objects.create(ontology=taxa, curie="NCBITaxon:0", iri="x", label="mus", label_folded="mus", obsolete=True)
    Ontology.objects.filter(pk=taxa.pk).update(loaded_at=timezone.now())
    names_index.refresh()
    offered = suggest("mus", "organism", limit=50)
    assert [one.obsolete for one in offered] == [False] * (len(offered) - 1) + [True]


def test_a_suggestion_takes_few_queries(django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    for binding in BINDINGS:
        suggest("warm", binding)
        for text in ("h", "Drosofila melanogaster", "xyzzy quux"):
            with django_assert_max_num_queries(5):
                suggest(text, binding)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(text=st.text(max_size=30) | st.text(alphabet=string.punctuation + "ab%_\\ ", max_size=12))
def test_any_text_can_be_typed(text: str) -> None:
    for binding in BINDINGS:
        suggest(text, binding, limit=3)
