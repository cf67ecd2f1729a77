"""A term's page: what it means, where it stands in its ontology, and what in the catalogue uses it. To programs it is
linked data, at the same address."""

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from base.errors import NotFound
from ontology.bindings import BINDINGS
from ontology.mapping import decisions
from ontology.models import Decision, Ontology, Term
from ontology.rdf import FORMATS, RdfFormat, licence_url
from ontology.rdf import render as rendered
from portal.errors import error_response
from portal.term_tree import around, is_used
from publishing import term_uses
from publishing.queries import study_record
from publishing.renditions.links import absolute
from publishing.renditions.table import preferred
from publishing.search import Query

STUDIES = 12
SYNONYMS = 200
TEXTS = 50  # that were decided to stand for the term
BY_EXTENSION = {one.extension: one for one in FORMATS}
_BY_TYPE = {one.media_type: one for one in FORMATS}
# Facets of the search by the fields whose terms they have, and where that depends on it the ontology.
_FACETS = {
    "biosample/organisms/organism": "organism",
    "biosample/biological_entity UBERON": "tissue",
    "biosample/biological_entity CL": "cell",
    "acquisition/methods/method": "method",
    "analysis/phenotypes/phenotype": "phenotype",
}


@require_safe
def term(request: HttpRequest, curie: str) -> HttpResponse:
    """The page, or the format that the Accept header asks for."""
    found = find(curie)
    if found.curie != curie:
        return redirect("term", found.curie, permanent=True)
    media_type = preferred(request.headers.get("Accept", ""), _BY_TYPE)
    if media_type is None:
        response = error_response(request, 406, f"A term can be had as text/html, {', '.join(_BY_TYPE)}.")
    elif media_type in _BY_TYPE:
        response = _rendered(found, _BY_TYPE[media_type])
    else:
        response = render(request, "public/term.html", _context(request, found))
        response["Link"] = _links(found)
    patch_vary_headers(response, ["Accept"])
    return response


@require_safe
def term_rendition(request: HttpRequest, curie: str, extension: str) -> HttpResponse:
    """A term in the format of this extension, whatever the Accept header says."""
    return _rendered(find(curie), BY_EXTENSION[extension])


@require_safe
def term_by_iri(request: HttpRequest) -> HttpResponse:
    """Where a term is told of whose IRI is `?iri=`, as RDF names it (303, since a term is no page)."""
    iri = request.GET.get("iri", "").strip()
    if not iri:
        return redirect("ontologies")
    curie = _shown().filter(iri=iri).values_list("curie", flat=True).first()
    if curie is None:
        raise NotFound(f"No ontology that is loaded here has a term with the address “{iri[:300]}”.")
    return HttpResponseRedirect(reverse("term", args=[curie]), status=303)


def find(curie: str) -> Term:
    """The term with this CURIE: of its ontology's current version, or of the last that had it. Also finds it by other
    spellings (`FBbi_00000246`, `ncbitaxon:9606`). Raises NotFound."""
    found = _shown().filter(curie=curie).first() or _shown().filter(curie=_spelled_right(curie)).first()
    if found is not None:
        return found
    raise NotFound(f"No ontology that is loaded here has the term “{curie}”.")


def _shown() -> QuerySet[Term]:
    ready = Term.objects.filter(ontology__state=Ontology.State.READY).select_related("ontology")
    return ready.order_by("-ontology__is_current", "-ontology__loaded_at")


def _spelled_right(curie: str) -> str:
    prefix, _, local = re.sub(r"^(\w+?)[_:]", r"\1:", curie.strip(), count=1).partition(":")
    known = Ontology.objects.filter(prefix__iexact=prefix).values_list("prefix", flat=True).first()
    return f"{known or prefix}:{local.strip()}"


def _rendered(found: Term, format: RdfFormat) -> HttpResponse:
    address = reverse("term", args=[found.curie])
    response = HttpResponse(rendered(found, format, absolute(address)), content_type=format.media_type)
    response["Content-Location"] = f"{address}.{format.extension}"
    response["Access-Control-Allow-Origin"] = "*"
    response["Link"] = _links(found)
    return response


def _links(found: Term) -> str:
    """Typed links (RFC 8288): what the page describes, and its other formats."""
    address = absolute(reverse("term", args=[found.curie]))
    links = [f'<{address}.{one.extension}>; rel="alternate"; type="{one.media_type}"' for one in FORMATS]
    if re.fullmatch(r"https?://[^\s<>\"{}|\\^`]+", found.iri) and found.iri.isascii():
        links.append(f'<{found.iri}>; rel="describes"')
    return ", ".join(links)


def _context(request: HttpRequest, found: Term) -> dict[str, Any]:
    uses = term_uses.uses_of(found, STUDIES)
    used = request.GET.get("used", "0") == "1" and is_used(found.ontology)
    parents = found.parent_links.select_related("parent").order_by("-relation", "parent__label")
    synonyms = list(found.synonyms.order_by("scope", "text")[: SYNONYMS + 1])
    return {
        "term": found,
        "formats": FORMATS,
        "synonyms": synonyms[:SYNONYMS],
        "more_synonyms": len(synonyms) > SYNONYMS,
        "xrefs": list(found.xrefs.order_by("curie")[:SYNONYMS]),
        "parents": parents,
        "instead": _instead(found),
        "decisions": _decisions(found),
        "licence_url": licence_url(found.ontology.licence),
        "tree": around(found, used=used, after=request.GET.get("after", "")),
        "used": used,
        "uses": uses,
        "studies": [study_record(one) for one in uses.newest],
        "studies_url": _search_url(found, uses, "study"),
        "images_url": _search_url(found, uses, "image"),
    }


def _decisions(found: Term) -> list[tuple[Decision, str]]:
    """Texts that curators decided to stand for the term, each with what it says what of."""
    rows = decisions.public().filter(curie=found.curie).order_by("folded")[:TEXTS]
    return [(row, BINDINGS[row.binding].label if row.binding in BINDINGS else row.binding) for row in rows]


def _instead(found: Term) -> dict[str, Sequence[tuple[str, str]]]:
    """CURIE and label of what took the place of an obsolete term, and of what may be meant; no label if unknown."""
    wanted = {"replaced_by": [found.replaced_by] if found.replaced_by else [], "consider": found.consider.split()}
    curies = [curie for some in wanted.values() for curie in some]
    if not curies:
        return {}
    known = Term.objects.filter(curie__in=curies, ontology__is_current=True)
    labels = dict(known.values_list("curie", "label"))
    return {name: [(curie, labels.get(curie, "")) for curie in some] for name, some in wanted.items()}


def _search_url(found: Term, uses: term_uses.Uses, kind: str) -> str:
    """The search for what has this term or one below it, where one facet has all that is said of it; else empty."""
    prefix = found.ontology.prefix
    facets = {_FACETS.get(field) or _FACETS.get(f"{field} {prefix}", "") for field, _, _ in uses.fields}
    if len(facets) != 1 or "" in facets:
        return ""
    query = Query(filters={facets.pop(): (found.curie,), "type": (kind,)})
    return f"{reverse('search')}?{urlencode(query.parameters())}"
