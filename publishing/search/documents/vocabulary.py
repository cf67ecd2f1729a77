"""What current ontologies say of terms, looked up in batches while documents are made.

Records hold terms as they were at publication; what stands above them, and their other names, are taken from the
ontologies as they are now, since an index can be made anew at any time.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from django.db.models import Count

from ontology.hierarchy import ancestors_of
from ontology.models import Synonym, Term, Xref
from ontology.queries import current
from publishing.search.document import FacetValue

BATCH = 1_000
LONG_LABEL = 45  # characters


@dataclass(frozen=True)
class Known:
    """A term: what stands above it, the nearest first, and all names of it and of those, its label first. `short` is
    its label, or a synonym if that is a chemical's systematic name."""

    label: str
    short: str
    above: tuple[FacetValue, ...]
    names: tuple[str, ...]


class Vocabulary:
    """Terms by their CURIEs. What was looked up once is kept, also that there is no such term."""

    def __init__(self) -> None:
        self._known: dict[str, Known | None] = {}

    def learn(self, curies: Iterable[str]) -> None:
        """Look these up, as far as they are new. Five queries for each 1,000."""
        new = sorted({curie for curie in curies if curie} - self._known.keys())
        self._known.update(dict.fromkeys(new))
        for start in range(0, len(new), BATCH):
            self._known.update(_look_up(new[start : start + BATCH]))

    def find(self, curie: str) -> Known | None:
        """The term, if it was learnt and an ontology has it."""
        return self._known.get(curie)

    def above(self, curie: str) -> tuple[FacetValue, ...]:
        known = self._known.get(curie)
        return known.above if known else ()

    def names(self, curies: Iterable[str]) -> Iterator[str]:
        """Labels and exact synonyms of these terms and of all above them."""
        for curie in curies:
            if known := self._known.get(curie):
                yield from known.names


def _families(terms: Mapping[int, Term]) -> Iterator[tuple[int, int]]:
    """(gene, family) for the genes among these terms: a family names all its members as cross-references."""
    genes = {term.curie: pk for pk, term in terms.items() if term.curie.startswith("HGNC:")}
    said = Xref.objects.filter(curie__in=genes, term__ontology__is_current=True, term__ontology__prefix="FPLX")
    rows = said.annotate(members=Count("term__xrefs")).order_by("members", "term__curie")
    for curie, family in rows.values_list("curie", "term_id"):
        yield genes[curie], family


def _look_up(curies: Collection[str]) -> Iterator[tuple[str, Known]]:
    terms = {term.pk: term for term in current().filter(curie__in=curies).only("curie", "label")}
    above: dict[int, list[int]] = {pk: [] for pk in terms}
    for pk, ancestor, _ in ancestors_of(terms):
        above[pk].append(ancestor)
    for pk, family in _families(terms):
        above[pk].append(family)
    everything = {*terms, *(ancestor for some in above.values() for ancestor in some)}
    rows = {**Term.objects.only("curie", "label").in_bulk(everything - terms.keys()), **terms}
    synonyms: dict[int, list[str]] = {}
    exact = Synonym.objects.filter(term__in=everything, scope=Synonym.Scope.EXACT).order_by("pk")
    for pk, text in exact.values_list("term_id", "text"):
        synonyms.setdefault(pk, []).append(text)
    for pk, term in terms.items():
        names = (name for one in (pk, *above[pk]) for name in (rows[one].label, *synonyms.get(one, ())))
        own = [name for name in synonyms.get(pk, ()) if len(name) < LONG_LABEL]
        yield (
            term.curie,
            Known(
                term.label,
                own[0] if own and len(term.label) >= LONG_LABEL else term.label,
                tuple(FacetValue(rows[one].curie, rows[one].label) for one in above[pk]),
                tuple(dict.fromkeys(names)),
            ),
        )
