"""The query language: what is typed, and the clause that it means."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ontology.loading import load_starter
from publishing.search.clauses import And, Clause, Everything, Not, OneOf, Or, Pair, Present, Range, Text, parts_of
from publishing.search.fields import FIELDS, Kind, of_kind
from publishing.search.language.reading import LONGEST, Reading, read
from publishing.search.query import Query


def day(*date: int) -> float:
    return datetime(*date, tzinfo=UTC).timestamp()  # type: ignore[arg-type,misc]


def last(word: str) -> Text:
    return Text(word, unfinished=True)


CLAUSES: dict[str, Clause] = {
    "": Everything(),
    "*": Everything(),
    "mouse": last("mouse"),
    "mouse brain": And((Text("mouse"), last("brain"))),
    "the brain of a mouse": And((Text("brain"), last("mouse"))),
    "of the": And((Text("of"), last("the"))),
    '"light sheet"': Text("light sheet", phrase=True),
    "“light sheet” mouse": And((Text("light sheet", phrase=True), last("mouse"))),
    "chrom*": Text("chrom", begun=True),
    '"light she"* mouse': And((Text("light she", phrase=True, begun=True), last("mouse"))),
    'title:"light she"*': Text("light she", phrase=True, begun=True, field="title"),
    '"Gene Symbol"="NF 1"*': Pair("Gene Symbol", "NF 1", begun=True),
    'Size="5"" disc"': Pair("Size", '5" disc'),
    "mouse -fixed": And((Text("mouse"), Not(last("fixed")))),
    'mouse -"light sheet"': And((Text("mouse"), Not(Text("light sheet", phrase=True)))),
    "-80 °C": And((Text("-80"), last("°C"))),
    "mouse AND NOT fixed": And((Text("mouse"), Not(last("fixed")))),
    "mouse OR rat fish": Or((Text("mouse"), And((Text("rat"), last("fish"))))),
    "(mouse OR rat) fish": And((Or((Text("mouse"), Text("rat"))), last("fish"))),
    "ORGAN ANDROGEN NOTCH": And((Text("ORGAN"), Text("ANDROGEN"), last("NOTCH"))),
    "title:nuclei": Text("nuclei", field="title"),
    'title:"two nuclei"': Text("two nuclei", phrase=True, field="title"),
    "title:nuc*": Text("nuc", begun=True, field="title"),
    "licence:CC-BY-4.0": OneOf("licence", ("CC-BY-4.0",)),
    'LICENSE:"CC BY 4.0"': OneOf("licence", ("CC BY 4.0",)),
    "format:(OME-TIFF OR CZI)": Or((OneOf("format", ("OME-TIFF",)), OneOf("format", ("CZI",)))),
    "has:*": Present("has"),
    "channels:3": Range("channels", 3, 3),
    "channels:>3": Range("channels", low=3, low_is_in=False),
    "channels>=3": Range("channels", low=3),
    "width:1000..2000": Range("width", 1000, 2000),
    "width:..2000": Range("width", high=2000),
    "pixel_size:<0.2um": Range("pixel_size", high=0.2, high_is_in=False),
    "pixel-size:<200nm": Range("pixel_size", high=0.2, high_is_in=False),
    'pixel_size:<"200 nm"': Range("pixel_size", high=0.2, high_is_in=False),
    "emission:488nm": Range("emission", 0.4875, 0.4885),
    "bytes:>1GB": Range("bytes", low=1e9, low_is_in=False),
    "bytes:>=1.5GiB": Range("bytes", low=1.5 * 2**30),
    "published:2025": Range("published", day(2025, 1, 1), day(2026, 1, 1), high_is_in=False),
    "published:>2025": Range("published", low=day(2026, 1, 1)),
    "published:<=2025-02": Range("published", high=day(2025, 3, 1), high_is_in=False),
    "published:2024-02-29..2025": Range("published", day(2024, 2, 29), day(2026, 1, 1), high_is_in=False),
    '"Gene Symbol"=NF1': Pair("Gene Symbol", "NF1"),
    '"Gene Symbol"="NF 1"': Pair("Gene Symbol", "NF 1"),
    '"Gene Symbol"=(NF1 OR NF2)': Or((Pair("Gene Symbol", "NF1"), Pair("Gene Symbol", "NF2"))),
    "siRNA=NF*": Pair("siRNA", "NF", begun=True),
    "siRNA=*": Pair("siRNA"),
    'siRNA!="not treated"': Not(Pair("siRNA", "not treated")),
    '"Gene Symbol"!=NF1 Well=A1': And((Not(Pair("Gene Symbol", "NF1")), Pair("Well", "A1"))),
    "channels=3": Or((Range("channels", 3, 3), Pair("channels", "3"))),
    "channels=many": Pair("channels", "many"),
    "https://doi.org/10.5072/vit-1": OneOf("doi", ("10.5072/vit-1",)),
    "https://example.org/a": last("https://example.org/a"),
    "10:30": last("10:30"),
    "Note: fixed": And((Text("Note:"), last("fixed"))),
    "a>b": last("a>b"),
}  # fmt: skip


@pytest.mark.parametrize("typed", CLAUSES)
def test_what_is_typed_means(typed: str) -> None:
    reading = read(typed)
    assert reading.problems == ()
    assert _rounded(reading.clause) == _rounded(CLAUSES[typed])


def _rounded(clause: Clause) -> str:
    """The clause as text, its numbers to nine digits: sums of decimal fractions are not exact."""
    if isinstance(clause, Range):
        bounds = [bound if bound is None else f"{bound:.9g}" for bound in (clause.low, clause.high)]
        return f"{clause.field} {bounds} {clause.low_is_in} {clause.high_is_in}"
    if isinstance(clause, And | Or):
        return f"{type(clause).__name__}({', '.join(map(_rounded, clause.parts))})"
    return f"Not({_rounded(clause.part)})" if isinstance(clause, Not) else repr(clause)


# What is typed, the characters that are wrong, and a word of what is said of them.
WRONG = {
    'mouse "light sheet': ('"', "not closed"),
    "(mouse OR rat": ("(", "not closed"),
    "mouse) rat": (")", "closes none"),
    "mouse ()": ("()", "nothing in these brackets"),
    'mouse ""': ('""', "nothing in these quotation marks"),
    "mouse AND": ("AND", "missing after AND"),
    "AND mouse": ("AND", "between two"),
    "mouse OR": ("OR", "between two"),
    "OR mouse": ("OR", "between two"),
    "(mouse OR) rat": ("OR", "between two"),
    "mouse NOT": ("NOT", "missing after NOT"),
    "organsim:mouse": ("organsim", "organism"),
    "xyzzy:mouse": ("xyzzy", "no field"),
    "organism:": ("organism:", "organism:Mammalia"),
    "pixel_size:<abc": ("<abc", "<0.2um"),
    "pixel_size:<0.2s": ("<0.2s", "no unit"),
    "channels:3um": ("3um", "no unit"),
    "published:yesterday": ("yesterday", "2025-06"),
    "published:2025-02-30": ("2025-02-30", "no date"),
    "width:20..10": ("20..10", "ends before"),
    "width:..": ("..", "beginning or an end"),
    "siRNA= NF1": ("siRNA=", "value is missing"),
    '"organism":mouse': ('"organism":', "without quotation marks"),
    "-" * 300 + "a": ("-", "brackets"),
    "(" * 300: ("(", "brackets"),
    " ".join(["word"] * 80): ("word", "64"),
    "mouse " + "a" * 10_000: ("a", "1,000"),
}


@pytest.mark.parametrize("typed", WRONG, ids=lambda typed: typed[:30])
def test_what_is_wrong_is_told_with_its_place_and_the_words_are_searched(typed: str) -> None:
    marked, said = WRONG[typed]
    reading = read(typed)
    (problem,) = reading.problems
    assert typed[problem.start : problem.end].startswith(marked)
    assert said in problem.message
    if "mouse" in typed:
        assert any(isinstance(part, Text) and part.words == "mouse" for part in parts_of(reading.clause))


def test_of_a_query_that_is_wrong_its_plain_words_are_searched() -> None:
    assert read("pixel_size:<wide organism:mouse OR 10:30").clause == And(
        (Text("wide"), Text("mouse"), Text("10"), Text("30"))
    )


@given(st.text(max_size=200) | st.lists(st.sampled_from(
    ["(", ")", '"', "-", "AND", "OR", "NOT", ":", "=", "!=", "<", ">", "*", "..", " ", "width", "title", "a", "1", "µm"]
)).map("".join))  # fmt: skip
def test_any_text_is_read(text: str) -> None:
    reading = read(text)
    assert isinstance(reading, Reading)
    for problem in reading.problems:
        assert 0 <= problem.start <= problem.end <= max(1, len(text))
        assert problem.message


@pytest.mark.parametrize("name", [name for name, field in FIELDS.items() if field.kind is not Kind.TERM])
def test_every_example_of_a_field_can_be_typed(name: str) -> None:
    example = FIELDS[name].example
    assert not read(f'{name}:"{example}"' if " " in example else f"{name}:{example}").problems


def test_brackets_that_are_closed_are_not_around_what_follows() -> None:
    assert not read(" ".join(f"year=({word})" for word in "abcdefghijklmnopqrstu")).problems


@pytest.mark.django_db
def test_a_term_is_found_by_its_names_and_stands_for_its_curie() -> None:
    load_starter()
    assert read("organism:mouse").clause == OneOf("organism", ("NCBITaxon:10090", "mouse"))
    assert read('organism:"mus  MUSCULUS"').clause == OneOf("organism", ("NCBITaxon:10090", "mus  MUSCULUS"))
    assert read("taxon:NCBITaxon:10090").clause == OneOf("organism", ("NCBITaxon:10090",))
    assert read("organism:Nessiteras").clause == OneOf("organism", ("Nessiteras",))


@pytest.mark.django_db
def test_however_many_terms_are_named_two_queries_find_them(django_assert_num_queries: object) -> None:
    with django_assert_num_queries(2):  # type: ignore[operator]
        clause = read("organism:(mouse OR human) AND NOT method:confocal AND marker:(CD45 CD8)").clause
    assert {part.field for part in parts_of(clause) if isinstance(part, OneOf)} == {"organism", "marker"}


@pytest.mark.django_db
def test_a_curie_by_itself_is_looked_for_in_every_field_of_terms() -> None:
    clause = read("GO:0005634").clause
    assert clause == Or(
        (*(OneOf(field, ("GO:0005634",)) for field in of_kind(Kind.TERM)), Text("GO:0005634", phrase=True))
    )


def test_a_query_without_words_is_not_ranked() -> None:
    assert Query("mouse").is_ranked
    assert Query("title:mouse OR width:>10").is_ranked
    assert not Query("width:>10").is_ranked
    assert not Query("NOT mouse").is_ranked
    assert not Query("mouse", sort="newest").is_ranked
    assert len(Query.of(_Parameters("a" * 5000)).q) == LONGEST + 1


class _Parameters:
    def __init__(self, q: str) -> None:
        self._q = q

    def getlist(self, key: str) -> list[str]:
        return [self._q] if key == "q" else []
