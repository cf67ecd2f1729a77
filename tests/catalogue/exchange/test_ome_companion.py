"""OME-XML files as metadata of a study: real documents become rows, pairs and file lines, and come out as before."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from catalogue.exchange import ome_companion
from catalogue.exchange.dossier import CannotRead, Dossier, Imported, Weight
from imaging.ome.document import OmeElement
from imaging.ome.read import read_ome
from tests.catalogue.exchange.whole_dossiers import again

OME = '<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06">'


def _real(shared: Path) -> list[Path]:
    return [
        *sorted((shared / "reference/ome/samples").glob("*.ome.xml")),
        *sorted((shared / "samples/06_study_metadata/ome_xml").glob("*.ome.xml")),
    ]


def test_every_value_of_real_documents_is_in_a_field_or_a_pair(shared: Path) -> None:
    for path in _real(shared):
        assert ome_companion.is_mine({path.name: path})
        imported = ome_companion.read({path.name: path})
        kept = _kept(imported)
        missing = {
            value
            for element in read_ome(path.read_bytes(), path=path.name).root.walk()
            if element.entity not in {"WellSample", "WellSampleRef", "BinData"} and "Ref" not in element.entity
            for name, value in _values(element)
            if name not in {"ID", "Row", "Column"} and value not in kept
        }
        assert missing == set(), path.name


def test_what_is_read_and_written_and_read_is_the_same(shared: Path) -> None:
    for path in _real(shared):
        first = ome_companion.read({path.name: path}).dossier
        back = again(first, ome_companion.write, ome_companion.read).dossier
        assert (back.document, back.pairs, back.files) == (first.document, first.pairs, first.files)


def test_plates_place_their_images_in_wells(shared: Path) -> None:
    path = shared / "reference/ome/samples/two-screens-two-plates-four-wells.ome.xml"
    dossier = ome_companion.read({path.name: path}).dossier
    assert len(dossier.document["components"]) == 2
    wells = {(line.plate, line.well) for line in dossier.files}
    assert ("Plate:1", "B02") in wells
    assert ("twoName", "C03") in wells


def test_files_of_a_set_come_with_their_channels_and_the_camera(shared: Path) -> None:
    path = shared / "samples/06_study_metadata/ome_xml/MMStack.ome.xml"
    imported = ome_companion.read({path.name: path})
    dossier = imported.dossier
    assert [line.path.rpartition("-")[2] for line in dossier.files] == ["Pos000_000.ome.tif", "Pos001_000.ome.tif"]
    assert [row["content"]["text"] for row in dossier.document["channels"]] == ["Cy5", "DAPI", "FITC"]
    assert any(one.weight is Weight.NOTE and "planes" in one.value for one in imported.remarks)


def test_a_project_is_the_study_and_its_people_are_people(tmp_path: Path) -> None:
    text = OME + (
        '<Project ID="Project:0" Name="Cells"><Description>of two kinds</Description>'
        '<DatasetRef ID="Dataset:0"/></Project><Dataset ID="Dataset:0" Name="Plate 2"/>'
        '<Experimenter ID="Experimenter:0" FirstName="Ada" LastName="L" Email="a@example.org" Institution="Home"/>'
        "</OME>"
    )
    document = _read(tmp_path, text).dossier.document
    assert document["study"] == {"title": "Cells", "description": "of two kinds"}
    assert document["components"][0]["title"] == "Plate 2"
    assert document["contributors"][0]["email"] == "a@example.org"
    assert document["organisations"][0]["name"] == "Home"


def test_a_study_without_pixels_is_written_as_what_ome_has_a_place_for() -> None:
    dossier = Dossier({
        "study": {"title": "Cells", "description": "two kinds"},
        "contributors": [{"id": "a", "family_name": "L", "given_name": "Ada", "affiliations": [{"organisation": "o"}]}],
        "organisations": [{"id": "o", "name": "Home"}],
        "components": [{"id": "c", "title": "Plate 2"}],
    })  # fmt: skip
    document = again(dossier, ome_companion.write, ome_companion.read).dossier.document
    assert document["study"] == dossier.document["study"]
    assert document["contributors"][0]["family_name"] == "L"
    assert document["components"][0]["title"] == "Plate 2"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (OME, "OME-XML"),
        (OME + '<BinaryOnly MetadataFile="a.companion.ome" UUID="urn:uuid:1"/></OME>', "a.companion.ome"),
        ('<!DOCTYPE OME [<!ENTITY a "b">]>' + OME + "</OME>", "OME-XML"),
        (OME + "<Image/>" * 2, "OME-XML"),
    ],
)
def test_bad_input_is_refused_in_words(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(CannotRead) as caught:
        _read(tmp_path, text)
    assert reason in caught.value.reason


def _read(tmp_path: Path, text: str) -> Imported:
    path = tmp_path / "set.companion.ome"
    path.write_text(text)
    return ome_companion.read({path.name: path})


def _values(element: OmeElement) -> Iterator[tuple[str, str]]:
    yield from ((name, value) for name, value in element.values.items() if value)
    if element.text:
        yield "", element.text


def _kept(imported: Imported) -> set[str]:
    dossier = imported.dossier
    found = {pair.value for some in dossier.pairs.values() for pair in some}
    found |= {pair.value for line in dossier.files for pair in line.pairs}
    found |= {pair.name.rpartition("[")[2].rstrip("]") for some in dossier.pairs.values() for pair in some}
    found |= {line.plate for line in dossier.files}
    stack = [dossier.document]
    while stack:
        item = stack.pop()
        for value in item.values() if isinstance(item, dict) else item:
            if isinstance(value, dict | list):
                stack.append(value)  # type: ignore[arg-type]
            else:
                found.add(str(value))
    return found
