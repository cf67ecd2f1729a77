"""Which studies are like a document: those with the same terms, and the same rare words in title and description."""

from collections import Counter
from math import log

import tantivy

from publishing.search.query import Query
from publishing.search.tantivy_engine.facets import values_of
from publishing.search.tantivy_engine.query import MUST, MUST_NOT, SHOULD, Made, Translator, stemming
from publishing.search.tantivy_engine.schema import TERM_FACETS, tidy

WORDS = 25  # the most telling ones of the texts
LONGEST = 20_000  # characters of a description that are looked at
TERM_WEIGHT = 2.0
TITLE_COUNTS = 3  # times as much as the description


def like(searcher: tantivy.Searcher, schema: tantivy.Schema, document: str, limit: int) -> list[tantivy.DocAddress]:
    """The studies most like the study of this document, the most like first; none if there is no such document."""
    own = _with(searcher, Made.term_query(schema, "id", document))
    if own is None:
        return []
    study = own.get_first("study") or ""
    of_study = [(MUST, Made.term_query(schema, "study", study)), (MUST, Made.term_query(schema, "type_in", "study"))]
    whole = _with(searcher, Made.boolean_query(of_study)) or own
    alike = _terms(searcher, schema, document) + _words(searcher, schema, whole)
    if not alike:
        return []
    public = Translator(Query(filters={"type": ("study",)}), schema, searcher).matching()
    others = [(MUST, Made.const_score_query(public, 0.0)), (MUST_NOT, Made.term_query(schema, "study", study))]
    query = Made.boolean_query([*others, (MUST, Made.boolean_query([(SHOULD, one) for one in alike]))])
    return [address for _, address in searcher.search(query, limit, count=False).hits]


def _with(searcher: tantivy.Searcher, query: Made) -> tantivy.Document | None:
    hits = searcher.search(query, 1, count=False).hits
    return searcher.doc(hits[0][1]) if hits else None


def _terms(searcher: tantivy.Searcher, schema: tantivy.Schema, document: str) -> list[Made]:
    """Its terms; the rarer, the more they weigh."""
    found = []
    for facet, values in values_of(searcher, Made.term_query(schema, "id", document), TERM_FACETS).items():
        for value in values:
            weight = TERM_WEIGHT * _rarity(searcher, f"{facet}_in", value.casefold())
            found.append(Made.const_score_query(Made.term_query(schema, f"{facet}_in", value.casefold()), weight))
    return found


def _words(searcher: tantivy.Searcher, schema: tantivy.Schema, study: tantivy.Document) -> list[Made]:
    title, description = (tidy(study.get_first(name) or "")[:LONGEST] for name in ("title", "description"))
    counts = Counter(stemming.analyze(description))
    for stem in stemming.analyze(title):
        counts[stem] += TITLE_COUNTS
    weights = {
        stem: log(1 + count) * _rarity(searcher, "description", stem) for stem, count in counts.items() if len(stem) > 2
    }
    telling = sorted(weights, key=lambda stem: (-weights[stem], stem))[:WORDS]
    return [
        Made.boost_query(Made.term_query(schema, field, stem), weight)
        for stem in telling
        for field, weight in (("title", 2.0), ("keywords", 1.0), ("description", 1.0))
    ]


def _rarity(searcher: tantivy.Searcher, field: str, term: str) -> float:
    return log(1 + searcher.num_docs / (1 + searcher.doc_freq(field, term)))
