"""What every search engine must do with lists: pages that stay in place, proposals, likeness, rebuilding."""

import random
from collections.abc import Iterable
from dataclasses import replace

import pytest

from publishing.search.clauses import Everything
from publishing.search.document import Document, FacetValue, KeyValue
from publishing.search.index import SearchIndex
from publishing.search.query import DEEPEST, Query
from publishing.search.results import Completion
from tests.publishing.search_samples import BRAIN, CELLS, LARVAE, SOME, asking, image_of

# Many of one second, as a study's images are.
MANY = [BRAIN, *(image_of(BRAIN, number, f"brain_{number:03}.tif") for number in range(1, 60)), CELLS, LARVAE]
PTPRC = FacetValue("HGNC:9666", "PTPRC")


class ListContract:
    """Mixed into SearchContract."""

    def made_of(self, index: SearchIndex, documents: Iterable[Document]) -> None:
        index.index(documents)
        index.commit()

    def walked(self, index: SearchIndex, query: Query) -> list[list[str]]:
        """The ids of every page, by `next` to the end."""
        pages = [index.search(query)]
        while pages[-1].next:
            pages.append(index.search(replace(query, after=pages[-1].next)))
        return [[hit.id for hit in page.hits] for page in pages]

    @pytest.mark.parametrize("sort", ["newest", "oldest"])
    def test_every_document_is_on_one_page(self, index: SearchIndex, sort: str) -> None:
        shuffled = random.Random(1).sample(MANY, len(MANY))
        self.made_of(index, shuffled)
        pages = self.walked(index, Query(sort=sort, size=7))
        ids = [one for page in pages for one in page]
        assert (len(ids), set(ids)) == (len(MANY), {one.id for one in MANY})
        assert [len(page) for page in pages] == [7] * 8 + [6]
        assert sorted(ids) == sorted(hit.id for hit in index.scan(Query(sort=sort)))
        when = {one.id: one.published for one in MANY}
        assert [when[one] for one in ids] == sorted((when[one] for one in ids), reverse=sort == "newest")

    @pytest.mark.parametrize("sort", ["newest", "oldest"])
    def test_the_way_back_is_the_way_there(self, index: SearchIndex, sort: str) -> None:
        self.made_of(index, MANY)
        query = Query(sort=sort, size=10)
        there = self.walked(index, query)
        first = index.search(query)
        assert first.previous == ""
        page, back = first, []
        while page.next:
            page = index.search(replace(query, after=page.next))
        while True:
            back.append([hit.id for hit in page.hits])
            if not page.previous:
                break
            page = index.search(replace(query, before=page.previous))
            assert page.next
        assert [one for ids in back[::-1] for one in ids] == [one for ids in there for one in ids]

    def test_a_study_comes_before_its_images_in_their_order(self, index: SearchIndex) -> None:
        self.made_of(index, MANY)
        newest = [hit.id for hit in index.scan(Query(sort="newest"))]
        assert newest == [LARVAE.id, CELLS.id, *(one.id for one in MANY[:60])]

    def test_a_page_stays_in_place_while_documents_come_and_go(self, index: SearchIndex) -> None:
        self.made_of(index, MANY)
        query = Query(sort="newest", size=10)
        first = index.search(query)
        expected = [hit.id for hit in index.search(replace(query, after=first.next)).hits]
        index.delete_study(LARVAE.study)
        later = replace(LARVAE, id="later", study="later", published=LARVAE.published.replace(year=2031))
        index.index([later, replace(BRAIN, id="double", study="double", accession="VIT-9")])
        index.commit()
        second = index.search(replace(query, after=first.next))
        assert [hit.id for hit in second.hits if hit.id != "double"][:9] == expected[:9]
        assert index.search(replace(query, before=first.next)).total == len(MANY) + 1

    @pytest.mark.parametrize("nonsense", ["", "x", "-1", "~", "1" * 40, "99999999999999999999", "1.5", "1~" * 60, "é"])
    def test_a_cursor_that_is_none_means_the_first_page(self, index: SearchIndex, nonsense: str) -> None:
        self.made_of(index, SOME)
        for query in (Query(after=nonsense), Query(before=nonsense), Query(after=nonsense, before=nonsense)):
            results = index.search(query)
            assert results.total == len(SOME)
        assert index.search(Query(after="x")).hits == index.search(Query()).hits

    def test_pages_by_relevance_end(self, index: SearchIndex) -> None:
        self.made_of(index, MANY)
        query = Query("mouse", size=10)
        pages = [index.search(query.on_page(page)) for page in range(1, 8)]
        assert [len(page.hits) for page in pages] == [10] * 6 + [0]
        assert len({hit.id for page in pages for hit in page.hits}) == 60
        assert {(page.total, page.pages, page.next, page.previous) for page in pages} == {(60, 6, "", "")}
        assert index.search(query.on_page(DEEPEST)).hits == ()

    def test_health_tells_how_many_documents_there_are(self, index: SearchIndex) -> None:
        self.made_of(index, SOME)
        health = index.health()
        assert (health.is_well, health.documents) == (True, len(SOME))
        assert health.message

    def test_suggestions_are_values_keywords_studies_and_keys(self, index: SearchIndex) -> None:
        self.made_of(index, SOME)
        assert index.suggest("musc") == [Completion("Mus musculus", "organism", 3, "NCBITaxon:10090")]
        assert index.suggest("mamm") == [Completion("Mammalia", "organism", 4, "NCBITaxon:40674")]
        assert index.suggest("ncbitaxon:10090")[0].text == "Mus musculus"
        assert [(one.text, one.kind) for one in index.suggest("whole")] == [("whole brain", "keyword")]
        assert [(one.text, one.kind, one.value) for one in index.suggest("zebraf")] == [
            (LARVAE.title, "study", LARVAE.accession)
        ]
        assert [one.value for one in index.suggest("vit-2")] == [CELLS.accession]
        assert index.suggest("GENE")[0] == Completion("Gene Symbol", "key", 2)
        assert len(index.suggest("c", limit=2)) == 2

    def test_a_metal_proposes_what_its_antibody_shows(self, index: SearchIndex) -> None:
        tagged = replace(BRAIN, facets={**BRAIN.facets, "marker": (PTPRC,)}, tags=(("Yb173", PTPRC),))
        self.made_of(index, [tagged, LARVAE])
        found = Completion("PTPRC", "marker", 1, "HGNC:9666", name="Yb173")
        assert index.suggest("yb1") == index.suggest("Yb173") == [found]
        assert index.suggest("ptprc") == [replace(found, name="")]

    def test_suggestions_of_what_was_removed_go(self, index: SearchIndex) -> None:
        self.made_of(index, SOME)
        index.delete_study(BRAIN.study)
        index.commit()
        assert index.suggest("musc") == index.keys("gene") == index.values("Gene Symbol", "") == []
        assert index.suggest("cleared") == []

    def test_names_and_values_of_key_values(self, index: SearchIndex) -> None:
        self.made_of(index, [*MANY, replace(CELLS, id="odd", key_values=(KeyValue("gene symbol", "nf1"),))])
        assert [(one.text, one.count) for one in index.keys("")] == [
            ("dose", 62), ("Gene Symbol", 60), ("Well", 59)]  # fmt: skip
        assert [one.text for one in index.keys("sym")] == ["Gene Symbol"]
        assert [(one.text, one.kind, one.count) for one in index.values("GENE symbol", "")] == [
            ("NF1", "value", 31), ("TP53", "value", 29)]  # fmt: skip
        assert [one.text for one in index.values("Gene Symbol", "tp")] == ["TP53"]
        assert index.values("Gene Symbol", "*" * 600) == index.values("+" * 400, "*" * 600) == []
        assert index.values("Gene Symbol", "53") == index.values("Gene", "") == []
        assert len(index.keys("", limit=1)) == 1

    def test_a_misspelt_word_is_put_right(self, index: SearchIndex) -> None:
        self.made_of(index, SOME)
        assert index.search(Query("zebrafsh")).did_you_mean == "zebrafish"
        assert index.search(Query("zebrafsh -confocal")).did_you_mean == "zebrafish -confocal"
        assert index.search(Query('"dividng hela" licence:CC0-1.0')).did_you_mean == '"dividing hela" licence:CC0-1.0'
        assert index.search(Query("Mülller dividing")).did_you_mean.endswith(" dividing")
        assert index.search(Query("zebrafish")).did_you_mean == ""
        assert index.search(Query("xqzwv")).did_you_mean == ""
        assert index.search(Query("zebrafsh hela")).did_you_mean == ""  # which finds no more

    def test_similar_studies(self, index: SearchIndex) -> None:
        other = replace(BRAIN, id="s9", study="s9", accession="VIT-9", title="Brains of mice, cleared and imaged")
        self.made_of(index, [*SOME, other])
        assert index.similar(BRAIN.id)[0].id == "s9"
        assert BRAIN.study not in {hit.study for hit in index.similar(BRAIN.id)}
        assert index.similar(SOME[1].id)[0].id == "s9"  # of an image
        assert {hit.type for hit in index.similar(CELLS.id)} <= {"study"}
        assert len(index.similar(BRAIN.id, limit=1)) == 1
        assert index.similar("nonsense") == ()

    def test_what_changes_during_a_rebuild_is_in_the_new_index(self, index: SearchIndex) -> None:
        self.made_of(index, SOME)
        changed = replace(BRAIN, title="Cleared mouse brains, corrected")

        def late() -> list[tuple[str, list[Document]]]:
            assert index.search(Query("corrected")).total == 1  # the present index has it already
            return [(BRAIN.study, [changed]), (CELLS.study, [])]

        def stream() -> Iterable[Document]:
            yield BRAIN
            index.delete_study(BRAIN.study)
            index.index([changed])
            index.delete_study(CELLS.study)
            index.commit()
            yield from SOME[1:]

        index.rebuild(stream(), late)
        assert {hit.title for hit in index.scan(asking(Everything()))} == {changed.title, LARVAE.title}
        assert index.search(Query("corrected")).total == 1
        self.made_of(index, [CELLS])
        assert index.search(Query("hela")).total == 1
