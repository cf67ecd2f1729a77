"""What a text that is being typed may become, and what was meant by a word that nothing holds."""

import re
from bisect import bisect_left
from collections.abc import Iterator
from functools import cached_property
from itertools import islice

import tantivy
from rapidfuzz import process
from rapidfuzz.distance import OSA

from publishing.search.clauses import Clause, Text, parts_of
from publishing.search.query import TYPES, Query, clean
from publishing.search.results import Completion
from publishing.search.tantivy_engine.facets import Lineages, labels
from publishing.search.tantivy_engine.query import Made, Translator, folding, stemming
from publishing.search.tantivy_engine.schema import NOT_PUBLIC, SEPARATOR, beginnings, fold

NOT_PROPOSED = ("type", "year", "channels", "dimensions", "has")
MOST_NAMES = 20_000  # of key-values
MOST_CORRECTED = 5  # words of a query; of one with more nobody could say what was meant
MOST_WORDS = 50_000  # among which a misspelt word is looked for
SHORTEST = 3  # letters of a title that are looked for; fewer begin too many
_CANDIDATES = 200
_WORD = re.compile(r"[^\W_]+")


class Vocabulary:
    """The values, names and words of an index at one commit, of what everybody may find."""

    def __init__(self, schema: tantivy.Schema, searcher: tantivy.Searcher, lineages: Lineages) -> None:
        self._searcher, self._lineages = searcher, lineages
        every = Query(filters={"type": ("study", "image")})
        public = Translator(every, schema, searcher).matching()
        with_deleted = sum(searcher.doc_freq("type_in", one) for one in TYPES)
        is_all_public = with_deleted == searcher.num_docs and not searcher.doc_freq("audience", NOT_PUBLIC)
        self._public = public
        self._with_pairs = None if is_all_public else public  # without a filter, counting is several times as fast
        self._proposed = Translator(Query(filters={"type": ("study", "term")}), schema, searcher).matching()

    def suggest(self, text: str, limit: int) -> list[Completion]:
        start = fold(text)
        if not start:
            return []
        found = {(one.kind, one.value or one.text): one for one in self._values_with(start)}
        for kind in ("keyword", "marker", "study") if len(start) >= SHORTEST else ("keyword",):
            for term, count in self._terms("suggestions", kind + SEPARATOR + start, _CANDIDATES, self._proposed):
                _, _, shown, value, name = term.split(SEPARATOR)
                made = Completion(shown, kind, self._markers.get(value, count) if name else count, value, name=name)
                found.setdefault((kind, value or shown), made)
        return sorted(found.values(), key=_most_used)[:limit]

    def keys(self, text: str, limit: int) -> list[Completion]:
        start = fold(text)
        found = [key for key in self._keys if any(rest.startswith(start) for rest in beginnings(key.text))]
        return found[:limit]

    def values(self, name: str, text: str, limit: int) -> list[Completion]:
        counts: dict[str, tuple[str, int]] = {}
        start = f"{fold(name)}{SEPARATOR}{fold(text)}"
        for term, count in self._terms("pairs", start, limit * 2, self._with_pairs):
            _, value, _, shown = term.split(SEPARATOR)
            known, before = counts.get(value, (shown, 0))  # values that differ in case are one
            counts[value] = (known, before + count)
        found = [Completion(shown, "value", count) for shown, count in counts.values()]
        return sorted(found, key=_most_used)[:limit]

    def nearest(self, word: str) -> str:
        """The word of texts that a misspelt one may stand for; "" if there is none."""
        most = 1 if len(word) < 6 else 2
        for start in (word[:1], ""):
            words = dict(self._searcher.terms_with_prefix("spelling", start, limit=MOST_WORDS))
            near = process.extract(word, words.keys(), scorer=OSA.distance, score_cutoff=most, limit=_CANDIDATES)
            if near:
                return min(near, key=lambda one: (one[1], -words[one[0]], one[0]))[0]
        return ""

    def _terms(self, field: str, start: str, limit: int, among: Made | None) -> list[tuple[str, int]]:
        return self._searcher.terms_with_prefix(field, start, filter_query=among, limit=limit)

    def _values_with(self, start: str) -> Iterator[Completion]:
        """Values of facets and names of key-values of which a word begins so."""
        entries = self._entries
        for place in range(bisect_left(entries, (start,)), len(entries)):
            rest, number = entries[place]
            if not rest.startswith(start):
                return
            yield self._completions[number]

    @cached_property
    def _keys(self) -> list[Completion]:
        counts: dict[str, tuple[str, int]] = {}
        for term, count in self._terms("pair_names", "", MOST_NAMES, self._with_pairs):
            name, shown = term.split(SEPARATOR)
            known, before = counts.get(name, (shown, 0))
            counts[name] = (known, before + count)
        return sorted((Completion(shown, "key", count) for shown, count in counts.values()), key=_most_used)

    @cached_property
    def _completions(self) -> list[Completion]:
        counted = labels(self._searcher, self._public, self._lineages)
        return self._keys + [
            Completion(one.label, facet, one.count, one.value)
            for facet, counts in counted.items()
            if facet not in NOT_PROPOSED
            for one in counts
        ]

    @cached_property
    def _markers(self) -> dict[str, int]:
        """How many documents have each."""
        return {one.value: one.count for one in self._completions if one.kind == "marker"}

    @cached_property
    def _entries(self) -> list[tuple[str, int]]:
        return sorted(
            (rest, number)
            for number, one in enumerate(self._completions)
            for rest in {*beginnings(one.text), *([fold(one.value)] if one.value else [])}
        )


def _most_used(one: Completion) -> tuple[int, str, str]:
    return (-one.count, one.text.casefold(), one.text)


def corrected(query: Query, vocabulary: Vocabulary, translator: Translator) -> str:
    """What was typed, with each word that no document holds as the nearest that one does; "" if there is no other."""
    words = dict.fromkeys(_unknown(query.reading.clause, translator))
    unknown = {word: vocabulary.nearest(word) for word in islice(words, MOST_CORRECTED)}
    changed = _WORD.sub(lambda match: unknown.get(_folded(match[0])) or match[0], clean(query.q))
    return changed if changed != query.q else ""


def _unknown(clause: Clause, translator: Translator) -> Iterator[str]:
    for text in parts_of(clause):
        if isinstance(text, Text) and not text.begun:
            for word in _WORD.findall(text.words):
                if (folded := _folded(word)) and not any(map(translator.is_word, stemming.analyze(word))):
                    yield folded


def _folded(word: str) -> str:
    return next(iter(folding.analyze(word)), "")
