"""The ontology terms that words of a search name, to be shown above the hits."""

from dataclasses import dataclass

from django.db.models import QuerySet
from django.urls import reverse

from ontology.models import Synonym, Term
from ontology.names.comparing import fold
from ontology.queries import current
from publishing.search import Query
from publishing.search.clauses import Text, parts_of

SHOWN = 4
WORDS = 12  # of a search that are looked at
LONGEST = 4  # words of a name


@dataclass(frozen=True)
class FittingTerm:
    """A term with how many studies and images carry it, or one below it; `name` is the synonym that was typed."""

    label: str
    curie: str
    name: str
    studies: int
    images: int

    @property
    def url(self) -> str:
        return reverse("term", args=[self.curie])


def fitting_terms(query: Query) -> list[FittingTerm]:
    """The terms that something carries here and whose label or exact synonym is typed: those of the longest names, in
    the order of the words. Two queries, or none without words."""
    if query.page > 1 or "term" in query.types:
        return []
    names = _names(query)
    found: dict[str, tuple[int, FittingTerm]] = {}
    if names:
        used = current().filter(use_count__studies__gt=0)
        for name, synonym, term in [*_labelled(used, names), *_called(used, names)]:
            place = names[name]
            fitting = FittingTerm(term.label, term.curie, synonym, term.use_count.studies, term.use_count.images)
            found.setdefault(term.curie, (place, fitting))
    return [term for _, term in sorted(found.values(), key=lambda one: (one[0], one[1].curie))][:SHOWN]


def _names(query: Query) -> dict[str, int]:
    """Runs of the words that were typed, folded, the longest first, each with its place."""
    texts = [part.words for part in parts_of(query.reading.clause) if isinstance(part, Text) and not part.field]
    words = " ".join(texts).split()[:WORDS]
    runs = [
        fold(" ".join(words[start : start + length]))
        for length in range(LONGEST, 0, -1)
        for start in range(len(words) - length + 1)
    ]
    return {run: place for place, run in reversed(list(enumerate(runs))) if run}


def _labelled(used: QuerySet[Term], names: dict[str, int]) -> list[tuple[str, str, Term]]:
    terms = used.filter(label_folded__in=names).select_related("use_count")
    return [(term.label_folded, "", term) for term in terms]


def _called(used: QuerySet[Term], names: dict[str, int]) -> list[tuple[str, str, Term]]:
    synonyms = Synonym.objects.filter(text_folded__in=names, scope=Synonym.Scope.EXACT, term__in=used)
    return [(it.text_folded, it.text, it.term) for it in synonyms.select_related("term__use_count")]
