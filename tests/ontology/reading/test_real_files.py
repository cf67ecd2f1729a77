"""Ontologies as they are published, read right: each is held to what a second reader finds in the same file."""

import json
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from rdflib import OWL, RDF, RDFS, Graph, Literal, URIRef

from ontology.prefixes import iri_of
from ontology.reading import Given, Reading, cellxgene, read

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

ONTOLOGIES = "reference/ontologies"
DEFINITION = URIRef("http://purl.obolibrary.org/obo/IAO_0000115")


def _own(reading: Reading) -> dict[str, str]:
    prefix = f"{reading.header.prefix}:"
    return {term.iri: term.label for term in reading.terms() if term.curie.startswith(prefix)}


@pytest.mark.parametrize(
    ("name", "syntax", "prefix", "version", "licence", "count"),
    [
        ("EDAM-bioimaging.owl", "xml", "EDAM", "1.0alpha_pre-pre-release-20251026T0104Z", "CC-BY-SA-4.0", 473),
        ("fbbi-2019-03-07.owl", "xml", "FBbi", "2019-03-07", "CC-BY-4.0", 633),
        ("ssbd_v20250512.ttl", "turtle", "SSBD", "2025-05-08", "CC-BY-4.0", 34),
    ],
)
def test_rdf_has_what_rdflib_finds(
    shared: Path, name: str, syntax: str, prefix: str, version: str, licence: str, count: int
) -> None:
    reading = read(shared / ONTOLOGIES / name)
    header = reading.header
    assert (header.prefix, header.version, header.licence) == (prefix, version, licence)
    graph = Graph().parse(shared / ONTOLOGIES / name, format=syntax)
    classes = {str(one) for one in graph.subjects(RDF.type, OWL.Class) if isinstance(one, URIRef)}
    terms = {term.iri: term for term in reading.terms()}
    base = iri_of(f"{prefix}:")
    assert {iri for iri in terms if iri.startswith(base)} == {iri for iri in classes if iri.startswith(base)}
    assert len(_own(reading)) == count
    for iri, term in terms.items():
        labels = {" ".join(str(one).split()) for one in graph.objects(URIRef(iri), RDFS.label)}
        assert term.label in labels or not labels
        assert labels - {term.label} <= {text for _, text in term.synonyms}
        parents = {str(one) for one in graph.objects(URIRef(iri), RDFS.subClassOf) if isinstance(one, URIRef)}
        assert len(term.parents) >= len([one for one in parents if "obolibrary" in one or one.startswith(base)])
        if graph.value(URIRef(iri), DEFINITION):
            assert term.definition
        is_deprecated = (URIRef(iri), OWL.deprecated, Literal(True)) in graph
        assert term.obsolete == is_deprecated


def test_functional_syntax_has_what_its_lines_say(shared: Path) -> None:
    path = shared / ONTOLOGIES / "fbbi-edit-2026-01-30.ofn"
    text = path.read_text()
    reading = read(path, Given(version="2026-01-30"))
    assert (reading.header.prefix, reading.header.licence) == ("FBbi", "CC-BY-4.0")
    iri = r"<http://purl\.obolibrary\.org/obo/FBbi_(\w+)>"
    labels = {f"FBbi:{key}": " ".join(label.replace('\\"', '"').split()) for key, label in
              re.findall(rf'^AnnotationAssertion\(.*?rdfs:label {iri} "(.*?)"(?:@en)?\)$', text, re.M)}  # fmt: skip
    links = {(f"FBbi:{a}", f"FBbi:{b}") for a, b in re.findall(rf"^SubClassOf\(.*?{iri} {iri}\)$", text, re.M)}
    links |= {
        (f"FBbi:{a}", f"FBbi:{b}")
        for a, b in re.findall(rf"^EquivalentClasses\({iri} ObjectIntersectionOf\({iri}", text, re.M)
    }
    terms = list(reading.terms())
    declared = {f"FBbi:{key}" for key in re.findall(rf"^Declaration\(Class\({iri}\)\)$", text, re.M)}
    assert {term.curie for term in terms} == declared
    assert {term.curie: term.label for term in terms if term.label} == {c: labels[c] for c in labels if c in declared}
    assert links <= {(term.curie, parent) for term in terms for _, parent in term.parents}
    obsolete = set(re.findall(rf'^AnnotationAssertion\(.*?owl:deprecated {iri} "true"', text, re.M))
    assert {term.curie for term in terms if term.obsolete} == {f"FBbi:{key}" for key in obsolete}


@pytest.mark.parametrize(
    ("name", "prefix", "version", "licence", "count"),
    [
        ("cmpo.obo", "CMPO", "2017-12-19", "Apache-2.0", 399),
        ("pato.obo", "PATO", "2025-05-14", "CC-BY-3.0", 2785),
        ("uo.obo", "UO", "2026-01-16", "CC-BY-3.0", 574),
    ],
)
def test_obo_has_what_its_lines_say(
    shared: Path, name: str, prefix: str, version: str, licence: str, count: int
) -> None:
    path = shared / ONTOLOGIES / name
    reading = read(path)
    header = reading.header
    assert (header.prefix, header.version, header.licence) == (prefix, version, licence)
    frames = re.split(r"^\[", path.read_text(), flags=re.M)[1:]
    stanzas = [frame.splitlines() for frame in frames if frame.startswith("Term]")]
    assert len(stanzas) == count
    terms = {term.curie: term for term in reading.terms()}
    for lines in stanzas:
        curie = next(line[4:] for line in lines if line.startswith("id: "))
        term = terms.pop(curie)
        assert term.label == next(line[6:] for line in lines if line.startswith("name: "))
        assert len(term.synonyms) == len({line for line in lines if line.startswith("synonym: ")})
        assert {line[6:].split(" ")[0] for line in lines if line.startswith("is_a: ")} <= {p for _, p in term.parents}
        assert term.obsolete == ("is_obsolete: true" in lines)
        assert bool(term.definition) == any(line.startswith("def: ") for line in lines)
    assert all(term.obsolete and term.replaced_by for term in terms.values())  # what is left are merged ids


@pytest.fixture(scope="module")
def package() -> Callable[[str], Path]:
    pytest.importorskip("cellxgene_ontology_guide", reason="install cellxgene-ontology-guide: it is in the extra dev")
    return lambda prefix: cellxgene.find(prefix)[0]


def _plain(path: Path) -> dict[str, dict[str, object]]:
    found: dict[str, dict[str, object]] = json.loads(zstd.decompress(path.read_bytes()))
    return found


def test_obo_of_pato_is_what_others_read_from_its_owl(shared: Path, package: Callable[[str], Path]) -> None:
    ours = {term.curie: term for term in read(shared / ONTOLOGIES / "pato.obo").terms()}
    theirs = {term.curie: term for term in read(package("PATO")).terms()}
    assert ours.keys() == theirs.keys()
    for curie, term in ours.items():
        other = theirs[curie]
        assert (term.label, term.obsolete, term.replaced_by) == (other.label, other.obsolete, other.replaced_by)
        assert {parent for _, parent in term.parents} == {parent for _, parent in other.parents}


@pytest.mark.parametrize(
    "prefix", ["CL", "EFO", "HANCESTRO", "HsapDv", "MmusDv", "FBdv", "UBERON", "WBbt", "WBls", "ZFA"]
)
def test_parents_in_the_package_give_back_all_its_ancestors(package: Callable[[str], Path], prefix: str) -> None:
    """The files have ancestors, we take parents of them: what can be climbed to by those is just that."""
    path = package(prefix)
    terms = {term.curie: term for term in read(path).terms()}
    plain = _plain(path)
    assert len(terms) == len(plain)
    above: dict[str, frozenset[str]] = {}

    def climb(curie: str) -> frozenset[str]:
        if curie not in above:
            parents = [parent for _, parent in terms[curie].parents]
            above[curie] = frozenset(parents).union(*(climb(parent) for parent in parents))
        return above[curie]

    for curie, term in plain.items():
        ancestors = term["ancestors"]
        assert isinstance(ancestors, Mapping)
        assert climb(curie) == frozenset(ancestors)
        assert terms[curie].label == " ".join(str(term["label"] or "").split())
        assert terms[curie].obsolete == term["deprecated"]


def test_every_release_in_the_package_is_known(package: Callable[[str], Path]) -> None:
    for prefix, version, path in cellxgene.releases():
        assert path.is_file(), path
        assert path.name.endswith(f"{version}.json.zst")
        assert package(prefix) == path
    assert package("CL@v2025-07-30").name == "CL-ontology-v2025-07-30.json.zst"
