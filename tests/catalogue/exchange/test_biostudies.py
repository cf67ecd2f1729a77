"""BioStudies: nothing of real submissions is lost, in → out → in is the same, and bad ones say what is bad."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from catalogue.exchange import biostudies
from catalogue.exchange.dossier import CannotRead, Dossier, FileLine, Imported, Pair, Weight
from catalogue.exchange.terms import curie_in
from tests.catalogue.exchange.whole_dossiers import again, by_component, dossiers

REAL = ("S-BIAD1752", "S-BIAD599", "S-BIAD677")


@pytest.fixture(params=REAL)
def real(request: pytest.FixtureRequest, shared: Path) -> Path:
    return shared / "samples/06_study_metadata/bioimage_archive" / f"{request.param}.json"


def test_every_value_of_the_archive_ends_somewhere(real: Path) -> None:
    imported = biostudies.read({real.name: real})
    text = _everything(imported)
    given = list(_values(json.loads(real.read_text())))
    assert len(given) > 60
    assert [value for value in given if not _is_kept(value, text)] == []


def test_what_is_read_and_written_and_read_is_the_same(real: Path) -> None:
    first = biostudies.read({real.name: real})
    assert again(first.dossier, biostudies.write, biostudies.read).dossier == first.dossier


def test_sections_become_the_modules_of_the_model(shared: Path) -> None:
    path = shared / "samples/06_study_metadata/bioimage_archive/S-BIAD1752.json"
    imported = biostudies.read({path.name: path})
    document = imported.dossier.document
    assert document["study"]["licence"] == "CC-BY-4.0"
    assert document["study"]["release_date"] == "2025-03-27"
    assert [row["family_name"] for row in document["contributors"]][:2] == ["Li", "Nichols"]
    assert document["contributors"][1]["roles"] == [{"role": "Author"}]
    assert document["biosamples"][0]["organisms"] == [
        {"organism": {"text": "Mus musculus", "curie": ""}, "common_name": "mouse"}
    ]
    assert document["components"][0]["associations"] == [
        {"biosample": "Biosample-1", "specimen": "Specimen-2", "acquisition": "Image acquisition-3"}
    ]
    repairs = [one for one in imported.remarks if one.weight is Weight.REPAIR]
    assert [(one.value, one.proposal) for one in repairs] == [
        ("https://doi.org/DOI: 10.26508/lsa.202403067", "10.26508/lsa.202403067")
    ]
    assert document["publications"][0]["doi"] == repairs[0].value  # not changed unasked


def test_samples_nested_in_a_component_are_what_it_is_made_from(shared: Path) -> None:
    path = shared / "samples/06_study_metadata/bioimage_archive/S-BIAD677.json"
    document = biostudies.read({path.name: path}).dossier.document
    assert [row["acquisition"] for row in document["components"][0]["associations"]] == [
        "Image Acquisition-1-1",
        "Image Acquisition-1-2",
    ]
    assert document["acquisitions"][0]["methods"] == [
        {"method": {"text": "fluorescence microscopy", "curie": "FBbi:00000246"}}
    ]
    assert document["biosamples"][0]["organisms"][0]["organism"]["curie"] == "NCBITaxon:9606"


def test_file_lists_give_the_files_of_their_component(tmp_path: Path) -> None:
    study = {
        "type": "Study",
        "subsections": [
            {"type": "Study Component", "accno": "c1", "attributes": [{"name": "File List", "value": "one.json"}]},
            {"type": "Study Component", "accno": "c2", "attributes": [{"name": "File List", "value": "two.tsv"}]},
        ],
    }
    listed = [{"path": "a/1.tif", "size": 5, "type": "file", "attributes": [{"name": "Gene", "value": "NF1"}]}]
    files = {"s.json": tmp_path / "s", "lists/one.json": tmp_path / "1", "two.tsv": tmp_path / "2"}
    files["s.json"].write_text(json.dumps({"type": "submission", "section": study}))
    files["lists/one.json"].write_text(json.dumps(listed))
    files["two.tsv"].write_text("Files\tWell\tDose\nb/1.tif\tB07\t0.5\n")
    imported = biostudies.read(files)
    assert imported.dossier.files == [
        FileLine("a/1.tif", "c1", 5, pairs=[Pair("biostudies", "Gene", "NF1")]),
        FileLine("b/1.tif", "c2", pairs=[Pair("biostudies", "Dose", "0.5")], well="B07"),
    ]
    assert imported.remarks == []


def test_unknown_sections_and_references_are_kept_and_told(tmp_path: Path) -> None:
    study = {
        "type": "Study",
        "attributes": [{"name": "Colour of the lab", "value": "blue", "valqual": [{"name": "By", "value": "us"}]}],
        "subsections": [
            {"type": "Weather", "attributes": [{"name": "Rain", "value": 3}]},
            {"type": "author", "attributes": [{"name": "Name", "value": "A B"},
                                              {"name": "affiliation", "value": "o9", "reference": True}]},
        ],
    }  # fmt: skip
    imported = _read(tmp_path, {"section": study})
    assert imported.dossier.pairs["study"] == [
        Pair("biostudies", "Colour of the lab", "blue"),
        Pair("biostudies", "Colour of the lab [By]", "us"),
        Pair("biostudies", "Weather/Rain", "3"),
    ]
    assert imported.dossier.pairs["contributor/contributor-1"] == [Pair("biostudies", "affiliation", "o9")]
    assert [(one.weight, one.value) for one in imported.remarks] == [(Weight.NOTE, ""), (Weight.ERROR, "o9")]


@given(dossiers(("biostudies", "biostudies/submission")))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_any_dossier_comes_back(dossier: Dossier) -> None:
    back = again(dossier, biostudies.write, biostudies.read).dossier
    assert back.document == dossier.document
    assert by_component(back.files) == by_component(dossier.files)
    assert {key: _sorted(found) for key, found in back.pairs.items()} == {
        key: _sorted(found) for key, found in dossier.pairs.items()
    }


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is no JSON"),
        ('{"section": {"type": "Study", "attributes": [', "line 1"),
        ('{"type": "submission"}', "no “section”"),
        ('{"section": []}', "section should be a group of values"),
        ('{"section": {"attributes": {"a": 1}}}', "section.attributes should be a list"),
        ('{"section": {"attributes": [{"name": "a", "value": {"b": 1}}]}}', "section.attributes[0].value"),
        ('{"section": {"attributes": [{"name": "a", "value": "\\u0000"}]}}', "not text"),
        ('{"section": {"attributes": [{"name": "a", "value": "\\ud800"}]}}', "not text"),
        ('{"section": ' + '{"subsections": [' * 600 + "]}" * 600 + "}", "nested too deeply"),
        ("[" * 100_000, "nested too deeply"),
    ],
)  # fmt: skip
def test_bad_input_is_refused_in_words(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "bad.json"
    path.write_text(text)
    with pytest.raises(CannotRead) as caught:
        biostudies.read({"bad.json": path})
    assert reason in caught.value.reason
    assert caught.value.file == "bad.json"


def test_a_hundred_thousand_files_take_bounded_time(tmp_path: Path) -> None:
    files = [{"path": f"f/{number}.tif", "size": number, "type": "file"} for number in range(100_000)]
    imported = _read(tmp_path, {"section": {"type": "Study", "files": files}})
    assert len(imported.dossier.files) == 100_000


def _read(tmp_path: Path, value: Any) -> Imported:
    path = tmp_path / "submission.json"
    path.write_text(json.dumps(value))
    return biostudies.read({path.name: path})


def _values(node: Any) -> Iterator[str]:
    """Every value of an attribute, a link or a file, and every qualifier."""
    if isinstance(node, list):
        for item in node:
            yield from _values(item)
    elif isinstance(node, dict):
        for name, item in node.items():
            if isinstance(item, dict | list):
                yield from _values(item)
            elif name in {"value", "url", "path"} and not node.get("reference"):
                yield item


def _everything(imported: Imported) -> set[str]:
    """All texts of fields, pairs and remarks."""
    found: set[str] = set()

    def collect(value: Any) -> None:
        if isinstance(value, dict):
            for item in value.values():
                collect(item)
        elif isinstance(value, list):
            for item in value:
                collect(item)
        else:
            found.add(str(value))

    collect(imported.dossier.document)
    found.update(pair.value for some in imported.dossier.pairs.values() for pair in some)
    found.update(remark.value for remark in imported.remarks)
    for person in imported.dossier.document.get("contributors", ()):
        found.add(f"{person.get('given_name', '')} {person.get('family_name', '')}".strip())
    return found


def _is_kept(value: str, text: set[str]) -> bool:
    """Whether a value is there: as it is, in its one spelling, in parts, or in a reference that was resolved."""
    if value in text or curie_in(value) in text or any(value in one for one in text):
        return True
    orcid = value.removeprefix("https://orcid.org/")
    parts = [part.strip() for part in value.replace("(", ",").replace(")", ",").split(",") if part.strip()]
    known = {"conceptualization", "investigation"}
    return orcid in text or all(part in text or part.lower() in known for part in parts) or _names_ontology(value, text)


def _names_ontology(value: str, text: set[str]) -> bool:
    """“FBbi” beside “FBbi:00000246” says nothing more."""
    return any(one.startswith(f"{value}:") for one in text)


def _sorted(found: list[Pair]) -> list[Pair]:
    """Pairs of the submission and those of its study are two lists in the file."""
    return sorted(found, key=lambda pair: pair.namespace == "biostudies/submission")
