"""What every search engine must do: a test class to be given an engine by a subclass's fixture `index`."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from publishing.search.document import Document
from publishing.search.index import SearchIndex, SearchUnavailable
from publishing.search.query import Query
from publishing.search.results import Completion, FacetCount
from tests.publishing.search_contract_clauses import ClauseContract
from tests.publishing.search_contract_lists import ListContract
from tests.publishing.search_samples import (
    BRAIN,
    CELLS,
    CONFOCAL,
    FISH,
    HUMAN,
    LARVAE,
    LIGHT_SHEET,
    MOUSE,
    SOME,
    study,
)

__all__ = ["BRAIN", "CELLS", "LARVAE", "SOME", "SearchContract"]

ODD = ['"', '""', '" "', "a" * 3000, "AND OR NOT", "title:x", "(", "*", "[a TO b]", "\0", "-", "~1", "\\", "\ud800"]


class SearchContract(ClauseContract, ListContract):
    def fill(self, index: SearchIndex) -> None:
        index.index(SOME)
        index.commit()

    def found(self, index: SearchIndex, q: str = "", **filters: tuple[str, ...]) -> list[str]:
        return [hit.title for hit in index.search(Query(q=q, filters=filters)).hits]

    def counts(self, index: SearchIndex, facet: str, q: str = "", **filters: tuple[str, ...]) -> dict[str, int]:
        results = index.search(Query(q=q, filters=filters))
        return {count.value: count.count for count in results.facets[facet]}

    def test_without_an_index_nothing_is_answered(self, index: SearchIndex) -> None:
        assert not index.exists()
        for ask in (
            lambda: index.search(Query("brain")),
            lambda: index.count(Query("brain")),
            lambda: next(index.scan(Query())),
            lambda: index.suggest("mo"),
            lambda: index.keys(""),
            lambda: index.values("a", ""),
            lambda: index.similar("x"),
        ):
            with pytest.raises(SearchUnavailable, match="no search index"):
                ask()
        health = index.health()
        assert (health.is_well, health.documents) == (False, 0)
        assert health.message

    def test_what_was_written_shows_after_commit(self, index: SearchIndex) -> None:
        index.index(SOME)
        assert self.found(index) == []
        index.commit()
        assert index.exists()
        assert index.health().documents == len(SOME)

    def test_a_document_replaces_the_one_with_its_id(self, index: SearchIndex) -> None:
        self.fill(index)
        index.index([replace(CELLS, title="Dividing cells of a line")])
        index.commit()
        assert index.health().documents == len(SOME)
        assert self.found(index, "dividing") == ["Dividing cells of a line"]

    def test_a_study_is_removed_with_its_images(self, index: SearchIndex) -> None:
        self.fill(index)
        index.delete_study(BRAIN.study)
        index.commit()
        assert index.health().documents == 2
        assert set(self.found(index, "brain")) == {LARVAE.title, CELLS.title}  # whose keyword is "whole brain"

    def test_words_are_found_by_stem_case_and_accent(self, index: SearchIndex) -> None:
        self.fill(index)
        for q in ("divide cell", "DIVIDED CELLS", "dividing hela"):
            assert self.found(index, q) == [CELLS.title], q
        assert CELLS.title in self.found(index, "muller zoe")
        assert CELLS.title in self.found(index, "10 μM")  # the Greek letter finds the micro sign

    def test_every_word_must_be_found_in_some_field(self, index: SearchIndex) -> None:
        self.fill(index)
        assert self.found(index, "zebrafish light-sheet")[0] == LARVAE.title
        assert self.found(index, "zebrafish confocal") == []

    def test_quotes_ask_for_a_phrase(self, index: SearchIndex) -> None:
        self.fill(index)
        assert self.found(index, '"mouse brains"')[0] == BRAIN.title
        assert self.found(index, '"brains mouse"') == []
        assert self.found(index, '"dividing hela') == [CELLS.title]

    def test_an_unfinished_last_word_finds_what_begins_with_it(self, index: SearchIndex) -> None:
        self.fill(index)
        assert self.found(index, "zebraf") == [LARVAE.title]
        assert self.found(index, '"zebraf"') == []

    def test_an_accession_comes_first(self, index: SearchIndex) -> None:
        index.index([*SOME, study(4, "A study that follows VIT-1 and VIT-1 again", HUMAN, CONFOCAL)])
        index.commit()
        assert self.found(index, " vit-1 ")[0] == BRAIN.title
        assert self.found(index, "10.5072/VIT-3.v1")[0] == LARVAE.title
        assert self.found(index, SOME[1].id) == ["brain_01.tif"]

    def test_a_study_comes_before_its_images(self, index: SearchIndex) -> None:
        self.fill(index)
        assert self.found(index, "cleared mouse brains") == [BRAIN.title, "brain_01.tif", "brain_02.tif"]

    def test_an_image_is_found_by_its_studys_words(self, index: SearchIndex) -> None:
        self.fill(index)
        assert self.found(index, "cleared mouse", type=("image",)) == ["brain_01.tif", "brain_02.tif"]
        assert len(self.found(index, "alexa")) == 2

    def test_values_of_a_facet_are_alternatives_and_facets_narrow(self, index: SearchIndex) -> None:
        self.fill(index)
        both = self.found(index, type=("study",), organism=(MOUSE.value, HUMAN.value))
        assert set(both) == {BRAIN.title, CELLS.title}
        assert self.found(index, organism=(MOUSE.value, HUMAN.value), licence=("CC0-1.0",)) == [CELLS.title]

    def test_a_facet_finds_by_the_terms_above(self, index: SearchIndex) -> None:
        self.fill(index)
        assert set(self.found(index, type=("study",), organism=("NCBITaxon:40674",))) == {BRAIN.title, CELLS.title}
        assert self.counts(index, "organism", organism=("NCBITaxon:40674",))["NCBITaxon:40674"] == 4

    def test_a_facet_is_counted_without_its_own_choice(self, index: SearchIndex) -> None:
        self.fill(index)
        counts = self.counts(index, "organism", organism=(MOUSE.value,), type=("study",))
        assert counts == {MOUSE.value: 1, HUMAN.value: 1, FISH.value: 1}
        assert self.counts(index, "method", organism=(MOUSE.value,), type=("study",)) == {LIGHT_SHEET.value: 1}
        assert self.counts(index, "type", organism=(MOUSE.value,), type=("study",)) == {"image": 2, "study": 1}

    def test_counts_carry_labels_and_what_is_chosen(self, index: SearchIndex) -> None:
        self.fill(index)
        results = index.search(Query(filters={"organism": (HUMAN.value, "nonsense")}))
        assert results.facets["organism"][0] == FacetCount(MOUSE.value, "Mus musculus", 3)
        chosen = {count.value: count for count in results.facets["organism"] if count.selected}
        assert chosen[HUMAN.value] == FacetCount(HUMAN.value, "Homo sapiens", 1, selected=True)
        assert chosen["nonsense"].count == 0
        assert results.label_of("organism", HUMAN.value) == "Homo sapiens"

    def test_only_the_facets_wanted_need_be_counted(self, index: SearchIndex) -> None:
        self.fill(index)
        results = index.search(Query(filters={"licence": ("CC0-1.0",)}, counted=("organism",)))
        assert results.total == 1
        assert [count.value for count in results.facets["organism"]] == [HUMAN.value]
        assert index.search(Query("brain", counted=())).total == len(SOME)

    def test_order_and_pages(self, index: SearchIndex) -> None:
        self.fill(index)
        newest = [hit.accession for hit in index.search(Query(sort="newest", filters={"type": ("study",)})).hits]
        oldest = [hit.accession for hit in index.search(Query(sort="oldest", filters={"type": ("study",)})).hits]
        assert newest == ["VIT-3", "VIT-2", "VIT-1"]
        assert oldest == newest[::-1]
        first, second, third = (index.search(Query(page=page, size=2)) for page in (1, 2, 3))
        assert (first.total, first.pages, third.page) == (5, 3, 3)
        assert len({hit.id for page in (first, second, third) for hit in page.hits}) == 5
        assert index.search(Query(page=999_999, size=2)).hits == ()

    def test_hits_are_marked_and_safe(self, index: SearchIndex) -> None:
        self.fill(index)
        (hit,) = index.search(Query("hela nuclei")).hits
        assert hit.title_html == "Dividing <mark>HeLa</mark> cells"
        assert "<mark>nuclei</mark>" in hit.snippet
        assert "&lt;i&gt;cleared&lt;/i&gt;" in hit.snippet
        assert "&amp;" in hit.snippet
        assert "<i>" not in hit.snippet
        assert (hit.thumbnail, hit.published, dict(hit.card)["images"]) == (CELLS.thumbnail, CELLS.published, 1)

    def test_marking_bears_letters_of_several_bytes(self, index: SearchIndex) -> None:
        index.index([replace(CELLS, title="Ünïcödé 細胞 nuclei 🔬 über nuclei")])
        index.commit()
        (hit,) = index.search(Query("nuclei uber")).hits
        assert hit.title_html == "Ünïcödé 細胞 <mark>nuclei</mark> 🔬 <mark>über</mark> <mark>nuclei</mark>"

    def test_suggestions_are_labels_and_keywords(self, index: SearchIndex) -> None:
        self.fill(index)
        assert index.suggest("MUS")[0] == Completion("Mus musculus", "organism", 3, MOUSE.value)
        assert index.suggest("light sheet")[0].text == "light sheet microscopy"
        assert index.suggest("") == index.suggest("xyz") == []

    def test_rebuilding_replaces_everything_at_once(self, index: SearchIndex) -> None:
        self.fill(index)
        seen = []

        def documents() -> list[Document]:
            seen.append(index.health().documents)
            return [CELLS]

        assert index.rebuild(documents()) == 1
        assert seen == [len(SOME)]
        assert index.health().documents == 1
        index.index([BRAIN])  # writing goes on in the new one
        index.commit()
        assert index.health().documents == 2

    @settings(
        max_examples=60,
        deadline=None,
        suppress_health_check=[
            HealthCheck.function_scoped_fixture,
            HealthCheck.too_slow,
            HealthCheck.differing_executors,
        ],
    )
    @given(q=st.text(max_size=60) | st.sampled_from(ODD))
    def test_any_text_is_a_query(self, index: SearchIndex, q: str) -> None:
        self.fill(index)
        results = index.search(Query(q=q, filters={"organism": (q or "x",)}))
        assert results.total >= 0
        index.suggest(q)
