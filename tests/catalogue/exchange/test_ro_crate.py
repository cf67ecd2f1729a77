"""RO-Crates: real ones come in whole, ours please the judges, in → out → in is the same, bad ones are told."""

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from rocrate.rocrate import ROCrate

from catalogue.exchange import biostudies, ro_crate
from catalogue.exchange.dossier import CannotRead, Dossier, FileLine, Imported, Origin, Pair, Weight
from catalogue.exchange.licences import licence_id
from catalogue.exchange.ro_crate import bia_write
from catalogue.exchange.ro_crate.contexts import SAME, Context, shortened
from catalogue.exchange.terms import curie_in
from tests.catalogue.exchange.renumbering import renumbered
from tests.catalogue.exchange.whole_dossiers import again, by_component, dossiers

GIDE = ("EXAMPLE-001", "S-BIAD2482", "idr0001", "ssbd-repos-000490")
REQUIRED = {  # of a root in GIDE's profile: how many there may be
    "name": (1, 1), "description": (1, 1), "datePublished": (1, 1), "license": (1, 1), "author": (1, 999),
    "publisher": (1, 1), "about": (1, 999), "measurementMethod": (1, 999), "thumbnailUrl": (0, 1),
    "identifier": (1, 9), "size": (2, 2),
}  # fmt: skip


@pytest.fixture(params=GIDE)
def gide(request: pytest.FixtureRequest, shared: Path) -> Path:
    return shared / "reference/gide" / f"{request.param}-ro-crate-metadata.json"


@pytest.fixture
def study(shared: Path) -> Dossier:
    """A real study, as if this site had published it."""
    path = shared / "samples/06_study_metadata/bioimage_archive/S-BIAD677.json"
    dossier = biostudies.read({path.name: path}).dossier
    dossier.files = [FileLine("a b/1.tif", "Study Component-1", 10), FileLine("c/é.tif", "", 20)]
    dossier.origin = Origin("https://vitrine.test", "Vitrine", "https://vitrine.test/studies/V1", "V1", "10.5072/v1",
                            "2026-02-03", "https://vitrine.test/t.jpg")  # fmt: skip
    return dossier


def test_every_value_of_a_gide_crate_ends_somewhere(gide: Path) -> None:
    imported = ro_crate.read({gide.name: gide})
    text = _everything(imported)
    graph = json.loads(gide.read_text())["@graph"]
    given = [value for entity in graph for value in _values(entity)]
    assert len(given) > 30
    assert [value for value in given if not _is_kept(value, text)] == []


@pytest.mark.parametrize("write", [ro_crate.write, ro_crate.write_gide, ro_crate.write_bia])
def test_a_gide_crate_that_is_read_and_written_and_read_is_the_same(gide: Path, write: Any) -> None:
    first = ro_crate.read({gide.name: gide}).dossier
    assert renumbered(again(first, write, ro_crate.read).dossier) == renumbered(first)


def test_people_samples_and_protocols_become_rows(shared: Path) -> None:
    path = shared / "reference/gide/EXAMPLE-001-ro-crate-metadata.json"
    document = ro_crate.read({path.name: path}).dossier.document
    assert document["study"]["licence"] == "CC-BY-4.0"
    assert [(row["family_name"], row.get("orcid")) for row in document["contributors"]] == [
        ("Researcher", "0000-0001-2345-6789"),
        ("Smith", None),
    ]
    assert document["biosamples"][0]["organisms"] == [
        {"organism": {"text": "Mus musculus", "curie": "NCBITaxon:10090"}, "common_name": "mouse"}
    ]
    assert document["acquisitions"][0]["methods"] == [
        {"method": {"text": "confocal microscopy", "curie": "FBbi:00000251"}}
    ]
    assert document["publications"][0]["doi"] == "10.1234/example.2024.001"


def test_authors_come_in_the_order_of_the_study_not_of_the_graph(shared: Path) -> None:
    path = shared / "reference/gide/S-BIAD2482-ro-crate-metadata.json"
    document = ro_crate.read({path.name: path}).dossier.document
    assert [row["family_name"] for row in document["contributors"]] == ["Cairns", "M'Saad", "Bewersdorf", "Kuan"]


def test_a_crate_for_gide_has_what_the_search_requires(study: Dossier) -> None:
    files = ro_crate.write_gide(study)
    assert list(files) == ["V1-ro-crate-metadata.json"]
    graph = {node["@id"]: node for node in json.loads(next(iter(files.values())))["@graph"]}
    root = graph["https://vitrine.test/studies/V1"]
    for name, (least, most) in REQUIRED.items():
        assert least <= len(_many(root.get(name))) <= most, name
    kinds = {kind for ref in root["about"] for kind in _many(graph[ref["@id"]]["@type"])}
    assert {"BioSample", "Taxon"} <= kinds
    methods = {kind for ref in root["measurementMethod"] for kind in _many(graph[ref["@id"]]["@type"])}
    assert {"LabProtocol", "DefinedTerm"} <= methods
    assert all(graph[ref["@id"]].get("affiliation") for ref in root["author"])
    assert {(graph[it["@id"]]["unitCode"][-10:], graph[it["@id"]]["value"]) for it in root["size"]} == {
        ("UO_0000233", 30), ("UO_0000189", 2),
    }  # fmt: skip
    assert all(graph[it["@id"]]["scientificName"] for it in root["about"] if "Taxon" in graph[it["@id"]]["@type"])


def test_our_gide_crates_have_the_structure_of_the_real_ones(study: Dossier, gide: Path) -> None:
    """Each property of their root, and each of their classes with its properties where we have such data."""
    ours = _shape(json.loads(next(iter(ro_crate.write_gide(study).values())))["@graph"])
    theirs = _shape(json.loads(gide.read_text())["@graph"])
    assert theirs["root"] - ours["root"] <= {"seeAlso", "@type"}
    for kind in {"Person", "BioSample", "Taxon", "LabProtocol", "DefinedTerm", "Organization"} & set(theirs):
        assert {"@id", "@type", "name"} & theirs[kind] <= ours[kind] | {"name"}
    assert "scientificName" in ours["Taxon"]


def test_a_crate_in_the_archives_terms_says_what_a_dataset_is_made_from(study: Dossier) -> None:
    graph = {it["@id"]: it for it in json.loads(ro_crate.write_bia(study)["ro-crate-metadata.json"])["@graph"]}
    dataset = graph["#Study%20Component-1"]
    assert "bia:Dataset" in dataset["@type"]
    assert dataset["associatedBiologicalEntity"] == [{"@id": "#Biosample-1-1"}]
    assert len(dataset["associatedImageAcquisitionProtocol"]) == 2
    specimen = graph[dataset["associatedSpecimen"][0]["@id"]]
    assert specimen["biologicalEntity"] == [{"@id": "#Biosample-1-1"}]
    assert graph[specimen["imagingPreparationProtocol"][0]["@id"]]["description"].startswith("For antigen detection")
    sample = graph["#Biosample-1-1"]
    assert sample["extrinsicVariableDescription"] == ["infection with SARS-CoV-2"]
    assert graph["#Image%20Acquisition-1-1"]["fbbiId"] == ["FBbi:00000246"]


def test_a_crate_of_the_archive_becomes_rows(tmp_path: Path, shared: Path, study: Dossier) -> None:
    """Read as the archive would write it: none of our own classes and properties."""
    value = json.loads(ro_crate.write_bia(study)["ro-crate-metadata.json"])
    for node in value["@graph"]:
        node["@type"] = [it for it in _many(node["@type"]) if not it.startswith("rembi:")]
        for key in [it for it in node if it.startswith("rembi:") or it in {"additionalProperty", "about"}]:
            if node["@id"] != "ro-crate-metadata.json":
                del node[key]
    document = _read(tmp_path, value).dossier.document
    component = document["components"][0]
    assert [row["acquisition"] for row in component["associations"]] == [
        "Image Acquisition-1-1",
        "Image Acquisition-1-2",
    ]
    assert {row["specimen"] for row in component["associations"]} == {"Specimen-1-1"}
    specimen = document["specimens"][0]
    assert (specimen["title"], specimen["biosample"]) == ("Specimen-1-1", "Biosample-1-1")
    assert specimen["sample_preparation"].startswith("For antigen detection")
    assert document["biosamples"][0]["biological_entity"]["text"] == "bronchial epithelia (BE)"
    assert document["acquisitions"][0]["methods"] == [
        {"method": {"text": "fluorescence microscopy", "curie": "FBbi:00000246"}}
    ]


def test_the_crate_is_one_to_rocrate(study: Dossier, tmp_path: Path) -> None:
    for name, data in ro_crate.write(study).items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / "a b").mkdir()
    (tmp_path / "c").mkdir()
    for line in study.files:
        (tmp_path / line.path).write_bytes(b"x" * (line.size or 0))
    crate = ROCrate(tmp_path)
    assert crate.name == study.document["study"]["title"]
    assert {it.id for it in crate.data_entities} >= {"a%20b/1.tif", "c/%C3%A9.tif"}
    assert crate.get("#Study%20Component-1")["hasPart"] == [crate.get("a%20b/1.tif")]
    assert len(crate.root_dataset["author"]) == 6
    assert crate.root_dataset["author"][0]["affiliation"][0]["name"] == "University of Bordeaux"


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_terms_stand_for_what_the_official_contexts_say(shared: Path, version: str) -> None:
    official = json.loads((shared / f"reference/ro-crate/ro-crate-{version}-context.jsonld").read_text())["@context"]
    context = Context(f"https://w3id.org/ro/crate/{version}/context")
    assert context.unknown == []
    wrong = {
        term: (context.expand(term), iri)
        for term, iri in official.items()
        if not iri.endswith(("/", "#")) and context.expand(term) != SAME.get(context.expand(iri), context.expand(iri))
    }
    assert wrong == {}


def test_the_archives_terms_are_those_of_its_context_and_ontology(shared: Path) -> None:
    context = Context(json.loads((shared / "reference/bia/bia_ro_crate_context.jsonld").read_text())["@context"])
    assert {term: context.short(term) for term in bia_write.TERMS} == bia_write.TERMS
    ontology = (shared / "reference/bia/bia_ontology.ttl").read_text()
    assert [kind for kind in bia_write.TYPES.values() if f"{kind} a owl:Class" not in ontology] == []
    assert context.short("biologicalEntity") == "bia:sampleOf"
    assert context.short("commonName") == "dwc:vernacularName"
    assert shortened("https://bioimage-archive.org/ro-crate/Study") == "bia:Study"


@given(dossiers(("ro-crate",)))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_any_dossier_comes_back(dossier: Dossier) -> None:
    back, first = renumbered(again(dossier, ro_crate.write, ro_crate.read).dossier), renumbered(dossier)
    assert back.document == first.document
    assert back.pairs == first.pairs
    assert by_component(back.files) == by_component(first.files)


@given(dossiers(("ro-crate",)))
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_any_dossier_comes_back_from_a_crate_in_the_archives_terms(dossier: Dossier) -> None:
    back, first = renumbered(again(dossier, ro_crate.write_bia, ro_crate.read).dossier), renumbered(dossier)
    assert (back.document, back.pairs) == (first.document, first.pairs)


@given(dossiers(("ro-crate",)))
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_any_dossier_comes_back_from_a_crate_for_gide_but_its_files(dossier: Dossier) -> None:
    back, first = renumbered(again(dossier, ro_crate.write_gide, ro_crate.read).dossier), renumbered(dossier)
    assert (back.document, back.pairs, back.files) == (first.document, first.pairs, [])


def test_a_zipped_crate_gives_its_files_with_what_is_said_of_them(tmp_path: Path) -> None:
    graph = [
        {"@id": "ro-crate-metadata.json", "@type": "CreativeWork", "about": {"@id": "./"}},
        {"@id": "./", "@type": "Dataset", "name": "Cells", "hasPart": [{"@id": "a%20b.tif"}, {"@id": "d/"},
                                                                             {"@id": "gone.tif"}],
         "creator": {"@type": "Person", "name": "Marie Curie", "affiliation": "Sorbonne"}, "keywords": "radium, cells"},
        {"@id": "a%20b.tif", "@type": "File", "contentSize": 12, "encodingFormat": "image/tiff", "author": "me"},
        {"@id": "d/", "@type": "Dataset"},
        {"@id": "#lost", "@type": "Thing", "name": "nobody names me"},
    ]  # fmt: skip
    path = tmp_path / "crate.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("top/ro-crate-metadata.json", json.dumps(_crate(graph)))
    assert ro_crate.is_mine({"crate.zip": path})
    dossier = ro_crate.read({"crate.zip": path}).dossier
    assert dossier.files == [
        FileLine("a b.tif", size=12, pairs=[Pair("ro-crate", "encodingFormat", "image/tiff"),
                                            Pair("ro-crate", "author", "me")]),
        FileLine("d/", pairs=[Pair("ro-crate", "@type", "Dataset")]),
    ]  # fmt: skip
    document = dossier.document
    assert document["study"]["keywords"] == [{"text": "radium"}, {"text": "cells"}]
    assert document["organisations"] == [{"id": "organisation-1", "name": "Sorbonne"}]
    assert document["contributors"][0]["affiliations"] == [{"organisation": "organisation-1"}]
    assert Pair("ro-crate", "#lost/name", "nobody names me") in dossier.pairs["study"]
    assert Pair("ro-crate", "hasPart", "gone.tif") in dossier.pairs["study"]


def test_an_unknown_context_is_told_and_not_fetched(tmp_path: Path) -> None:
    value = {"@context": "https://example.invalid/context", "@graph": [{"@id": "./", "@type": "Dataset", "name": "A"}]}
    imported = _read(tmp_path, value)
    assert [(one.weight, one.value) for one in imported.remarks] == [(Weight.NOTE, "https://example.invalid/context")]
    assert imported.dossier.document["study"] == {"title": "A"}


def test_circles_in_the_graph_end(tmp_path: Path) -> None:
    graph = [
        {"@id": "./", "@type": "Dataset", "name": "A", "isPartOf": {"@id": "#x"}},
        {"@id": "#x", "@type": "Thing", "isPartOf": {"@id": "#y"}, "name": "x"},
        {"@id": "#y", "@type": "Thing", "isPartOf": [{"@id": "#x"}, {"@id": "#y"}, {"@id": "./"}]},
    ]
    pairs = _read(tmp_path, _crate(graph)).dossier.pairs["study"]
    assert Pair("ro-crate", "isPartOf/name", "x") in pairs
    assert len(pairs) < 10


def test_a_hundred_thousand_files_are_taken(tmp_path: Path) -> None:
    files: list[dict[str, Any]] = [
        {"@id": f"f/{number}.tif", "@type": "File", "contentSize": str(number)} for number in range(100_000)
    ]
    root = {"@id": "./", "@type": "Dataset", "name": "A", "hasPart": [{"@id": it["@id"]} for it in files]}
    imported = _read(tmp_path, _crate([root, *files]))
    assert len(imported.dossier.files) == 100_000


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is no JSON"),
        ("{}", "no list “@graph”"),
        ('{"@graph": {}}', "no list “@graph”"),
        ('{"@graph": [3]}', "entity 1"),
        ('{"@graph": []}', "does not say which entity is the study"),
        ('{"@graph": [{"@id": "ro-crate-metadata.json", "about": {"@id": "./"}}]}', "no such entity"),
        ('{"@graph": [{"@id": 3, "@type": "Dataset"}]}', "should be a text"),
        ('{"@graph": [{"@id": "./", "@type": {"a": 1}}]}', "should be a text or a list"),
        ('{"@graph": [{"@id": "./", "name": [["a"]]}]}', "a list within a list"),
        ('{"@graph": [{"@id": "./", "a": ' + '{"a":' * 200 + "1" + "}" * 200 + "}]}", "nested too deeply"),
    ],
)
def test_bad_input_is_refused_in_words(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "ro-crate-metadata.json"
    path.write_text(text)
    with pytest.raises(CannotRead) as caught:
        ro_crate.read({path.name: path})
    assert reason in caught.value.reason


def test_a_broken_zip_is_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "crate.zip"
    path.write_bytes(b"PK\x03\x04nothing")
    with pytest.raises(CannotRead, match="cannot be opened as a zip"):
        ro_crate.read({path.name: path})


def _crate(graph: list[Any]) -> dict[str, Any]:
    return {"@context": "https://w3id.org/ro/crate/1.1/context", "@graph": graph}


def _read(tmp_path: Path, value: Any) -> Imported:
    path = tmp_path / "ro-crate-metadata.json"
    path.write_text(json.dumps(value))
    return ro_crate.read({path.name: path})


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _values(node: Any) -> Iterator[str]:
    for name, value in node.items():
        if name != "@type":
            for item in _many(value):
                yield str(item["@id"] if isinstance(item, dict) else item)


def _everything(imported: Imported) -> set[str]:
    found: set[str] = set()

    def collect(value: Any) -> None:
        for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else []:
            collect(item)
        if isinstance(value, str):
            found.add(value)

    collect(imported.dossier.document)
    pairs = [pair for some in imported.dossier.pairs.values() for pair in some]
    found.update(text for pair in pairs for text in (pair.value, pair.unit, pair.curie))
    found.update(remark.value for remark in imported.remarks)
    for person in imported.dossier.document.get("contributors", ()):
        found.add(f"{person.get('given_name', '')} {person.get('family_name', '')}".strip())
    return found


def _is_kept(value: str, text: set[str]) -> bool:
    """As it is, in its one spelling, or as a reference within the crate."""
    spelled = {value, curie_in(value), licence_id(value), value.removeprefix("https://orcid.org/"),
               value.removeprefix("https://doi.org/")}  # fmt: skip
    return bool(spelled & text) or value.startswith("#") or value.endswith("ro-crate-metadata.json")


def _shape(graph: list[dict[str, Any]]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {"root": set(graph[1])}
    for node in graph[2:]:
        for kind in _many(node["@type"]):
            found.setdefault(kind, set()).update(node)
    return found
