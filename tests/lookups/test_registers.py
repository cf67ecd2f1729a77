"""What the outside registers answer, read strictly; and what is said when they do not."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from base import asking
from base.asking import LookupFailed, inside, listed, text
from catalogue.lookups import crossref, orcid, ror
from tests.lookups.fake import DUNDEE, ERC, ORCID_ID, REMBI, Registers


def test_a_person_has_a_name_and_the_places_of_now(outside: Registers) -> None:
    found = orcid.by_id(f"https://orcid.org/{ORCID_ID}")
    assert found is not None
    assert (found.family_name, found.given_name) == ("Carberry", "Josiah")
    assert found.employers == (
        orcid.Employer("University of Dundee", DUNDEE, "Dundee, GB"),
        orcid.Employer("Wesleyan University", "", "Dundee, GB"),
    )
    assert orcid.by_id("0000-0001-5109-3700") is None
    assert orcid.by_id("../../etc") is None


def test_organisations_are_found_by_name_and_by_id(outside: Registers) -> None:
    dundee = ror.Organisation(DUNDEE, "University of Dundee", "Dundee, United Kingdom", "https://example.org/home")
    assert ror.search("dundee") == [dundee]
    assert ror.by_id(DUNDEE) == dundee
    assert [one.ror for one in ror.search("e", funders=True)] == [ERC]
    assert ror.search("nobody") == []
    assert ror.by_id("https://ror.org/05gq02987") is None
    assert ror.by_id("?x=1") is None


def test_an_article_is_found_by_its_doi(outside: Registers) -> None:
    found = crossref.by_doi(f"https://doi.org/{REMBI}")
    assert found is not None
    assert found.title.startswith("REMBI: Recommended Metadata")
    assert (found.authors, found.year) == ("Ugis Sarkans, Wah Chiu, The REMBI group", "2021")
    assert found.status == "published"
    assert crossref.by_doi("10.1234/nothing#here?") is None
    assert crossref.by_doi("REMBI") is None


def test_funders_are_found_by_name_and_by_id(outside: Registers) -> None:
    erc = crossref.Funder("https://doi.org/10.13039/501100000781", "European Research Council", "Belgium")
    assert crossref.funders("research council") == [erc]
    assert crossref.funder_by_id(erc.identifier) == erc
    assert crossref.funder_by_id("10.13039/1") is None
    assert crossref.funder_by_id("the ERC") is None


def test_the_same_thing_is_asked_once_a_day(outside: Registers) -> None:
    for _ in range(3):
        ror.search("dundee")
        orcid.by_id(ORCID_ID)
    assert len(outside.asked) == 2


@pytest.mark.parametrize(
    ("mood", "said"),
    [
        ("broken", "answers with an error \\(503\\)"),
        ("nonsense", "does not understand"),
        ("html", "does not understand"),
        ("huge", "more than this site takes"),
        ("moved", "answers with an error \\(301\\)"),
        ("limited", "asked too often"),
    ],
)
def test_a_bad_answer_is_told_in_words_and_not_kept(outside: Registers, mood: str, said: str) -> None:
    outside.mood = mood
    with pytest.raises(LookupFailed, match=said):
        ror.search("dundee")
    with pytest.raises(LookupFailed, match=said):
        orcid.by_id(ORCID_ID)
    with pytest.raises(LookupFailed, match=said):
        crossref.by_doi(REMBI)
    with pytest.raises(LookupFailed, match=said):
        crossref.funders("council")


def test_one_that_does_not_answer_is_left_alone_for_a_while(
    outside: Registers, monkeypatch: pytest.MonkeyPatch
) -> None:
    outside.mood = "slow"
    with monkeypatch.context() as patch:
        patch.setattr(asking, "TOTAL_SECONDS", 1.0)
        with pytest.raises(LookupFailed, match="does not answer now"):
            ror.search("dundee")
    outside.mood = "well"
    with pytest.raises(LookupFailed, match="a moment ago"):
        ror.search("dundee")
    assert len(outside.asked) == 1
    assert crossref.by_doi(REMBI) is not None, "the other registers are still asked"


def test_no_register_is_asked_unless_the_site_says_so(settings: Any) -> None:
    assert not ror.REGISTER.is_on
    with pytest.raises(LookupFailed, match="does not ask ROR"):
        ror.search("dundee")
    settings.ROR_API = "http://127.0.0.1:9"
    with pytest.raises(LookupFailed, match="does not answer now"):
        ror.search("no one listens at this address")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["name", "value", "id"]), inner),
    max_leaves=10,
)


@given(JSON)
def test_any_answer_is_read_without_an_error(answer: object) -> None:
    assert isinstance(text(inside(answer, "name", "value")), str)
    assert isinstance(text(answer), str)
    assert isinstance(listed(inside(answer, "id")), list)
