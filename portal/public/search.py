"""The search page. Every choice on it is a plain link, so that back and bookmarks work."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from ontology.queries import current
from publishing.search import FacetCount, Query, Results, search_index
from publishing.search.documents import FORMATS, licence_label

VIEWS = {"list": _("List"), "gallery": _("Gallery"), "table": _("Table")}
SORTS = {"relevance": _("Best match"), "newest": _("Newest first"), "oldest": _("Oldest first")}
TYPES = {"": _("Everything"), "study": _("Studies"), "image": _("Images")}
FACET_LABELS = {
    "organism": _("Organism"),
    "method": _("How it was imaged"),
    "licence": _("Licence"),
    "year": _("Year of publication"),
    "format": _("File format"),
    "channels": _("Number of channels"),
}
TYPED = "type"
# Each finds something in the demo.
EXAMPLES = ("bright-field microscopy", "Homo sapiens", "nucleus", '"colonic glands"')
SHOWN_AT_FIRST = 8

Labels = Mapping[tuple[str, str], str]  # of a facet's chosen value


@dataclass(frozen=True)
class Choice:
    """A link that changes the search."""

    label: str
    url: str
    count: int | None = None
    selected: bool = False


@dataclass(frozen=True)
class Facet:
    name: str
    label: str
    choices: tuple[Choice, ...]
    more: tuple[Choice, ...]  # the rarer values, folded away


@dataclass(frozen=True)
class SearchAddress:
    """Addresses of the search page: a query and the way its hits are shown."""

    query: Query
    view: str

    def parameters(self, query: Query, view: str | None = None) -> list[tuple[str, str]]:
        shown = view or self.view
        size = [("size", str(query.size))] if query.size != Query.size else []
        return query.parameters() + size + ([("view", shown)] if shown != "list" else [])

    def of(self, query: Query, view: str | None = None) -> str:
        parameters = self.parameters(query, view)
        return reverse("search") + (f"?{urlencode(parameters)}" if parameters else "")


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    query = Query.of(request.GET)
    view = request.GET.get("view", "list")
    address = SearchAddress(query, view if view in VIEWS else "list")
    results = search_index().search(query)
    labels = _labels(query, results)
    sort = query.sort if query.q or query.sort != "relevance" else "newest"
    chips = _chips(address, labels)
    context = {
        "query": query,
        "query_text": query.q,
        "results": results,
        "view": address.view,
        "address": address,
        "chips": chips,
        "words": " · ".join([f"“{query.q}”" if query.q else "", *(chip.label for chip in chips)]).strip(" ·"),
        "facets": [_facet(address, name, results.facets.get(name, ()), labels) for name in FACET_LABELS],
        "types": [
            Choice(str(label), address.of(_of_type(query, name)), _type_count(results, name), _is_type(query, name))
            for name, label in TYPES.items()
        ],
        "views": [
            Choice(str(label), address.of(query, name), None, name == address.view) for name, label in VIEWS.items()
        ],
        "sorts": [
            Choice(str(label), address.of(query.sorted_by(name)), None, name == sort)
            for name, label in SORTS.items()
            if query.q or name != "relevance"
        ],
        "all_url": address.of(Query()),
        "without_filters_url": address.of(query.without_filters()),
        "without_text_url": address.of(replace(query, q="", page=1)),
        "previous_url": address.of(query.on_page(query.page - 1)) if query.page > 1 else "",
        "next_url": address.of(query.on_page(query.page + 1)) if query.page < results.pages else "",
        "examples": [Choice(text, address.of(Query(q=text))) for text in EXAMPLES],
        # What the search form sends along with new words.
        "kept": [
            *replace(query, q="", page=1).parameters(),
            *([("view", address.view)] if address.view != "list" else []),
        ],
        "hide_header_search": True,
    }
    return render(request, "public/search.html", context)


def _of_type(query: Query, name: str) -> Query:
    filters = {facet: values for facet, values in query.filters.items() if facet != TYPED}
    return replace(query, filters={**filters, TYPED: (name,)} if name else filters, page=1)


def _is_type(query: Query, name: str) -> bool:
    return query.filters.get(TYPED, ()) == ((name,) if name else ())


def _type_count(results: Results, name: str) -> int:
    return sum(count.count for count in results.facets.get(TYPED, ()) if name in ("", count.value))


def _labels(query: Query, results: Results) -> Labels:
    """What people read for each chosen value: of a term above those that hits have, its label in the ontology."""
    chosen = [(facet, value) for facet, values in query.filters.items() if facet != TYPED for value in values]
    labels = {(facet, value): results.label_of(facet, value) for facet, value in chosen}
    unnamed = {value for (facet, value), label in labels.items() if label == value and facet in {"organism", "method"}}
    names = dict(current().filter(curie__in=unnamed).values_list("curie", "label")) if unnamed else {}
    return {(facet, value): names.get(label) or _named(facet, label) for (facet, value), label in labels.items()}


def _named(facet: str, label: str) -> str:
    """A value that no hit has, as hits would name it."""
    if facet == "licence":
        return licence_label(label)
    return FORMATS.get(label, label) if facet == "format" else label


def _chips(address: SearchAddress, labels: Labels) -> list[Choice]:
    return [
        Choice(_in_words(facet, label), address.of(address.query.toggled(facet, value)))
        for (facet, value), label in labels.items()
    ]


def _in_words(facet: str, label: str) -> str:
    """A value that says by itself what it is about."""
    if facet == "channels":
        return f"{label} {_('channel') if label == '1' else _('channels')}"
    return label


def _facet(address: SearchAddress, name: str, counts: Sequence[FacetCount], labels: Labels) -> Facet:
    choices = tuple(
        Choice(
            labels.get((name, count.value), count.label),
            address.of(address.query.toggled(name, count.value)),
            count.count,
            count.selected,
        )
        for count in counts
    )
    return Facet(name, str(FACET_LABELS[name]), choices[:SHOWN_AT_FIRST], choices[SHOWN_AT_FIRST:])
