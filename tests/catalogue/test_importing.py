"""Imported metadata in a draft: what it would change, and what it did."""

from typing import Any

import pytest

from catalogue import documents, dossiers
from catalogue.exchange.dossier import Dossier, FileLine, Imported, Pair, Place, Remark, Weight
from catalogue.exchange.merge import Mode
from catalogue.models import FieldSource, File, ListedFile, Study, Well
from catalogue.services import importing
from ontology.loading import load_starter
from tests import factory

pytestmark = pytest.mark.django_db


def imported(document: dict[str, Any] | None = None, **parts: Any) -> Imported:
    return Imported(Dossier(document or {}, **parts))


def apply(study: Study, given: Imported, **how: Any) -> importing.Applied:
    return importing.apply(actor=factory.actor(study.owner), study_id=study.pk, imported=given, **how)


def preview(study: Study, given: Imported, **how: Any) -> importing.Preview:
    return importing.preview(actor=factory.actor(study.owner), study_id=study.pk, imported=given, **how)


def test_a_whole_document_fills_an_empty_draft_and_changes_nothing_the_second_time() -> None:
    load_starter()
    study = factory.draft()
    seen = preview(study, imported(factory.document()))
    assert documents.read(study)["components"] == []  # a look writes nothing
    done = apply(study, imported(factory.document()))
    assert done.changes == len(seen.changes) > 10
    after = documents.read(study)
    assert after["components"][0]["associations"][0]["biosample"] == after["biosamples"][0]["id"]
    assert preview(study, imported(factory.document())).changes == []
    apply(study, imported(factory.document()))
    assert documents.read(study) == after


def test_the_import_fills_and_replaces_only_what_it_has() -> None:
    study = factory.study()
    before = documents.read(study)
    apply(study, imported({"study": {"licence": "CC0-1.0"}, "organisations": [{"name": "University of Dundee"}]}))
    after = documents.read(study)
    assert after["study"] == {**before["study"], "licence": "CC0-1.0"}
    assert [row["name"] for row in after["organisations"]] == [
        "University of Colorado Anschutz",
        "University of Dundee",
    ]
    assert after["contributors"] == before["contributors"]


def test_only_empty_fields_are_filled_when_asked() -> None:
    study = factory.study(acknowledgements="")
    given = imported({"study": {"licence": "CC0-1.0", "acknowledgements": "Thanks."}})
    apply(study, given, mode=Mode.FILL)
    after = documents.read(study)["study"]
    assert (after["licence"], after["acknowledgements"]) == ("CC-BY-4.0", "Thanks.")


def test_all_is_replaced_when_asked_and_rows_that_are_known_keep_their_ids() -> None:
    study = factory.study()
    before = documents.read(study)
    given = imported(
        {"study": {"title": "Another title of the same study"}, "biosamples": [{"title": "Schwann cells, NF1 +/+"}]}
    )
    apply(study, given, mode=Mode.REPLACE)
    after = documents.read(study)
    assert after["study"]["licence"] == ""
    assert after["biosamples"][0]["id"] == before["biosamples"][0]["id"]
    assert after["biosamples"][0]["organisms"] == []


def test_a_proposed_repair_is_taken_only_if_accepted() -> None:
    term = {"text": "fluorescence microscopy", "curie": "Fbbi:00000246"}
    document = {"acquisitions": [{"id": "a", "title": "Widefield", "methods": [{"method": term}]}]}
    remark = Remark(Weight.REPAIR, Place("study.txt", row=12), "Fbbi is written FBbi.", "Fbbi:00000246",
                    "FBbi:00000246", "acquisition/a/methods/0/method")  # fmt: skip
    load_starter()

    def curie_after(*accepted: str) -> str:
        study = factory.draft()
        given = imported(factory.document() | document)
        given.remarks.append(remark)
        apply(study, given, accepted=accepted)
        return str(documents.read(study)["acquisitions"][0]["methods"][0]["method"]["curie"])

    assert curie_after() == "Fbbi:00000246"
    assert curie_after("0") == "FBbi:00000246"


def test_what_no_field_takes_is_kept_on_its_entity_and_comes_out_again() -> None:
    study = factory.draft()
    document = {"biosamples": [{"id": "s1", "title": "Sample 1"}]}
    pairs = {
        "study": [Pair("idr.openmicroscopy.org/study", "Comment[IDR Study Accession]", "idr0001")],
        "biosample/s1": [Pair("lab", "Fridge", "B", unit="°C", curie="EFO:0000001"), Pair("lab", "Shelf", "3")],
    }
    apply(study, imported(document, pairs=pairs))
    apply(study, imported(document, pairs=pairs))
    out = dossiers.of_study(study)
    sample = out.document["biosamples"][0]["id"]
    assert out.pairs == {"study": pairs["study"], f"biosample/{sample}": pairs["biosample/s1"]}


def test_the_origin_of_each_value_is_noted() -> None:
    study = factory.draft()
    given = imported(
        {"study": {"title": "A title that is long enough for all"}, "organisations": [{"id": "o", "name": "Dundee"}]}
    )
    given.sources["study/title"] = Place("study.xlsx", "Study", 3, "Title")
    given.sources["organisation/o/name"] = Place("study.xlsx", "Organisations", 4, "Name")
    apply(study, given)
    organisation = documents.read(study)["organisations"][0]["id"]
    noted = dict(FieldSource.objects.filter(study=study).values_list("path", "source"))
    assert noted == {
        "study/title": "study.xlsx, sheet Study, row 3, column Title",
        f"organisation/{organisation}/name": "study.xlsx, sheet Organisations, row 4, column Name",
    }


def test_lines_about_files_become_their_key_values_and_those_of_missing_files_wait_for_them() -> None:
    study = factory.study(images=1)
    there = File.objects.get(study=study).path
    lines = [
        FileLine(f"./{there}", pairs=[Pair("file-list", "gene", "NF1"), Pair("file-list", "dose", "2", "µM")]),
        FileLine("later/plane.tif", "plate", 12, pairs=[Pair("file-list", "gene", "TP53")], plate="P1", well="B07"),
    ]
    given = imported({"components": [{"id": "plate", "title": "Plate 2, 20x"}]}, files=lines)
    seen = preview(study, given)
    assert (seen.files, seen.matched) == (2, 1)
    assert "later/plane.tif" in seen.remarks["missing"].message
    apply(study, given)
    apply(study, given)
    out = {line.path: line for line in dossiers.of_study(study).files}
    assert out[there].pairs == lines[0].pairs
    assert out["later/plane.tif"].pairs == lines[1].pairs
    assert (out["later/plane.tif"].plate, out["later/plane.tif"].well) == ("P1", "B07")
    made = factory.upload(study, "later/plane.tif", b"no image")
    assert made is not None
    assert not ListedFile.objects.filter(study=study).exists()
    after = {line.path: line for line in dossiers.of_study(study).files}["later/plane.tif"]
    assert after.pairs == lines[1].pairs
    assert after.component == out["later/plane.tif"].component != ""


@pytest.mark.parametrize(
    ("written", "how"), [("IMAGES/A.tif", "case"), ("nas/images/a.tif", "folder"), ("images", "below")]
)
def test_paths_that_only_resemble_a_file_wait_for_a_yes(written: str, how: str) -> None:
    study = factory.draft()
    factory.upload(study, "images/a.tif", b"no image")
    given = imported(files=[FileLine(written, pairs=[Pair("file-list", "gene", "NF1")])])
    seen = preview(study, given)
    assert seen.remarks[how].proposal == "images/a.tif"
    apply(study, given, accepted=[how])
    assert [line.pairs for line in dossiers.of_study(study).files] == [given.dossier.files[0].pairs]


def test_plates_and_wells_of_a_list_become_rows_also_for_files_that_come_later() -> None:
    study = factory.study(images=1)
    there = File.objects.get(study=study).path
    lines = [FileLine(there, plate="P1", well="B7"), FileLine("later.tif", plate="P1", well="C08")]
    apply(study, imported(files=lines))
    apply(study, imported(files=lines))
    assert Well.objects.filter(plate__study=study).count() == 1
    factory.upload(study, "later.tif", b"no image")
    out = {line.path: (line.plate, line.well) for line in dossiers.of_study(study).files}
    assert out == {there: ("P1", "B07"), "later.tif": ("P1", "C08")}
