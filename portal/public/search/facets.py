"""What stands beside the hits: each facet's values with counts, terms as a tree, and the chips of what is chosen."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote_plus

from django.utils.translation import gettext as _

from ontology.hierarchy import ancestors_of
from ontology.models import Ontology, Term
from ontology.queries import current
from portal.public.search.address import Choice, SearchAddress
from publishing.search import FACETS, FIELDS, FacetCount, Query, Results
from publishing.search.documents.making import FORMATS, licence_label
from publishing.search.fields import Kind

_ANY = "\x1f"  # stands in an address for the value of each of its facet; nobody can type it
TYPED = "type"  # has its own place, above the hits
SHOWN_AT_FIRST = (8, 5, 5)  # values of a list, by its depth in the tree
UNFOLDED = 14  # lines of a tree up to which what is below its terms shows at once
NEARLY_ALL = 0.8  # a term with more than this part of the hits of the one above it tells nothing apart
LONG = 12  # values from which on one can look for some
OPEN = ("organism", "method", "tissue", "marker", "licence", "year")

Labels = Mapping[tuple[str, str], str]  # of a facet's chosen value


@dataclass(frozen=True)
class Value:
    """A value of a facet, with those below it, which show at once if it is `is_open`; `more` are the rarer ones."""

    choice: Choice
    below: tuple["Value", ...] = ()
    more: tuple["Value", ...] = ()
    is_open: bool = False


@dataclass(frozen=True)
class Facet:
    name: str
    label: str
    values: tuple[Value, ...]
    more: tuple[Value, ...]
    is_open: bool
    is_long: bool
    is_tree: bool


def facets_of(address: SearchAddress, results: Results, labels: Labels) -> list[Facet]:
    """The facets that have values, in their order. Four queries, and one once the terms are known."""
    trees = {name for name in FACETS if FIELDS[name].kind is Kind.TERM and results.facets.get(name)}
    counted = {name: [*results.facets.get(name, ()), *results.above.get(name, ())] for name in trees}
    above = _lines.of({count.value for counts in counted.values() for count in counts}) if trees else {}
    made = []
    for name in FACETS:
        if name == TYPED or not results.facets.get(name):
            continue
        counts = _in_order(name, results.facets[name])
        children: Mapping[str | None, Sequence[FacetCount]] = {None: counts}
        if name in trees:
            children = _tree(counts, results.above.get(name, ()), above)
        facet = _Maker(address, name, labels, children).facet(len(counts))
        made.append(facet)
    return made


class _Maker:
    def __init__(
        self,
        address: SearchAddress,
        name: str,
        labels: Labels,
        children: Mapping[str | None, Sequence[FacetCount]],
    ) -> None:
        self._address, self._name, self._labels, self._children = address, name, labels, children
        self._open = self._opened()
        self._address_of_any = address.of(address.query.toggled(name, _ANY))

    def facet(self, values: int) -> Facet:
        shown, more = self._below(None, 0)
        chosen = self._address.query.filters.get(self._name)
        is_open = bool(chosen) or self._name in OPEN
        return Facet(
            self._name,
            str(FIELDS[self._name].label),
            shown,
            more,
            is_open,
            values >= LONG,
            any(it.below for it in shown),
        )

    def _opened(self) -> set[str]:
        """The terms whose lists show at once: above what is chosen, and the largest ones as far as there is room."""
        found: set[str] = set()

        def reach(parent: str | None) -> bool:
            """Whether something that is chosen is below."""
            reached = [count.selected | reach(count.value) for count in self._children.get(parent, ())]
            if parent is not None and any(reached):
                found.add(parent)
            return any(reached)

        reach(None)
        waiting = list(self._children.get(None, ()))[: SHOWN_AT_FIRST[0]]
        lines = len(waiting)
        while waiting:
            largest = max(waiting, key=lambda count: count.count)
            waiting.remove(largest)
            below = list(self._children.get(largest.value, ()))[: SHOWN_AT_FIRST[1]]
            if below and lines + len(below) <= UNFOLDED:
                found.add(largest.value)
                lines += len(below)
                waiting += below
        return found

    def _below(self, parent: str | None, depth: int) -> tuple[tuple[Value, ...], tuple[Value, ...]]:
        limit = SHOWN_AT_FIRST[min(depth, len(SHOWN_AT_FIRST) - 1)]
        counts = self._children.get(parent, ())
        # What is chosen is never folded away.
        first = [count for place, count in enumerate(counts) if place < limit or count.selected]
        rest = [count for place, count in enumerate(counts) if place >= limit and not count.selected]
        return tuple(self._value(it, depth) for it in first), tuple(self._value(it, depth) for it in rest)

    def _value(self, count: FacetCount, depth: int) -> Value:
        label = self._labels.get((self._name, count.value)) or in_words(self._name, count.label)
        if count.selected:
            url = self._address.of(self._address.query.toggled(self._name, count.value))
        else:
            url = self._address_of_any.replace(quote_plus(_ANY), quote_plus(count.value))
        choice = Choice(label, url, count.count, count.selected, count.is_estimated)
        return Value(choice, *self._below(count.value, depth + 1), count.value in self._open)


def _in_order(name: str, counts: Sequence[FacetCount]) -> Sequence[FacetCount]:
    """Numbers by their size, the newest year first; all else as counted, most frequent first."""
    if FIELDS[name].kind is not Kind.NUMBER:
        return counts
    return sorted(counts, key=lambda count: _number(count.value), reverse=name == "year")


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("inf")


def _tree(
    values: Sequence[FacetCount], above: Sequence[FacetCount], lines: Mapping[str, Collection[str]]
) -> dict[str | None, list[FacetCount]]:
    """Values below the nearest term above them that tells hits apart or is chosen; None has the roots."""
    own = {count.value for count in values}
    nodes = {count.value: count for count in above}
    for count in values:  # of a term that others stand below, theirs are counted too
        both = nodes.get(count.value, count)
        nodes[count.value] = replace(count, count=max(count.count, both.count))
    lines = {value: [it for it in lines.get(value, ()) if it in nodes] for value in nodes}
    children: dict[str | None, list[str]] = {}
    for value in nodes:
        nearest = max(lines[value], key=lambda it: (len(lines[it]), it), default=None)
        children.setdefault(nearest, []).append(value)

    def branching(parent: str | None) -> list[str]:
        """The children of a node, a term that does not branch replaced by what is below it."""
        found: list[str] = []
        for value in children.get(parent, ()):
            below = branching(value)
            children[value] = below
            found += [value] if value in own or nodes[value].selected or len(below) > 1 else below
        return found

    def telling(below: list[str], all_hits: float) -> list[str]:
        """Children, those that nearly all hits have replaced by what is below them."""
        found: list[str] = []
        for value in below:
            count = nodes[value]
            if value in own or count.selected or count.count <= NEARLY_ALL * all_hits:
                children[value] = telling(children.get(value, []), count.count)
                found.append(value)
            else:
                found += telling(children.pop(value, []), all_hits)
        return found

    roots = branching(None)
    children[None] = telling(roots, sum(nodes[value].count for value in roots))
    return {parent: [nodes[it] for it in _by_count(below, nodes)] for parent, below in children.items() if below}


def _by_count(values: Iterable[str], nodes: Mapping[str, FacetCount]) -> list[str]:
    return sorted(values, key=lambda it: (-nodes[it].count, nodes[it].label.casefold()))


class _Lines:
    """The terms above those that were asked for, kept in the process until ontologies are loaded anew."""

    def __init__(self) -> None:
        self._stamp: object = None
        self._above: dict[str, frozenset[str]] = {}

    def of(self, curies: Collection[str]) -> Mapping[str, Collection[str]]:
        stamp = tuple(Ontology.objects.filter(is_current=True).order_by("pk").values_list("pk", "loaded_at"))
        if stamp != self._stamp:
            self._stamp, self._above = stamp, {}
        above = self._above
        if missing := {curie for curie in curies if curie not in above}:
            above |= _read_lines(missing)
        return above


def _read_lines(curies: Collection[str]) -> dict[str, frozenset[str]]:
    terms = dict(current().filter(curie__in=curies).values_list("pk", "curie"))
    lines = ancestors_of(terms)
    names = dict(Term.objects.filter(pk__in={pk for _, pk, _ in lines}).values_list("pk", "curie"))
    found: dict[str, set[str]] = {curie: set() for curie in curies}
    for term, ancestor, _distance in lines:
        found[terms[term]].add(names[ancestor])
    return {curie: frozenset(above) for curie, above in found.items()}


_lines = _Lines()


def labels_of(query: Query, results: Results) -> Labels:
    """What people read for each chosen value: of a term above those that hits have, its label in the ontology."""
    chosen = [(facet, value) for facet, values in query.filters.items() if facet != TYPED for value in values]
    labels = {(facet, value): results.label_of(facet, value) for facet, value in chosen}
    unnamed = {value for (facet, value), label in labels.items() if label == value and FIELDS[facet].kind is Kind.TERM}
    names = dict(current().filter(curie__in=unnamed).values_list("curie", "label")) if unnamed else {}
    return {(facet, value): names.get(value) or _named(facet, label) for (facet, value), label in labels.items()}


def _named(facet: str, label: str) -> str:
    """A value that no hit has, as hits would name it."""
    if facet == "licence":
        return licence_label(label)
    return in_words(facet, FORMATS.get(label, label) if facet == "format" else label)


def in_words(facet: str, label: str) -> str:
    """A value that says by itself what it is about."""
    if facet == "channels" and label.isdigit():
        return f"{label} {_('channel') if label == '1' else _('channels')}"
    return label


def chips_of(address: SearchAddress, labels: Labels) -> list[Choice]:
    """What is chosen, each as a link that gives it up."""
    return [Choice(label, address.of(address.query.toggled(facet, value))) for (facet, value), label in labels.items()]
