"""The ontology terms that fit the words of a search, to be shown above the hits."""

from dataclasses import dataclass, replace

from django.urls import reverse

from publishing.models import TermCount
from publishing.search import Hit, Query, SearchUnavailable, search_index

SHOWN = 3


@dataclass(frozen=True)
class FittingTerm:
    """A term with how many studies and images carry it, or one below it."""

    label: str
    curie: str
    url: str
    studies: int
    images: int


def fitting_terms(query: Query) -> list[FittingTerm]:
    """The terms whose name the words are; none if there are no words, or terms are what is looked for. One query."""
    if not query.reading.has_words or query.reading.problems or query.page > 1 or "term" in query.types:
        return []
    wanted = replace(query.at_start(), filters={"type": ("term",)}, sort="relevance", size=SHOWN)
    try:
        hits = search_index().search(wanted).hits
    except SearchUnavailable:
        return []
    return with_counts(hits)


def curie_of(hit: Hit) -> str:
    return hit.id.removeprefix("term:")


def with_counts(hits: tuple[Hit, ...]) -> list[FittingTerm]:
    curies = [curie_of(hit) for hit in hits if hit.type == "term"]
    if not curies:
        return []
    rows = TermCount.objects.filter(term__curie__in=curies, term__ontology__is_current=True)
    counts = {
        curie: (studies, images) for curie, studies, images in rows.values_list("term__curie", "studies", "images")
    }
    return [
        FittingTerm(hit.title, curie_of(hit), reverse("term", args=[curie_of(hit)]), *counts.get(curie_of(hit), (0, 0)))
        for hit in hits
        if hit.type == "term"
    ]
