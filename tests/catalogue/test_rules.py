"""What the rules find in documents. No database."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogue.paths import Path, html_id, parse
from catalogue.rules import MODULES, Facts, Finding, Kind, Level, evaluate, score
from catalogue.rules.formats import normalise, problem
from tests import factory

IMAGES = Facts(images={"plate": 1}, channels={"plate": 1})


def required(document: dict[str, Any], facts: Facts | None = IMAGES) -> dict[str, str]:
    return {one.path: one.message for one in evaluate(document, facts) if one.level is Level.REQUIRED}


def changed(path: str, value: Any) -> dict[str, Any]:
    document = factory.document()
    *parts, last = path.split("/")
    place: Any = document
    for part in parts:
        place = place[int(part) if part.isdigit() else part]
    place[last] = value
    return document


def test_a_complete_document_lacks_nothing_required() -> None:
    assert required(factory.document()) == {}
    findings = evaluate(factory.document(), IMAGES)
    assert {one.level for one in findings} == {Level.RECOMMENDED}
    assert 0.8 < score(factory.document(), findings) < 1


def test_an_empty_document_lacks_every_required_part() -> None:
    findings = evaluate({}, Facts())
    paths = {one.path for one in findings if one.level is Level.REQUIRED}
    needed = {module.key for module in MODULES if module.repeated and module.level is Level.REQUIRED}
    assert paths == needed | {"study/title", "study/description", "study/licence"}
    assert score({}, findings) == 0


def test_every_field_says_what_it_is_for_and_shows_an_example() -> None:
    for module in MODULES:
        for one in module.fields:
            assert one.help, one
            assert one.example or one.kind is Kind.REFERENCE, one


def test_the_score_rises_with_what_is_filled_in() -> None:
    document: dict[str, Any] = {}
    before = -1.0
    for key, value in factory.document().items():
        document[key] = value
        now = score(document, evaluate(document))
        assert now > before
        before = now


@pytest.mark.parametrize(
    ("path", "value", "place", "message"),
    [
        ("study/title", "🎉" * 50, "study/title", "needs words: there is no letter in it"),
        ("study/title", "🎉" * 50 + "party", "study/title", "needs 25 characters in words, and has 5"),
        ("study/title", "short", "study/title", "has 5"),
        ("study/title", "  ", "study/title", "Title is missing"),
        ("study/title", "1234567890 1234567890 1234567890", "study/title", "no letter in it"),
        ("study/licence", "CC BY", "study/licence", "SPDX"),
        ("study/language", "tlh", "study/language", "none of the values to choose from: en, de"),
        ("study/release_date", "2026-13-01", "study/release_date", "no date"),
        ("study/keywords", [{"text": ""}], "study/keywords/0/text", "Keyword is missing"),
        ("contributors/0/orcid", "0000-0002-1825-0098", "contributor/ada/orcid", "typing error"),
        ("contributors/0/email", "ada at example", "contributor/ada/email", "no e-mail address"),
        ("contributors/0/affiliations", [], "contributor/ada/affiliations", "Affiliations are missing"),
        ("contributors/0/affiliations", [{"organisation": "x"}], "contributor/ada/affiliations/0/organisation",
         "not in the study any more"),
        ("contributors/0/roles", [{"role": "DataCurator"}], "contributor/ada/roles", "nobody to cite"),
        ("contributors/0/roles", [{"role": "Hero"}], "contributor/ada/roles/0/role", "none of the values"),
        ("organisations/0/ror", "https://ror.org/03wmf1y17", "organisation/org/ror", "typing error"),
        ("publications/0/doi", "doi", "publication/article/doi", "begins with 10."),
        ("publications/0/year", "21", "publication/article/year", "four digits"),
        ("publications", [{"id": "p"}], "publication/p/doi", "its DOI, or a title"),
        ("links", [{"id": "l", "url": "example.org"}], "link/l/url", "begins with https://"),
        ("links", [{"id": "l", "url": "javascript://x"}], "link/l/url", "begins with https://"),
        ("specimens/0/biosample", "gone", "specimen/specimen/biosample", "not in the study any more"),
        ("biosamples/0/organisms", [], "biosample/sample/organisms", "Organism is missing"),
        ("biosamples/0/biological_entity", {"text": "", "curie": ""}, "biosample/sample/biological_entity", "missing"),
        ("components", [], "component", "at least one study component"),
    ],
)  # fmt: skip
def test_each_fault_is_found_at_its_place(path: str, value: Any, place: str, message: str) -> None:
    found = required(changed(path, value))
    assert place in found
    assert message in found[place]


def test_titles_in_other_scripts_are_words() -> None:
    assert required(changed("study/title", "神経線維腫症におけるシュワン細胞の形態と細胞骨格の変化を調べる")) == {}
    assert required(changed("study/title", "Шванновские клетки 🎉 в культуре ткани")) == {}


def test_the_first_person_is_cited_when_nobody_has_a_role() -> None:
    findings = evaluate(changed("contributors/0/roles", []), IMAGES)
    (found,) = (one for one in findings if one.field == "roles")
    assert (found.level, found.path) == (Level.RECOMMENDED, "contributor/ada/roles")
    assert "first person is cited" in found.message


def test_a_publication_needs_a_title_or_a_doi() -> None:
    assert required(changed("publications", [{"id": "a", "title": "T"}, {"id": "b", "doi": "10.1038/x"}])) == {}


def test_documents_that_people_write_need_no_ids_and_no_curies() -> None:
    document = factory.document()
    document["biosamples"][0]["organisms"] = ["Homo sapiens"]
    document["study"]["keywords"] = ["one", "two"]
    for row in (*document["publications"], *document["grants"]):
        row.pop("id")
    assert required(document) == {}


def test_files_and_images_are_asked_for() -> None:
    document = factory.document()
    facts = Facts(images_without_component=2, failed=("a.tif",), failed_count=3, waiting_count=1)
    found = [one.message for one in evaluate(document, facts) if one.level is Level.REQUIRED]
    assert "“a.tif” could not be read. Replace or remove it." in found
    assert "2 more files could not be read." in found
    assert "1 file is still being read." in found
    assert "2 images belong to no study component yet. Put them into one." in found
    assert "At least one study component needs images." in found
    document["components"].append({**document["components"][0], "id": "second"})
    (found_empty,) = (one for one in evaluate(document, IMAGES) if one.path == "component/second/images")
    assert found_empty.level is Level.RECOMMENDED


def test_described_channels_are_compared_with_the_images() -> None:
    facts = Facts(images={"plate": 1}, channels={"plate": 3})
    (found,) = (one for one in evaluate(factory.document(), facts) if one.path == "component/plate/associations")
    assert found == Finding(
        "component/plate/associations",
        Level.RECOMMENDED,
        "Its images have 3 channels, but only 1 of its preparations' channels are described.",
        "component",
        "associations",
    )


def test_values_that_no_column_could_hold_are_found_once() -> None:
    kept = {"study/release_date": "kept", "biosample/sample/organisms/0/organism": "unknown", "study/title": "too long"}
    findings = evaluate(changed("study/release_date", "soon"), Facts(images={"plate": 1}, kept=kept))
    levels = {one.path: one.level for one in findings}
    assert levels["study/title"] is Level.REQUIRED
    assert levels["biosample/sample/organisms/0/organism"] is Level.RECOMMENDED
    assert [one.message for one in findings if one.path == "study/release_date"] == [
        "This is no date. Write year, month and day, as in 2027-03-01."
    ]


GOOD = [
    (Kind.ORCID, "0000-0002-1825-0097", "0000-0002-1825-0097"),
    (Kind.ORCID, "https://orcid.org/0000-0001-5109-3700", "0000-0001-5109-3700"),
    (Kind.ORCID, " 000000021694233x ", "0000-0002-1694-233X"),
    (Kind.ROR, "https://ror.org/03wmf1y16", "https://ror.org/03wmf1y16"),
    (Kind.ROR, "ror.org/0472CXD90", "https://ror.org/0472cxd90"),
    (Kind.ROR, "02catss52", "https://ror.org/02catss52"),
    (Kind.DOI, "https://doi.org/10.1038/s41592-021-01166-8", "10.1038/s41592-021-01166-8"),
    (Kind.DOI, "doi: 10.5072/x(1)<2>", "10.5072/x(1)<2>"),
    (Kind.LICENCE, "cc0-1.0", "CC0-1.0"),
    (Kind.LICENCE, "CC-BY-4.0", "CC-BY-4.0"),
    (Kind.EMAIL, " a.b+c@d-e.example.org ", "a.b+c@d-e.example.org"),
    (Kind.URL, "https://example.org/a?b=c#d", "https://example.org/a?b=c#d"),
    (Kind.URL, "http://[::1]:8000/", "http://[::1]:8000/"),
    (Kind.YEAR, " 2026", "2026"),
    (Kind.DATE, "2024-02-29", "2024-02-29"),
]
BAD = [
    (Kind.ORCID, "0000-0002-1825-009"), (Kind.ORCID, "0000-0002-1825-0079"), (Kind.ORCID, "9" * 10_000),
    (Kind.ROR, "https://ror.org/13wmf1y16"), (Kind.ROR, "03wmfly16"), (Kind.DOI, "10.1038"), (Kind.DOI, "10.1/x"),
    (Kind.LICENCE, "MIT OR Apache-2.0"), (Kind.LICENCE, "LicenseRef-mine"), (Kind.LICENCE, "CC-BY-9.0"),
    (Kind.EMAIL, "a@b"), (Kind.EMAIL, "a b@c.org"), (Kind.EMAIL, "a@b..org"), (Kind.URL, "https://"),
    (Kind.URL, "https://a b.org"), (Kind.URL, "http://[x"), (Kind.URL, "file:///etc/passwd"), (Kind.YEAR, "20266"),
    (Kind.DATE, "2023-02-29"), (Kind.DATE, "20260301"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "text", "spelling"), GOOD)
def test_well_formed_values_have_one_spelling(kind: Kind, text: str, spelling: str) -> None:
    assert normalise(kind, text) == spelling
    assert problem(kind, spelling) == ""


@pytest.mark.parametrize(("kind", "text"), BAD)
def test_ill_formed_values_are_left_alone_and_explained(kind: Kind, text: str) -> None:
    assert problem(kind, normalise(kind, text))


@given(kind=st.sampled_from(Kind), text=st.text(max_size=60))
def test_any_text_is_checked_and_spelling_settles(kind: Kind, text: str) -> None:
    once = normalise(kind, text)
    assert normalise(kind, once) == once
    problem(kind, once)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("study/title", Path("study", "", "title")),
        ("study/keywords/2/text", Path("study", "", "keywords", 2, "text")),
        ("biosample/1/organisms/0/organism", Path("biosample", "1", "organisms", 0, "organism")),
        ("biosample/1", Path("biosample", "1")),
        ("contributor", Path("contributor")),
        ("files", Path("files")),
    ],
)
def test_paths_are_read_as_they_are_written(text: str, path: Path) -> None:
    assert parse(text) == path
    assert str(path) == text
    assert path.html_id == html_id(text) == "f-" + text.replace("/", "-")


@pytest.mark.parametrize("text", ["", "/", "study//x", "study/title/x/y", "study/title/1/y/z", "a/b/c/-1/d"])
def test_what_is_no_path_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a path"):
        parse(text)
