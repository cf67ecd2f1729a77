"""The starter sets: what is in them agrees with the ontologies, and loading them twice is loading them once."""

import re
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from pytest_django import DjangoAssertNumQueries

from ontology.hierarchy import ancestors_of
from ontology.loading import load_starter
from ontology.models import Ontology, Parent, Span, Synonym, Term
from ontology.reading import CannotRead
from ontology.reading.starter import FOLDER, read_sets

both = pytest.mark.both


@pytest.mark.django_db
@both
def test_loading_twice_changes_nothing_and_asks_little(django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    count = load_starter()
    assert count > 1000
    before = {model: list(model.objects.order_by("pk").values_list("pk")) for model in (Term, Synonym, Parent, Span)}
    with django_assert_max_num_queries(len(read_sets()) + 1):
        assert load_starter() == count
    assert {model: list(model.objects.order_by("pk").values_list("pk")) for model in before} == before


@pytest.mark.django_db
@both
def test_what_was_corrected_in_a_file_is_taken_over_and_terms_keep_their_keys(tmp_path: Path) -> None:
    text = (FOLDER / "ncbitaxon.tsv").read_text()
    kept = tmp_path / "ncbitaxon.tsv"
    kept.write_text(text.replace("\tHomo sapiens\t", "\tHomo\t").replace("\thuman", "\tperson"))
    load_starter(tmp_path)
    before = Term.objects.get(label="Homo")
    gone = Term.objects.exclude(parent_links__isnull=False).exclude(child_links__isnull=False)
    Term.objects.create(ontology=before.ontology, curie="NCBITaxon:0", iri="x", label="of an earlier file")
    kept.write_text(text)
    load_starter(tmp_path)
    mended = Term.objects.get(pk=before.pk)
    assert (mended.label, mended.ontology.is_current) == ("Homo sapiens", True)
    assert "human" in mended.synonyms.values_list("text", flat=True)
    assert "person" not in mended.synonyms.values_list("text", flat=True)
    assert not gone.exists()
    above = Term.objects.in_bulk([pk for _, pk, _ in ancestors_of([mended.pk])]).values()
    assert {"Primates", "Mammalia", "Chordata", "Metazoa", "Eukaryota", "root"} <= {one.label for one in above}


@pytest.mark.django_db
def test_an_older_set_does_not_replace_a_newer_current_version() -> None:
    Ontology.objects.create(prefix="CL", name="Cell Ontology", version="v2027-01-01", source="elsewhere", is_part=True)
    load_starter()
    assert [one.version for one in Ontology.objects.filter(prefix="CL", is_current=True)] == ["v2027-01-01"]


@pytest.mark.django_db
def test_a_newer_set_replaces_an_older_current_version() -> None:
    Ontology.objects.create(prefix="CL", name="Cell Ontology", version="v2020-01-01", source="elsewhere", is_part=True)
    load_starter()
    (current,) = Ontology.objects.filter(prefix="CL", is_current=True)
    assert current.version > "v2020-01-01"
    assert Ontology.objects.filter(prefix="CL").count() == 2


@pytest.mark.django_db
def test_the_command_loads_and_lists() -> None:
    out = StringIO()
    call_command("ontology", "load-starter", stdout=out)
    assert re.match(rf"\d{{4}} terms of {len(read_sets())} ontologies are there", out.getvalue())
    out = StringIO()
    call_command("ontology", "list", stdout=out)
    lines = out.getvalue().splitlines()
    assert len(lines) == len(read_sets())
    assert any(line.startswith("FBbi\t2026-01-30\t") and "\tCC-BY-4.0\t" in line for line in lines)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("curie\tlabel\n", "header lacks"),
        ("{head}X:1\tone\n", "line 8.*tabs between"),
        ("{head}X:1\tone\tX:2\t\t\n", "not in the file: X:2"),
        ("{head}", "no terms"),
    ],
)
def test_a_broken_table_is_refused_by_name(tmp_path: Path, text: str, reason: str) -> None:
    head = "".join(f"# {key}: x\n" for key in ("prefix", "name", "version", "iri", "terms", "source", "licence"))
    (tmp_path / "broken.tsv").write_text(text.replace("{head}", head))
    with pytest.raises(CannotRead, match=rf"broken\.tsv.*{reason}"):
        read_sets(tmp_path)


def test_every_term_leads_to_the_root_of_its_set() -> None:
    for one in read_sets():
        if one.header.prefix in {"cellosaurus", "FBbi", "FPLX", "HGNC"}:
            continue  # flat lists, and an ontology of several branches
        roots = [term.label for term in one.terms() if not term.parents]
        assert len(roots) == 1, roots


def test_imaging_methods_agree_with_the_ontology(shared: Path) -> None:
    """Labels, parents and definitions of FBbi as its editors' file of 2026-01-30 has them."""
    text = (shared / "reference/ontologies/fbbi-edit-2026-01-30.ofn").read_text()
    iri = r"<http://purl\.obolibrary\.org/obo/FBbi_(\d+)>"
    labels = dict(re.findall(rf'^AnnotationAssertion\(.*?rdfs:label {iri} "(.*?)"\)$', text, re.M))
    parents = set(re.findall(rf"^SubClassOf\((?:Annotation\(.*?\) )*{iri} {iri}\)$", text, re.M))
    parents |= set(re.findall(rf"^EquivalentClasses\({iri} ObjectIntersectionOf\({iri}", text, re.M))
    lines = re.findall(rf'^AnnotationAssertion\(.*IAO_0000115> {iri} "(.*)"\)$', text, re.M)
    definitions = {key: definition.replace('\\"', '"') for key, definition in lines}
    (fbbi,) = (one for one in read_sets() if one.header.prefix == "FBbi")
    assert len(list(fbbi.terms())) > 500
    for term in fbbi.terms():
        key = term.curie.removeprefix("FBbi:")
        assert " ".join(labels[key].split()) == term.label
        assert {(key, parent.removeprefix("FBbi:")) for _, parent in term.parents} <= parents
        assert " ".join(definitions.get(key, "").split()) == term.definition


@pytest.mark.parametrize("name", ["cmpo", "pato"])
def test_phenotypes_agree_with_the_ontologies(shared: Path, name: str) -> None:
    """Labels and definitions as the OBO files have them, read line by line."""
    text = (shared / f"reference/ontologies/{name}.obo").read_text()
    labels = dict(re.findall(r"^id: (\S+)\nname: (.*)$", text, re.M))
    (found,) = (one for one in read_sets() if one.header.prefix == name.upper())
    terms = list(found.terms())
    assert len(terms) > 300
    assert {term.curie: term.label for term in terms} == {term.curie: labels[term.curie] for term in terms}
    assert sum(bool(term.definition) for term in terms) > 0.9 * len(terms)


def test_terms_say_what_they_mean() -> None:
    """The anatomy, cell and component ontologies define nearly all terms; organisms and cell lines are names only."""
    for one in read_sets():
        defined = sum(bool(term.definition) for term in one.terms())
        if one.header.prefix in {"CL", "GO", "UBERON"}:
            assert defined >= 0.9 * len(list(one.terms()))
        elif one.header.prefix in {"NCBITaxon", "cellosaurus", "FPLX", "HGNC"}:
            assert not defined
        assert not [term.curie for term in one.terms() if re.search(r"</?\w+>", term.definition)]


def test_organisms_and_methods_of_real_studies_are_there(shared: Path) -> None:
    """What IDR's study files and the public OME-Zarr tables name by id can be picked."""
    curies = {term.curie for one in read_sets() for term in one.terms()}
    named: set[str] = set()
    for path in (
        *(shared / "reference/idr").rglob("*-study.txt"),
        *(shared / "reference/ngff-challenge").glob("*.csv"),
    ):
        text = path.read_text(errors="replace")
        named |= {f"NCBITaxon:{key}" for key in re.findall(r"NCBITaxon[_:]([1-9]\d*)", text)}
        named |= {f"FBbi:{key}" for key in re.findall(r"FBbi[_:](\d{8})", text)}
    assert len(named) > 10
    assert named - curies == set()
