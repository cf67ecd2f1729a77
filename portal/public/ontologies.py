"""The ontologies that are loaded, and each as a tree to walk through."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from ontology.bindings import BINDINGS
from ontology.models import Ontology, Term
from ontology.names.search import suggested_of
from ontology.queries import terms_of
from ontology.rdf import licence_url
from portal import term_tree
from portal.public.terms import find
from publishing.term_uses import OntologyUses, ontology_uses

FOUND = 30
OFFERED = 10  # while somebody types


@dataclass(frozen=True)
class Listed:
    """An ontology: its current version, older ones that are still there, the form fields whose terms come from it, and
    how much of what is published uses it."""

    current: Ontology
    licence_url: str
    older: tuple[Ontology, ...]
    fields: tuple[str, ...]
    uses: OntologyUses


@dataclass(frozen=True)
class Hit:
    """A term and, if it was not its label that fitted, its synonym or id that did."""

    term: Term
    name: str


def listed() -> list[Listed]:
    """Every ontology that is loaded, in alphabetical order. Two queries."""
    older: dict[str, list[Ontology]] = defaultdict(list)
    ready = Ontology.objects.filter(state=Ontology.State.READY).order_by("-loaded_at")
    for one in ready:
        if not one.is_current:
            older[one.prefix].append(one)
    uses = ontology_uses()
    current = sorted((one for one in ready if one.is_current), key=lambda one: one.name.casefold())
    return [
        Listed(
            one,
            licence_url(one.licence),
            tuple(older[one.prefix]),
            _fields(one.prefix),
            uses.get(one.pk, OntologyUses(0, 0)),
        )
        for one in current
    ]


def _fields(prefix: str) -> tuple[str, ...]:
    """What the vocabularies are called that take terms of the ontology."""
    return tuple(
        bound.label
        for bound in BINDINGS.values()
        if prefix in bound.ontologies or any(curie.startswith(f"{prefix}:") for curie in bound.branches)
    )


@require_safe
def ontologies(request: HttpRequest) -> HttpResponse:
    return render(request, "public/ontologies.html", {"ontologies": listed()})


@require_safe
def ontology(request: HttpRequest, prefix: str) -> HttpResponse:
    """The tree: its roots, or opened down to the term `?at=`, a page of it after the term `?after=`."""
    found = term_tree.current_ontology(prefix)
    if found.prefix != prefix:
        return redirect("ontology", found.prefix, permanent=True)
    is_used = term_tree.is_used(found)
    used = _used(request.GET, found, is_used=is_used)
    at = _term_of(found, request.GET.get("at", ""))
    after = request.GET.get("after", "")
    tree = term_tree.around(at, used=used, after=after) if at else term_tree.opened(found, used=used, after=after)
    q = request.GET.get("q", "").strip()[:200]
    context = {
        "ontology": found,
        "licence_url": licence_url(found.licence),
        "tree": tree,
        "at": at,
        "after": after,
        "used": used,
        "is_used": is_used,
        "q": q,
        "hits": _named(found, q, FOUND) if q else [],
        "all_url": _address(found, at, used=False),
        "used_url": _address(found, at, used=True),
    }
    return render(request, "public/ontology.html", context)


@require_safe
def ontology_names(request: HttpRequest, prefix: str) -> JsonResponse:
    """The terms whose names fit `?q=`, while it is typed."""
    found = term_tree.current_ontology(prefix)
    hits = _named(found, request.GET.get("q", "").strip()[:200], OFFERED)
    items = [{"curie": hit.term.curie, "label": hit.term.label, "name": hit.name} for hit in hits]
    return JsonResponse({"items": items})


@require_safe
def ontology_level(request: HttpRequest, prefix: str) -> HttpResponse:
    """The nodes below the term `?of=`, or the roots, as list items: what a page's script puts into the tree."""
    found = term_tree.current_ontology(prefix)
    used = _used(request.GET, found, is_used=True)
    parent = _term_of(found, request.GET.get("of", ""))
    level = term_tree.level(found, parent.pk if parent else None, used=used, after=request.GET.get("after", ""))
    context = {"level": level, "ontology": found, "used": used, "of": parent.curie if parent else ""}
    return render(request, "public/tree_level.html", context)


def _term_of(found: Ontology, curie: str) -> Term | None:
    """The term of this ontology with the CURIE, None without one. Raises NotFound."""
    if not curie:
        return None
    return Term.objects.select_related("ontology").filter(ontology=found, curie=curie).first() or find(curie)


def _used(parameters: Mapping[str, Any], found: Ontology, *, is_used: bool) -> bool:
    """Whether to show only what is used: as asked, else for large ontologies."""
    asked = parameters.get("used", "")
    return is_used and (asked == "1" if asked in {"0", "1"} else found.term_count > term_tree.BIG)


def _address(found: Ontology, at: Term | None, *, used: bool) -> str:
    parameters = {**({"at": at.curie} if at else {}), "used": "1" if used else "0"}
    return f"{reverse('ontology', args=[found.prefix])}?{urlencode(parameters)}"


def _named(found: Ontology, text: str, limit: int) -> list[Hit]:
    """The terms of this ontology with names that fit the text, the best first, and the name that fitted."""
    names = suggested_of(found.pk, text, limit)
    terms = terms_of(name.curie for name in names)
    return [Hit(terms[name.curie], name.text if name.kind else "") for name in names if name.curie in terms]
