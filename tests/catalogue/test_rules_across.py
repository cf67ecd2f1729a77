"""Rules over several fields and over files: each is told at its place, with what to do. No database."""

import copy
import datetime
from pathlib import Path
from typing import Any

import pytest

from catalogue.rules import ComponentFacts, Facts, Finding, Level, Optics, PlateFacts, evaluate
from catalogue.rules.across import RULES
from catalogue.rules.parts import paths_in
from tests import factory

TODAY = datetime.date(2026, 11, 21)
IMAGES = {"images": {"plate": 1}, "channels": {"plate": 1}}


def findings(document: dict[str, Any] | None = None, **facts: Any) -> list[Finding]:
    return evaluate(document or factory.document(), Facts(**{"today": TODAY, **IMAGES, **facts}))


def told(path: str, document: dict[str, Any] | None = None, **facts: Any) -> list[str]:
    return [one.message for one in findings(document, **facts) if one.path == path]


def component(**facts: Any) -> dict[str, Any]:
    return {"components": {"plate": ComponentFacts(**facts)}}


def with_rows(**rows: Any) -> dict[str, Any]:
    return {**factory.document(), **copy.deepcopy(rows)}


PLATE = "component/plate/images"


@pytest.mark.parametrize(
    ("facts", "path", "message"),
    [
        ({"taken": ("2019-05-01T10:00:00", "2026-12-01T10:00:00")}, PLATE, "on 2026-12-01, which is still to come"),
        ({"taken": ("1970-01-01T00:00:00", "2020-01-01")}, PLATE, "on 1970-01-01, before 1990"),
        ({"without_pixel_size": 1}, PLATE, "1 image of it does not say how large a pixel is. Give the pixel size"),
        ({"without_pixel_size": 12}, PLATE, "12 images of it do not say"),
        ({"pixel_size": (0.3, 5000.0)}, PLATE, "would measure 5 mm. Probably the unit is wrong"),
        ({"pixel_size": (1e-7, 0.3)}, PLATE, "would measure 0.1 pm"),
        ({"optics": (Optics("Plan Apo", 20, 1.4, "Air"),)}, PLATE, "1.4 in the files, which is impossible in air"),
        ({"optics": (Optics("", 20, 0, ""),)}, PLATE, "impossible at all"),
        ({"optics": (Optics("X", 4000, 0.75, "Air"),)}, PLATE, "magnifies 4000 times by the files, as no objective"),
        ({"optics": (Optics("X", 60, 1.4, "Oil", (0.1, 50.0)),)}, PLATE, "60 times, but a pixel measures 50 µm"),
        ({"instruments": ("Zeiss LSM 880",)}, "acquisition/imaging/imaging_instrument", "20x” name Zeiss LSM 880"),
    ],
)  # fmt: skip
def test_what_the_files_say_is_held_against_what_is_plausible(facts: dict[str, Any], path: str, message: str) -> None:
    assert any(message in one for one in told(path, **component(**facts))), told(path, **component(**facts))


def test_what_is_plausible_is_left_alone() -> None:
    facts = component(
        taken=("2019-05-01T10:00:00", "2026-11-21T09:00:00"),
        pixel_size=(0.1, 6.5),
        instruments=("Nikon Instruments Eclipse Ti2",),
        optics=(Optics("Plan Apo", 63, 1.4, "Oil", (0.03, 0.2)), Optics("", None, None, "", (0.1, 0.1))),
    )
    assert {one.message for one in findings(**facts)} == {one.message for one in findings()}


def test_channels_are_counted_both_ways() -> None:
    document = factory.document()
    document["channels"] = [{**document["channels"][0], "id": str(number)} for number in range(3)]
    place = "component/plate/associations"
    assert told(place, document, channels={"plate": 3}) == []
    assert "have 4 channels, but only 3" in told(place, document, channels={"plate": 4})[0]
    assert "have at most 2 channels, but 3 channels" in told(place, document, channels={"plate": 2})[0]


def test_declared_sizes_are_held_against_those_read() -> None:
    data = {
        "id": "d",
        "title": "Raw",
        "component": "plate",
        "type": "primary",
        "dimensions": [{"axis": "x", "size": "2048"}, {"axis": "z", "size": "5"}, {"axis": "t", "size": "no"}],
    }
    facts = component(sizes={"x": (1024, 1024), "z": (1, 20), "t": (1, 1)})
    found = {one.path: one.message for one in findings(with_rows(image_data=[data]), **facts)}
    assert "read as 1024 wide, but here stands 2048" in found["image_data/d/dimensions/0/size"]
    assert "image_data/d/dimensions/1/size" not in found
    assert "no whole number" in found["image_data/d/dimensions/2/size"]


def test_a_pixel_size_that_is_given_is_not_asked_for() -> None:
    data = {"id": "d", "title": "Raw", "component": "plate", "type": "primary",
            "dimensions": [{"axis": "x", "pixel_size": "0.3", "unit": "µm"}]}  # fmt: skip
    assert told(PLATE, with_rows(image_data=[data]), **component(without_pixel_size=3)) == []


def test_days_are_held_against_one_another() -> None:
    document = factory.document(release_date="2026-10-01", private_until="2026-12-01")
    (found,) = (one for one in findings(document) if one.path == "study/release_date")
    assert (found.level, "stay private until 2026-12-01" in found.message) == (Level.REQUIRED, True)
    document = factory.document(release_date="2026-10-01")
    late = component(taken=("2026-10-20", "2026-10-20T08:00:00"))
    assert (
        "before the day on which the last image was taken, 2026-10-20"
        in told("study/release_date", document, **late)[0]
    )


def test_a_preparation_stands_beside_the_sample_that_it_was_made_of() -> None:
    document = factory.document()
    document["biosamples"].append({**document["biosamples"][0], "id": "other", "title": "Fibroblasts"})
    association = document["components"][0]["associations"][0]
    association["biosample"] = "other"
    place = "component/plate/associations/0/biosample"
    assert "made of “Schwann cells, NF1 +/+”, but here it stands beside “Fibroblasts”" in told(place, document)[0]
    document["specimens"][0]["further_biosamples"] = [{"biosample": "other"}]
    assert told(place, document) == []


def test_files_are_looked_at() -> None:
    assert "“a.tif” and “b.tif” hold the same bytes" in told("files/a.tif", same=(("a.tif", "b.tif"),))[0]
    plates = (PlateFacts("P1", 96, 96), PlateFacts("P2", 96, 3))
    assert [one.split(".")[0] for one in told("files", plates=plates)] == [
        "No image belongs to plate “P1”", "3 of the 96 wells of plate “P2” have no image"]  # fmt: skip


def test_paths_that_lead_nowhere_are_told_where_they_stand() -> None:
    analysis = {"id": "a", "title": "A", "inputs": ["raw/", {"path": "b.tif"}], "outputs": [{"path": "nuclei.csv"}]}
    annotation = {"id": "n", "source_image": "b.tif", "path": "mask.tif"}
    document = with_rows(analyses=[analysis], annotations=[annotation])
    assert dict(paths_in(document)) == {
        "analysis/a/inputs/0/path": "raw/",
        "analysis/a/inputs/1/path": "b.tif",
        "analysis/a/outputs/0/path": "nuclei.csv",
        "annotation/n/source_image": "b.tif",
        "annotation/n/path": "mask.tif",
    }
    found = {one.path for one in findings(document, missing_paths=("b.tif",)) if "no file or folder" in one.message}
    assert found == {"analysis/a/inputs/1/path", "annotation/n/source_image"}


@pytest.mark.parametrize(
    ("link", "path", "message"),
    [
        ({"database": "geo", "accession": "GSE63525"}, "", ""),
        ({"database": "geo", "accession": "PXD000440"}, "accession", "looks like one of PRIDE"),
        ({"accession": "GSE63525"}, "accession", "Say which archive"),
        ({"database": "geo", "url": "https://example.org"}, "accession", "there is no accession"),
        ({"database": "geo"}, "url", "needs its address, or the archive and accession"),
        ({}, "url", "needs its address, or the archive and accession"),
        ({"url": "https://example.org"}, "", ""),
    ],
)
def test_links_are_addresses_or_accessions(link: dict[str, str], path: str, message: str) -> None:
    document = with_rows(links=[{"id": "l", "description": "d", **link}])
    found = [one for one in findings(document) if one.module == "link"]
    assert {one.path for one in found} == ({f"link/l/{path}"} if path else set())
    assert all(message in one.message for one in found)


def test_one_orcid_is_one_person() -> None:
    document = factory.document()
    document["contributors"].append({**document["contributors"][0], "id": "twin"})
    assert "is there for two people" in told("contributor/twin/orcid", document)[0]


def test_every_rule_is_in_the_docs() -> None:
    text = (Path(__file__).parents[2] / "docs" / "rules.md").read_text()
    assert len({rule.key for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert f"| `{rule.key}` | {rule.level} |" in text
        assert rule.source
