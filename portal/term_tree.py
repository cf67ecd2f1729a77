"""Ontologies as trees: a level at a time, with what the catalogue uses, for pages and API.

No request reads more than a page of a level, whatever an ontology holds; the number of queries is fixed.
"""

from dataclasses import dataclass, replace

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.expressions import RawSQL

from base.errors import NotFound
from ontology.hierarchy import ancestors_of
from ontology.models import Ontology, Parent, Term
from publishing.models import TermCount

PAGE = 100
DEEPEST = 12  # levels that are opened at once
BIG = 2000  # terms from which on a tree shows at first only what is used

_ROOTS = """
WITH RECURSIVE root(term, position) AS (
    SELECT id, position FROM ontology_term WHERE ontology_id = %s AND position = 0
    UNION
    SELECT term.id, term.position FROM root
    JOIN ontology_span span ON span.term_id = root.term AND span.low = root.position
    JOIN ontology_term term ON term.ontology_id = %s AND term.position = span.high + 1
)
SELECT term FROM root
"""


@dataclass(frozen=True)
class Node:
    """A term in its tree. `relation` is how it hangs there if not as a kind of it; `children` are those shown; of the
    `studies` and `images` each has this term or one below it."""

    key: int  # of its row
    curie: str
    label: str
    obsolete: bool
    relation: str
    studies: int
    images: int
    has_children: bool
    children: "Level | None" = None
    is_here: bool = False


@dataclass(frozen=True)
class Level:
    """A page of what is below a term, in alphabetical order. `after` is the CURIE by which to ask for the next page; of
    a level that is `folded` only the node on the way is shown."""

    nodes: tuple[Node, ...]
    after: str = ""
    is_folded: bool = False


def current_ontology(prefix: str) -> Ontology:
    """The current version of an ontology, by its prefix in any case. Raises NotFound."""
    found = Ontology.objects.filter(prefix__iexact=prefix, is_current=True).first()
    if found is None:
        raise NotFound(f"No ontology “{prefix}” is loaded here.")
    return found


def is_used(ontology: Ontology) -> bool:
    """Whether anything published uses it."""
    return _used(ontology).exists()


def level(ontology: Ontology, parent: int | None, *, used: bool, after: str = "", limit: int = PAGE) -> Level:
    """A page of the terms below the one with the key `parent`, or of the roots; only those that are used or above such,
    if asked."""
    terms = _below(ontology, parent, used=used)
    last = Term.objects.filter(ontology=ontology, curie=after).first() if after else None
    if last is not None:
        terms = terms.filter(
            Q(label_folded__gt=last.label_folded) | Q(label_folded=last.label_folded, curie__gt=last.curie)
        )
    rows = list(_with_uses(terms, used=used).order_by("label_folded", "curie")[: limit + 1])
    links = Parent.objects.filter(parent=parent, term__in=rows).order_by("relation") if parent else ()
    relations = {link.term_id: Parent.Relation(link.relation) for link in links}  # the last wins: a kind of it
    nodes = tuple(_node(row, relations.get(row.pk)) for row in rows[:limit])
    return Level(nodes, rows[limit - 1].curie if len(rows) > limit else "")


def opened(ontology: Ontology, *, used: bool, after: str = "") -> Level:
    """The roots; while there is only one node, what is below it too."""
    top = level(ontology, None, used=used, after=after)
    line: list[Node] = []
    below = top
    while len(below.nodes) == 1 and below.nodes[0].has_children and len(line) < DEEPEST:
        line.append(below.nodes[0])
        below = level(ontology, line[-1].key, used=used)
    for node in reversed(line):
        below = Level((replace(node, children=below),))
    return below


def around(term: Term, *, used: bool, after: str = "") -> Level:
    """The tree opened down to a term and what is below it; on the way there only what leads to it."""
    way = way_up(term)
    shown = _with_uses(Term.objects.filter(pk__in=[one.pk for one in (*way, term)]), used=used)
    rows = {row.pk: row for row in shown}
    below = level(term.ontology, term.pk, used=used, after=after)
    node = replace(_node(rows[term.pk]), children=below if below.nodes else None, is_here=True)
    for above in reversed(way):
        node = replace(_node(rows[above.pk]), children=Level((node,), is_folded=True), has_children=True)
    return Level((node,), is_folded=True)


def way_up(term: Term) -> list[Term]:
    """One way from the root of the ontology down to the term's parent. Three queries."""
    above = {ancestor for _, ancestor, _ in ancestors_of([term.pk])}
    links = Parent.objects.filter(term__in={term.pk, *above}).order_by("term_id", F("relation").desc(), "parent__curie")
    parents: dict[int, int] = {}
    for child, parent in links.values_list("term_id", "parent_id"):
        parents.setdefault(child, parent)
    way: list[int] = []
    pk = term.pk
    while pk in parents:
        pk = parents[pk]
        way.append(pk)
    terms = Term.objects.in_bulk(way)
    return [terms[pk] for pk in reversed(way)]


def _below(ontology: Ontology, parent: int | None, *, used: bool) -> QuerySet[Term]:
    if parent is not None:
        terms = Term.objects.filter(pk__in=Parent.objects.filter(parent=parent).values("term"))
        return terms.filter(use_count__isnull=False) if used else terms
    if used:
        return _used(ontology).filter(~Exists(Parent.objects.filter(term=OuterRef("pk"))))
    return Term.objects.filter(pk__in=_roots(ontology), obsolete=False)


def _used(ontology: Ontology) -> QuerySet[Term]:
    """Found from what is used, which is little, not from the ontology: `+ 0` keeps SQLite off its index."""
    counted = Term.objects.filter(pk__in=TermCount.objects.values("term"))
    return counted.alias(of=F("ontology_id") + 0).filter(of=ontology.pk)


def _roots(ontology: Ontology) -> RawSQL:
    """The keys of the terms with nothing above them: the first term of the walk, then the one behind all below it, and
    so on (ontology.numbering)."""
    return RawSQL(_ROOTS, (ontology.pk, ontology.pk))


def _with_uses(terms: QuerySet[Term], *, used: bool) -> QuerySet[Term]:
    links = Parent.objects.filter(parent=OuterRef("pk"))
    if used:
        links = links.filter(term__use_count__isnull=False)
    return terms.select_related("use_count").annotate(has_children=Exists(links))


def _node(row: Term, relation: Parent.Relation | None = None) -> Node:
    count: TermCount | None = getattr(row, "use_count", None)
    kind_of = relation in (None, Parent.Relation.SUBCLASS, Parent.Relation.BROADER)
    return Node(
        key=row.pk,
        curie=row.curie,
        label=row.label,
        obsolete=row.obsolete,
        relation="" if kind_of or relation is None else str(relation.label),
        studies=count.studies if count else 0,
        images=count.images if count else 0,
        has_children=bool(getattr(row, "has_children", False)),
    )
