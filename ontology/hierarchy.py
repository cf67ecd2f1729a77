"""What lies above and below a term, by "is a", "part of" and "broader"."""

from collections.abc import Collection, Mapping

from django.db import connection
from django.db.models import F, QuerySet
from django.db.models.expressions import RawSQL

from ontology.models import Ontology, Parent, Span, Term
from ontology.numbering import number

_BATCH = 1000

# MATERIALIZED: PostgreSQL joins it anew for every row of the query around it, where it knows no statistics yet.
_BELOW = """
WITH found AS MATERIALIZED (
    SELECT below.id FROM ontology_term above
    JOIN ontology_ontology ontology ON ontology.id = above.ontology_id AND ontology.is_current
    JOIN ontology_span span ON span.term_id = above.id
    JOIN ontology_term below ON below.ontology_id = above.ontology_id AND below.position BETWEEN span.low AND span.high
    WHERE above.curie IN ({curies})
)
SELECT id FROM found
"""
_ABOVE = """
WITH RECURSIVE above(term, ancestor, distance) AS (
    SELECT term_id, parent_id, 1 FROM ontology_parent WHERE term_id IN ({terms})
    UNION
    SELECT above.term, parent.parent_id, above.distance + 1 FROM above
    JOIN ontology_parent parent ON parent.term_id = above.ancestor
)
SELECT term, ancestor, MIN(distance) FROM above GROUP BY term, ancestor ORDER BY 1, 3, 2
"""


def below(curies: Collection[str]) -> QuerySet[Term]:
    """The terms with these CURIEs and all below them, of the current versions of their ontologies. No query is made
    before it is asked; as part of another query it is one subquery."""
    if not curies:
        return Term.objects.none()
    marks = ", ".join(["%s"] * len(curies))
    return Term.objects.filter(pk__in=RawSQL(_BELOW.format(curies=marks), tuple(curies)))


def ancestors_of(pks: Collection[int]) -> list[tuple[int, int, int]]:
    """(term, ancestor, least distance) for all that stands above these terms (keys), nearest first. One query."""
    if not pks:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_ABOVE.format(terms=", ".join(["%s"] * len(pks))), list(pks))
        return [tuple(row) for row in cursor.fetchall()]


def paths_of(pks: Collection[int]) -> dict[int, tuple[str, ...]]:
    """For each term the labels of one way from the root of its ontology down to its parent. Two queries."""
    line = {*pks, *(ancestor for _, ancestor, _ in ancestors_of(pks))}
    links = Parent.objects.filter(term__in=line).order_by("term_id", F("relation").desc(), "parent__curie")
    parents: dict[int, tuple[int, str]] = {}
    for term, parent, label in links.values_list("term_id", "parent_id", "parent__label"):
        parents.setdefault(term, (parent, label))
    return {pk: _climb(pk, parents) for pk in pks}


def _climb(pk: int, parents: Mapping[int, tuple[int, str]]) -> tuple[str, ...]:
    labels: list[str] = []
    while pk in parents:
        pk, label = parents[pk]
        labels.append(label)
    return tuple(reversed(labels))


def renumber(ontology: Ontology) -> int:
    """Number the terms of an ontology anew, from its links up; gives how many links it removed since they close a
    circle. To be called in the transaction that changed terms or links."""
    terms = list(ontology.terms.order_by("pk").only("pk", "position"))
    places = {term.pk: place for place, term in enumerate(terms)}
    links = Parent.objects.filter(term__ontology=ontology, parent__ontology=ontology).order_by("-relation", "pk")
    parents: list[list[int]] = [[] for _ in terms]
    keys: dict[tuple[int, int], list[int]] = {}
    for pk, term_id, parent_id in links.values_list("pk", "term_id", "parent_id"):
        parents[places[term_id]].append(places[parent_id])
        keys.setdefault((places[term_id], places[parent_id]), []).append(pk)
    numbering = number(parents)
    Parent.objects.filter(pk__in=[pk for link in numbering.circles for pk in keys[link]]).delete()
    for term, position in zip(terms, numbering.positions, strict=True):
        term.position = position
    Term.objects.bulk_update(terms, ["position"], batch_size=_BATCH)
    for start in range(0, len(terms), _BATCH):
        Span.objects.filter(term__in=terms[start : start + _BATCH]).delete()
    spans = (
        Span(term=term, low=low, high=high)
        for term, ranges in zip(terms, numbering.spans, strict=True)
        for low, high in ranges
    )
    Span.objects.bulk_create(spans, batch_size=_BATCH)
    return len(set(numbering.circles))
