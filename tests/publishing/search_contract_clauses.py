"""What every search engine must find: for each clause exactly the documents that fulfil it."""

import math
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from publishing.search.clauses import And, Clause, Everything, Not, OneOf, Or, Pair, Present, Range, Text
from publishing.search.document import PUBLIC, Document, FacetValue, KeyValue
from publishing.search.fields import FACETS, FIELDS
from publishing.search.index import SearchIndex
from publishing.search.query import Query
from tests.publishing.search_samples import BRAIN, CELLS, CONFOCAL, HUMAN, LARVAE, MAMMALS, MOUSE, SOME, asking

LIFE = FacetValue("NCBITaxon:131567", "cellular organisms")
NOTHING = Not(Everything())
ODD_TEXTS = [
    "",
    " ",
    "\0",
    "\ud800",
    "é",
    "ß",
    "İ",
    "\t",
    "a\tb",
    ".*",
    "[a-",
    "(" * 50,
    "\\",
    "^$",
    "x" * 10_000,
    "μm",
    "𝛼",
]
BOUNDS = [None, 0.0, -1.0, 0.1, 0.2, 1e300, -1e300, 5e-324, math.inf, -math.inf]

texts = st.sampled_from(["brain", "mice", "NF1", "Mus musculus", "vit-1", "10", *ODD_TEXTS]) | st.text(max_size=20)
names = st.sampled_from([*FIELDS, "no such field"])
leaves = st.one_of(
    st.just(Everything()),
    st.builds(Text, texts, st.booleans(), st.booleans(), st.booleans(), names | st.just("")),
    st.builds(OneOf, names, st.lists(texts, max_size=3).map(tuple)),
    st.builds(Range, names, st.sampled_from(BOUNDS), st.sampled_from(BOUNDS), st.booleans(), st.booleans()),
    st.builds(Pair, texts | st.just("Gene Symbol"), texts, st.booleans()),
    st.builds(Present, names),
)


def combined(parts: st.SearchStrategy[Clause]) -> st.SearchStrategy[Clause]:
    some = st.lists(parts, max_size=4).map(tuple)
    return st.builds(And, some) | st.builds(Or, some) | st.builds(Not, parts)


clauses = st.recursive(leaves, combined, max_leaves=12)

# What can be said of the sample documents, where a plain loop over them can say what must be found.
exact = st.recursive(
    st.sampled_from([
        Everything(), OneOf("organism", ("ncbitaxon:10090",)), OneOf("organism", ("Mammalia", MAMMALS.value)),
        OneOf("licence", ("CC0-1.0", "cc by 4.0")), OneOf("type", ("IMAGE",)), OneOf("channels", ("3",)),
        OneOf("doi", ("10.5072/VIT-2",)), OneOf("pixel_type", ("UINT16",)), OneOf("organism", ()),
        OneOf("marker", ("yb173", "CD45")),
        Range("pixel_size", 0.1, 0.15), Range("pixel_size", 0.1, None, low_is_in=False), Range("year", 2026),
        Range("emission", 0.5, 0.6), Range("emission", 0.47, 0.5), Range("year", None, 2026, high_is_in=False),
        Range("published", datetime(2026, 1, 1, tzinfo=UTC).timestamp(), None),
        Pair("gene symbol", "nf1"), Pair("DOSE", "10 µm"), Pair("Gene Symbol", "T", begun=True), Pair("Well"),
        Pair("Gene Symbol", "NF"), Present("emission"), Present("doi"), Present("organism"), Present("phenotype"),
    ]),
    lambda parts: st.builds(And, st.lists(parts, min_size=1, max_size=3).map(tuple))
    | st.builds(Or, st.lists(parts, min_size=1, max_size=3).map(tuple)) | st.builds(Not, parts),
    max_leaves=6,
)  # fmt: skip


def fulfils(document: Document, clause: Clause) -> bool:
    """The meaning of clauses without words, in plain steps."""
    match clause:
        case And(parts):
            return all(fulfils(document, part) for part in parts)
        case Or(parts):
            return any(fulfils(document, part) for part in parts)
        case Not(part):
            return not fulfils(document, part)
        case OneOf(field, values):
            return bool({value.casefold() for value in values} & set(_found_by(document, field)))
        case Range(field, low, high, low_is_in, high_is_in):
            return any(
                (low is None or number > low or (low_is_in and number == low))
                and (high is None or number < high or (high_is_in and number == high))
                for number in document.numbers.get(field, ())
            )
        case Pair(name, value, begun):
            same = [kv.value.casefold() for kv in document.key_values if kv.name.casefold() == name.casefold()]
            return any(not value or one == value.casefold() or (begun and one.startswith(value.casefold()))
                       for one in same)  # fmt: skip
        case Present(field):
            return bool(_found_by(document, field) or document.numbers.get(field))
        case _:
            return isinstance(clause, Everything)


def _found_by(document: Document, field: str) -> Iterable[str]:
    own = document.facets.get(field, ()) if field != "type" else (FacetValue(document.type, document.type),)
    names = [text for one in own for text in (one.value, one.label)]
    names += [above.value for one in own for above in document.ancestors.get(one.value, ())]
    return [name.casefold() for name in (*names, *document.values.get(field, ()))]


class ClauseContract:
    """Mixed into SearchContract."""

    def ids(self, index: SearchIndex, clause: Clause, query: Query | None = None) -> set[str]:
        return {hit.id for hit in index.scan(asking(clause, query))}

    def titles(self, index: SearchIndex, clause: Clause) -> set[str]:
        return {hit.title for hit in index.scan(asking(clause))}

    def filled(self, index: SearchIndex, documents: Iterable[Document] = SOME) -> None:
        index.index(documents)
        index.commit()

    def test_clauses_find_what_fulfils_them(self, index: SearchIndex) -> None:
        documents = [replace(one, ancestors={**one.ancestors, MOUSE.value: (MAMMALS, LIFE)}) for one in SOME]
        self.filled(index, documents)

        @settings(max_examples=150, deadline=None)
        @given(clause=exact)
        def check(clause: Clause) -> None:
            expected = {one.id for one in documents if fulfils(one, clause)}
            assert self.ids(index, clause) == expected
            assert index.count(asking(clause)) == len(expected)
            assert index.search(asking(clause)).total == len(expected)

        check()

    def test_no_clause_is_too_odd(self, index: SearchIndex) -> None:
        self.filled(index)

        @settings(
            max_examples=150,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.differing_executors],
        )
        @given(clause=clauses, chosen=texts, sort=st.sampled_from(["relevance", "newest"]), text=texts)
        def check(clause: Clause, chosen: str, sort: str, text: str) -> None:
            query = Query(q=text, filters={"organism": (chosen,), "year": (chosen,)}, sort=sort, after=text)
            for asked in (asking(clause, query), asking(clause)):
                results = index.search(asked)
                assert results.total == index.count(asked) >= len(results.hits)
                assert len(list(index.scan(asked))) == results.total
            for found in (index.suggest(text), index.keys(text), index.values(text, text), index.similar(text)):
                assert isinstance(found, list | tuple)

        check()

    def test_many_and_deep_clauses(self, index: SearchIndex) -> None:
        self.filled(index)
        deep: Clause = Text("mouse")
        for _ in range(20):
            deep = Not(Not(deep))
        assert self.ids(index, deep) == self.ids(index, Text("mouse"))
        wide = Or(tuple(Pair("Gene Symbol", f"NF{number}") for number in range(64)))
        assert len(self.ids(index, wide)) == 1

    def test_words_of_one_field(self, index: SearchIndex) -> None:
        self.filled(index)
        assert self.titles(index, Text("mouse", field="title")) == {BRAIN.title}
        assert self.titles(index, Text("alexa", field="channel")) == {"brain_01.tif", "brain_02.tif"}
        assert self.titles(index, Text("zeiss lsm", field="instrument")) == {"brain_01.tif", "brain_02.tif"}
        assert self.titles(index, Text("plate1", field="file")) == {"brain_01.tif", "brain_02.tif"}
        assert self.titles(index, Text("zoe", field="title")) == set()
        assert BRAIN.title in self.titles(index, Text("zoe müller", field="author"))
        assert self.titles(index, Text("muller zoe", field="author", phrase=True)) == {one.title for one in SOME}

    def test_words_need_not_stand_side_by_side_but_those_of_a_phrase(self, index: SearchIndex) -> None:
        self.filled(index)
        assert BRAIN.title in self.titles(index, Text("brains cleared"))
        assert self.titles(index, Text("brains cleared", phrase=True)) == set()

    def test_a_beginning_finds_every_word_that_begins_so(self, index: SearchIndex) -> None:
        many = [replace(CELLS, id=f"x{number}", title=f"chromo{number}q") for number in range(60)]
        self.filled(index, [*many, LARVAE])
        assert index.count(asking(Text("chromo", begun=True))) == 60
        assert index.count(asking(Text("chromo5", begun=True))) == 11
        assert index.count(asking(Text("larva", begun=True))) == 1
        assert index.count(asking(Text("larvae", begun=True))) == 1  # whose stem is shorter
        assert index.count(asking(Text("zebrafish lar", phrase=True, begun=True))) == 1
        assert index.count(asking(Text("lar zebrafi", phrase=True, begun=True))) == 0

    def test_without_a_word(self, index: SearchIndex) -> None:
        self.filled(index)
        assert self.titles(index, Not(Text("brain"))) == set()  # the keyword of all
        assert self.titles(index, Not(Text("mouse"))) == {CELLS.title, LARVAE.title}
        assert self.titles(index, And((Text("cells"), Not(OneOf("licence", ("CC-BY-4.0",)))))) == {CELLS.title}
        assert self.titles(index, Or((Text("hela"), Not(Text("brain"))))) == {CELLS.title}
        assert self.titles(index, And((Everything(), NOTHING))) == set()

    def test_only_who_may_see_a_document_finds_it(self, index: SearchIndex) -> None:
        shared = replace(
            CELLS, audience=("user:1", "group:2"), keywords=("secretword",), key_values=(KeyValue("Secret", "yes"),),
            facets={**CELLS.facets, "cell": (FacetValue("CL:1", "secret cell"),)}, title="Secret cells divide",
        )  # fmt: skip
        self.filled(index, [BRAIN, shared])
        for audience, seen in (((PUBLIC,), 1), ((PUBLIC, "user:1"), 2), (("group:2",), 1), ((), 0), (("user:9",), 0)):
            query = Query(audience=audience)
            results = index.search(query)
            assert (results.total, index.count(query), len(list(index.scan(query)))) == (seen, seen, seen), audience
            assert sum(count.count for count in results.facets["organism"]) == seen
        assert index.suggest("secret") == index.keys("secret") == index.values("Secret", "") == []
        assert index.similar(BRAIN.id) == ()
        assert index.search(Query("secretward")).did_you_mean == ""

    def test_terms_are_found_when_asked_for_alone(self, index: SearchIndex) -> None:
        term = Document(id="term:CL:1", type="term", study="term:CL:1", accession="", title="mouse cell",
                        published=BRAIN.published, identifiers=("CL:1",))  # fmt: skip
        self.filled(index, [*SOME, term])
        assert "mouse cell" not in self.titles(index, Text("mouse"))
        assert [hit.title for hit in index.search(Query("mouse", filters={"type": ("term",)})).hits] == ["mouse cell"]
        every = Query("mouse", filters={"type": ("term", "study", "image")})
        assert index.count(every) == index.count(Query("mouse")) + 1
        assert {count.value for count in index.search(every).facets["type"]} == {"term", "study", "image"}

    @pytest.mark.parametrize("facet", FACETS)
    def test_facets_of_no_document_are_empty(self, index: SearchIndex, facet: str) -> None:
        self.filled(index, [replace(CELLS, facets={}, ancestors={})])
        counts = index.search(Query()).facets[facet]
        assert [count.value for count in counts] == (["study"] if facet == "type" else [])
        assert index.count(asking(Present("method"))) == 0

    def test_terms_above_are_counted_once_a_document(self, index: SearchIndex) -> None:
        both = replace(
            BRAIN,
            facets={"organism": (MOUSE, HUMAN), "method": (CONFOCAL,)},
            ancestors={MOUSE.value: (MAMMALS, LIFE), HUMAN.value: (MAMMALS, LIFE), CONFOCAL.value: ()},
        )
        human = replace(CELLS, ancestors={HUMAN.value: (MAMMALS, LIFE)})
        mammal = replace(LARVAE, facets={"organism": (MAMMALS, MOUSE)},
                         ancestors={MAMMALS.value: (LIFE,), MOUSE.value: (MAMMALS, LIFE)})  # fmt: skip
        self.filled(index, [both, human, mammal])
        results = index.search(Query())
        counts = {count.value: (count.label, count.count) for count in results.above["organism"]}
        assert counts == {MAMMALS.value: ("Mammalia", 3), LIFE.value: ("cellular organisms", 3)}
        found = {count.value: count.count for count in results.facets["organism"]}
        assert found == {MAMMALS.value: 3, MOUSE.value: 2, HUMAN.value: 2}
        chosen = index.search(Query(filters={"organism": (MAMMALS.value,), "licence": ("CC0-1.0",)}))
        assert {count.value: count.count for count in chosen.above["organism"]} == {MAMMALS.value: 1, LIFE.value: 1}
        assert chosen.label_of("organism", MAMMALS.value) == "Mammalia"
        assert [count.value for count in chosen.above["organism"] if count.selected] == [MAMMALS.value]
