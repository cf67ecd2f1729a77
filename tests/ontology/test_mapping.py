"""Which terms free text is mapped to: texts as deposits have them, and how sure each answer is."""

import csv
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ontology.loading import load_starter
from ontology.mapping.candidates import Candidate, How, Tier, candidates_of
from ontology.mapping.spellings import As, singular, spellings
from ontology.models import Ontology, Synonym, Term
from ontology.names import index as names_index
from ontology.names import store as names_store
from ontology.names.comparing import plain
from ontology.queries import Wanted

pytestmark = [pytest.mark.django_db, pytest.mark.both]


@pytest.fixture(autouse=True)
def starter(db: Any) -> None:
    load_starter()
    names_index.refresh()


def candidates(text: str, binding: str) -> list[Candidate]:
    wanted = Wanted(text, "", binding)
    return candidates_of([wanted])[wanted]


def first(text: str, binding: str) -> Candidate:
    return candidates(text, binding)[0]


# As they stand in studies of IDR and the BioImage Archive, and in tables of public OME-Zarr images.
TAKEN = [
    ("Homo sapiens", "organism", "Homo sapiens", How.LABEL, As.GIVEN),
    ("homo sapiens", "organism", "Homo sapiens", How.LABEL, As.GIVEN),
    ("human", "organism", "Homo sapiens", How.EXACT, As.GIVEN),
    ("Zebrafish", "organism", "Danio rerio", How.EXACT, As.GIVEN),
    ("Mus musculus (mouse)", "organism", "Mus musculus", How.LABEL, As.UNBRACKETED),
    ("NCBITaxon_4896", "organism", "Schizosaccharomyces pombe", How.ID, As.GIVEN),
    ("NCBI:txid9606", "organism", "Homo sapiens", How.ID, As.GIVEN),
    ("obo:NCBITaxon_10117", "organism", "Rattus rattus", How.ID, As.GIVEN),
    ("http://purl.obolibrary.org/obo/NCBITaxon_9606", "organism", "Homo sapiens", How.ID, As.GIVEN),
    ("taxonomy:7955", "organism", "Danio rerio", How.ID, As.GIVEN),
    ("fluorescence microscopy.", "imaging_method", "fluorescence microscopy", How.LABEL, As.GIVEN),
    ("FBbi_00000246", "imaging_method", "fluorescence microscopy", How.ID, As.GIVEN),
    ("Fbbi:00000253", "imaging_method", "spinning disk confocal microscopy", How.ID, As.GIVEN),
    ("obo:FBbi:00000246", "imaging_method", "fluorescence microscopy", How.ID, As.GIVEN),
    ("Confocal microscopy (FBbi:00000251)", "imaging_method", "confocal microscopy", How.ID, As.GIVEN),
    ("GO: 0005634", "biological_entity", "nucleus", How.ID, As.GIVEN),
    ("Neurons", "biological_entity", "neuron", How.LABEL, As.SINGULAR),
    ("nuclei", "biological_entity", "nucleus", How.LABEL, As.SINGULAR),
    ("oesophagus", "biological_entity", "esophagus", How.LABEL, As.SPELLED),
    ("U-2 OS", "strain", "U2OS", How.LABEL, As.GIVEN),
    ("CVCL_0030", "strain", "HeLa", How.ID, As.GIVEN),
]
FOR_A_CURATOR = [
    ("H. sapiens", "organism", "Homo sapiens", As.GENUS),
    ("C. elegans", "organism", "Caenorhabditis elegans", As.GENUS),
    ("9606", "organism", "Homo sapiens", As.GIVEN),  # a number may be anything
    ("Mouse (C57BL/6)", "organism", "Mus musculus", As.UNBRACKETED),
    ("Drosofila melanogaster", "organism", "Drosophila melanogaster", As.GIVEN),
    ("Homo sapiens, HeLa", "organism", "Homo sapiens", As.PART),
    ("confocal", "imaging_method", "confocal microscopy", As.LENGTHENED),
    ("SEM", "imaging_method", "scanning electron microscopy (SEM)", As.GIVEN),
    ("light sheet fluorescence microscopy", "imaging_method", "fluorescence microscopy", As.GIVEN),
    ("HeLa cells", "strain", "HeLa", As.SHORTENED),
    ("3T3 mouse fibroblasts.", "biological_entity", "fibroblast", As.GIVEN),
]


def test_what_can_be_nothing_else_is_taken() -> None:
    found = {(text, binding): first(text, binding) for text, binding, *_ in TAKEN}
    assert [(*key, one.label, one.how, one.way) for key, one in found.items()] == TAKEN
    assert {one.tier for one in found.values()} == {Tier.HIGH}
    assert first("human", "organism").score == 0.9
    assert first("Homo sapiens", "organism").score == 1.0


def test_what_may_be_meant_is_left_to_a_curator() -> None:
    found = {(text, binding): first(text, binding) for text, binding, *_ in FOR_A_CURATOR}
    assert [(*key, one.label, one.way) for key, one in found.items()] == FOR_A_CURATOR
    assert Tier.HIGH not in {one.tier for one in found.values()}


def test_a_candidate_tells_how_it_was_found_and_where_it_stands() -> None:
    one = first("nuclei", "biological_entity")
    assert one.told == "its label, in the singular"
    assert (one.curie, one.ontology, one.name, one.obsolete) == ("GO:0005634", "GO", "nucleus", False)
    assert one.path[0] == "cellular_component"
    assert one.definition


def test_scores_fall_with_the_scope_of_a_synonym() -> None:
    term = Term.objects.get(curie="NCBITaxon:9606")
    names = {"yeti": "exact", "sasquatch": "related", "almas": "narrow", "ebu gogo": "broad"}
    for text, scope in names.items():
        Synonym.objects.create(term=term, text=text, text_folded=text, scope=scope)
    touched("NCBITaxon")
    found = [first(text, "organism") for text in names]
    assert {one.label for one in found} == {"Homo sapiens"}
    assert [(str(one.tier), one.score) for one in found] == [
        ("high", 0.9), ("good", 0.8), ("good", 0.7), ("medium", 0.6)
    ]  # fmt: skip


def touched(prefix: str) -> None:
    Ontology.objects.filter(prefix=prefix).update(loaded_at=timezone.now())
    names_index.refresh()


def test_of_two_terms_with_the_same_name_neither_is_sure_but_a_known_one() -> None:
    taxa = Ontology.objects.get(prefix="NCBITaxon")
    for number, synonym in (("990", "mouse"), ("991", "yeti"), ("992", "yeti")):
        term = Term.objects.create(
            ontology=taxa, curie=f"NCBITaxon:{number}", iri="x", label=number, label_folded=number
        )
        Synonym.objects.create(term=term, text=synonym, text_folded=synonym)
    touched("NCBITaxon")
    mouse, other = candidates("mouse", "organism")[:2]
    assert (mouse.curie, mouse.tier) == ("NCBITaxon:10090", Tier.HIGH)
    assert (other.curie, other.tier) == ("NCBITaxon:990", Tier.GOOD)
    assert [(one.curie, one.tier) for one in candidates("yeti", "organism")[:2]] == [
        ("NCBITaxon:991", Tier.GOOD), ("NCBITaxon:992", Tier.GOOD)
    ]  # fmt: skip


def test_an_obsolete_term_gives_way_to_what_replaces_it() -> None:
    taxa = Ontology.objects.get(prefix="NCBITaxon")
    gone = {"ontology": taxa, "iri": "x", "obsolete": True}
    Term.objects.create(curie="NCBITaxon:990", label="Homo", label_folded="homo", replaced_by="NCBITaxon:9606", **gone)
    Term.objects.create(curie="NCBITaxon:991", label="Yeti", label_folded="yeti", **gone)
    touched("NCBITaxon")
    replacement = first("homo", "organism")
    assert (replacement.curie, replacement.replaces, replacement.tier) == ("NCBITaxon:9606", "NCBITaxon:990", Tier.GOOD)
    assert (first("yeti", "organism").obsolete, first("yeti", "organism").tier) == (True, Tier.MEDIUM)


def test_a_binding_gives_its_own_terms_and_a_given_curie_counts() -> None:
    assert first("brain", "biological_entity").ontology == "UBERON"
    assert all(one.ontology == "NCBITaxon" for one in candidates("brain", "organism"))
    wanted = Wanted("the usual", "FBbi_00000246", "imaging_method")
    assert candidates_of([wanted])[wanted][0].label == "fluorescence microscopy"
    with pytest.raises(KeyError):
        candidates("brain", "no such binding")


def test_many_take_as_many_queries_as_one(django_assert_max_num_queries: Callable[..., Any]) -> None:
    names = Synonym.objects.filter(term__ontology__prefix="UBERON").values_list("text", flat=True)
    many = [Wanted(text, "", "biological_entity") for text in names] + [Wanted("Mouse", "", "organism")]
    with django_assert_max_num_queries(4):
        found = candidates_of(many, limit=3)
    assert len(found) == len(set(many)) > 100
    assert all(0 < len(some) <= 3 for some in found.values())


def test_without_an_index_exact_names_are_found_in_the_tables() -> None:
    shutil.rmtree(names_store.folder())
    for text, binding in (("homo sapiens", "organism"), ("human", "organism"), ("NCBITaxon:9606", "organism")):
        assert (first(text, binding).label, first(text, binding).tier) == ("Homo sapiens", Tier.HIGH)
    assert candidates("human", "strain") == []


def test_organisms_and_methods_of_public_images_are_found_by_their_ids(shared: Path) -> None:
    known = set(Term.objects.values_list("curie", flat=True))
    seen = 0
    for path in sorted((shared / "reference" / "ngff-challenge").glob("*_samples.csv")):
        with path.open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                for column, binding in (("organismId", "organism"), ("fbbiId", "imaging_method")):
                    text = (row.get(column) or "").strip()
                    number = text.rpartition("txid")[2] if "txid" in text else text[-8:]
                    wanted = f"NCBITaxon:{number}" if binding == "organism" else f"FBbi:{number}"
                    if wanted in known:
                        seen += 1
                        assert (first(text, binding).curie, first(text, binding).tier) == (wanted, Tier.HIGH)
                    if seen > 300:
                        return
    assert seen > 50


@pytest.mark.parametrize(
    ("plural", "one"),
    [
        ("neurons", "neuron"), ("nerve bodies", "nerve body"), ("mitochondria", "mitochondrion"), ("axes", "axis"),
        ("branches", "branch"), ("Mus musculus", "Mus musculus"), ("mitosis", "mitosis"), ("mass", "mass"),
    ],
)  # fmt: skip
def test_words_in_the_singular(plural: str, one: str) -> None:
    assert singular(plural) == one


def test_spellings_go_both_ways() -> None:
    assert "brain tumor" in spellings("brain tumour")
    assert "tumour" in spellings("tumor")
    assert "hematopoietic" in spellings("haematopoietic")
    assert "two photon" in spellings("2 photon")


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(text=st.text(max_size=40) | st.sampled_from(["", "()", "[)", "GO:", "txid", ":_", "a" * 5000, "x, " * 300]))
def test_any_text_has_candidates_or_none(text: str) -> None:
    for binding in ("organism", "variable"):
        found = candidates(text, binding)
        assert len({one.curie for one in found}) == len(found) <= 5
        assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
        assert sum(one.tier == Tier.HIGH for one in found) <= 1
    assert plain(plain(text)) == plain(text)
