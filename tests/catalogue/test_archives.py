"""Accessions in other archives: known by their pattern, led to their page."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogue.rules.archives import ARCHIVES, BY_KEY, Archive, accession_of, address_of, guess, problem


@pytest.mark.parametrize("archive", ARCHIVES, ids=lambda it: it.key)
def test_each_archive_knows_its_example_however_it_is_written(archive: Archive) -> None:
    example = archive.example
    for text in (
        example,
        f" {example} ",
        f"{archive.key}:{example}",
        f"https://identifiers.org/{archive.key}/{example}",
    ):
        assert accession_of(archive.key, text) == example
    assert example in address_of(archive.key, example)
    assert accession_of(archive.key, address_of(archive.key, example)) == example
    assert problem(archive.key, example) == ""
    assert f"| `{archive.key}` |" in (Path(__file__).parents[2] / "docs" / "rules.md").read_text()


@pytest.mark.parametrize(
    ("database", "text", "accession"),
    [
        ("rrid", "RRID:AB_2298772", "AB_2298772"),
        ("geo", "https://www.ncbi.nlm.nih.gov/geo/query/acc.cgi?acc=GSE63525", "GSE63525"),
        ("pride.project", "PXD000440", "PXD000440"),
        ("emdb", "EMD-12345", "EMD-12345"),
        ("pdb", "8abc", "8abc"),
        ("uniprot", "A0A022YWF9", "A0A022YWF9"),
        ("geo", "gse63525", ""),
        ("geo", "GSE63525; drop", ""),
        ("nowhere", "GSE1", ""),
        ("", "GSE1", ""),
    ],
)
def test_accessions_in_the_wild(database: str, text: str, accession: str) -> None:
    assert accession_of(database, text) == accession


def test_a_wrong_archive_is_told_with_the_right_one() -> None:
    assert guess("GSE63525") == BY_KEY["geo"]
    assert guess("12345") is None
    assert "Say which archive" in problem("", "GSE63525")
    assert "looks like one of GEO" in problem("", "GSE63525")
    assert problem("uniprot", "GSE63525") == (
        "“GSE63525” is no accession of UniProt, which look like P21359. It looks like one of GEO: choose that archive."
    )


@given(st.sampled_from([one.key for one in ARCHIVES]), st.text(max_size=40) | st.from_regex(r"[A-Z]{2,4}[_:-]?\d{1,8}"))
def test_any_text_is_an_accession_or_not_and_stays_so(database: str, text: str) -> None:
    found = accession_of(database, text)
    assert bool(found) == bool(address_of(database, text))
    if found:
        assert accession_of(database, found) == found
        assert problem(database, text) == ""
    elif text.strip():
        assert problem(database, text)
