"""Points that a document would earn, and which field would earn the others. No database."""

from pathlib import Path
from typing import Any

import pytest

from catalogue.rules import MODULES, Facts
from catalogue.rules.fair import METRICS, FairReport, Site, score
from tests import factory

IMAGES = Facts(images={"plate": 1}, channels={"plate": 1})
# The metrics of FAIRsFAIR 0.5, doi:10.5281/zenodo.6461229.
KEYS = ["FsF-F1-01D", "FsF-F1-02D", "FsF-F2-01M", "FsF-F3-01M", "FsF-F4-01M", "FsF-A1-01M", "FsF-A1-02M", "FsF-A1-03D",
        "FsF-A2-01M", "FsF-I1-01M", "FsF-I2-01M", "FsF-I3-01M", "FsF-R1-01MD", "FsF-R1.1-01M", "FsF-R1.2-01M",
        "FsF-R1.3-01M", "FsF-R1.3-02D"]  # fmt: skip


def points(report: FairReport) -> dict[str, float]:
    return {point.key: point.earned for point in report.points}


def test_there_are_the_17_metrics_and_the_docs_list_them() -> None:
    assert [key for key, *_ in METRICS] == KEYS
    text = (Path(__file__).parents[2] / "docs" / "rules.md").read_text()
    assert all(f"| `{key}` | {name} |" in text for key, name, _ in METRICS)


def test_a_site_with_real_dois_earns_all_but_the_size_of_the_package() -> None:
    report = score(factory.document(), IMAGES, Site(dois=True))
    assert (report.earned, report.total) == (24, 25)
    assert [point.key for point in report.points if point.earned < point.total] == ["FsF-R1-01MD"]
    assert report.by_letter == {"F": (7, 7), "A": (4, 4), "I": (4, 4), "R": (9, 10)}


def test_test_dois_are_not_claimed() -> None:
    real, local = (points(score(factory.document(), IMAGES, Site(dois=dois))) for dois in (True, False))
    assert {key: real[key] - local[key] for key in real if real[key] != local[key]} == {
        "FsF-F1-02D": 1,
        "FsF-F4-01M": 1,
    }


def test_an_empty_draft_has_what_the_site_gives_and_each_other_point_names_its_field() -> None:
    report = score({}, Facts())
    assert 0 < report.earned < 10
    for point in report.points:
        for check in point.checks:
            assert check.verdict.because or not check.verdict.passed
            if not check.verdict.passed and not check.by_site:
                assert check.verdict.todo, check.name
    assert [one.module for one in report.modules] == list(MODULES)
    assert all(one.filled == 0 for one in report.modules)


@pytest.mark.parametrize(
    ("change", "lost", "path"),
    [
        ({"study": {"title": "", "licence": "CC-BY-4.0"}}, {"FsF-F2-01M", "FsF-R1.3-01M"}, "study/title"),
        ({"contributors": []}, {"FsF-F2-01M", "FsF-R1.2-01M", "FsF-R1.3-01M"}, "contributor"),
        ({"publications": [], "links": []}, {"FsF-I3-01M"}, "publication"),
        ({"channels": []}, {"FsF-R1-01MD"}, "channel"),
    ],
)
def test_what_is_taken_away_costs_its_points(change: dict[str, Any], lost: set[str], path: str) -> None:
    before = points(score(factory.document(), IMAGES))
    report = score({**factory.document(), **change}, IMAGES)
    after = points(report)
    assert {key for key in before if after[key] < before[key]} == lost
    assert path in {todo.path for point in report.points for todo in point.todo}


def test_a_licence_that_nobody_knows_is_half_a_licence() -> None:
    def licence(text: str) -> float:
        return points(score(factory.document(licence=text), IMAGES))["FsF-R1.1-01M"]

    assert [licence("CC-BY-4.0"), licence("ask me"), licence("")] == [2, 1, 0]


def test_words_that_are_no_terms_earn_nothing() -> None:
    document = factory.document()
    document["biosamples"][0] |= {"organisms": ["Homo sapiens"], "biological_entity": "Schwann cell"}
    document["acquisitions"][0]["methods"] = ["fluorescence"]
    (point,) = (one for one in score(document, IMAGES).points if one.key == "FsF-I2-01M")
    assert point.earned == 0
    assert {todo.path for todo in point.todo} >= {"biosample/sample/organisms", "acquisition/imaging/methods"}


def test_without_images_there_are_no_data_to_be_fair() -> None:
    lost = {key for key, earned in points(score(factory.document(), IMAGES)).items()
            if points(score(factory.document(), Facts()))[key] < earned}  # fmt: skip
    assert lost == {"FsF-F3-01M", "FsF-A1-03D", "FsF-R1-01MD", "FsF-R1.3-01M", "FsF-R1.3-02D"}
