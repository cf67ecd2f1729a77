"""A term's page: what it means, where it stands in its ontology, and what in the catalogue uses it."""

from collections.abc import Sequence
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe
from rdflib import DCTERMS, RDF, SKOS, Graph, Literal, URIRef

from base.errors import NotFound
from ontology.hierarchy import ancestors_of
from ontology.models import Synonym, Term
from ontology.queries import resolve
from portal.errors import error_response
from publishing.search import Query, search_index

HITS = 12
CHILDREN = 100
FORMATS = {"text/html": "", "text/turtle": "turtle", "application/ld+json": "json-ld"}
FACET_OF = {"NCBITaxon": "organism", "FBbi": "method"}  # by the CURIE's prefix


@require_safe
def term(request: HttpRequest, curie: str) -> HttpResponse:
    found = resolve(curie)
    if found is None:
        raise NotFound(f"No ontology that is loaded here has the term “{curie}”.")
    media_type = request.get_preferred_type(list(FORMATS)) if request.headers.get("Accept") else "text/html"
    if media_type is None:
        response = error_response(request, 406, f"A term can be had as {', '.join(FORMATS)}.")
    elif rdf_format := FORMATS[media_type]:
        response = HttpResponse(_graph(found).serialize(format=rdf_format), content_type=media_type)
        response["Access-Control-Allow-Origin"] = "*"
    else:
        response = _page(request, found)
    patch_vary_headers(response, ["Accept"])
    return response


def _page(request: HttpRequest, found: Term) -> HttpResponse:
    query = _uses(found)
    results = search_index().search(query)
    context = {
        "term": found,
        "synonyms": found.synonyms.order_by("scope", "text"),
        "ancestors": _ancestors(found),
        "parents": _parents(found),
        "children": _children(found),
        "results": results,
        "all_url": f"{reverse('search')}?{urlencode(query.parameters())}",
    }
    return render(request, "public/term.html", context)


def _uses(found: Term) -> Query:
    """The studies with this term or one below it: by its facet if it has one, else by its words."""
    facet = FACET_OF.get(found.ontology.prefix)
    chosen = {facet: (found.curie,)} if facet else {}
    return Query(q="" if facet else f'"{found.label}"', filters={**chosen, "type": ("study",)}, size=HITS)


def _ancestors(found: Term) -> Sequence[Term]:
    """The farthest first."""
    distances = {pk: distance for _, pk, distance in ancestors_of([found.pk])}
    return sorted(Term.objects.filter(pk__in=distances), key=lambda term: (-distances[term.pk], term.label))


def _parents(found: Term) -> Sequence[Term]:
    return list(Term.objects.filter(child_links__term=found).order_by("label"))


def _children(found: Term) -> Sequence[Term]:
    return list(Term.objects.filter(parent_links__parent=found).order_by("label")[:CHILDREN])


def _graph(found: Term) -> Graph:
    """The term as SKOS. Its own IRI is the subject: that of its ontology, not of this page."""
    graph = Graph()
    subject = URIRef(found.iri)
    graph.add((subject, RDF.type, SKOS.Concept))
    graph.add((subject, SKOS.prefLabel, Literal(found.label, lang="en")))
    graph.add((subject, SKOS.notation, Literal(found.curie)))
    graph.add((subject, DCTERMS.isPartOf, Literal(str(found.ontology))))
    graph.add((subject, DCTERMS.isReferencedBy, URIRef(settings.PUBLIC_URL + reverse("term", args=[found.curie]))))
    if found.definition:
        graph.add((subject, SKOS.definition, Literal(found.definition, lang="en")))
    for synonym in found.synonyms.all():
        name = SKOS.altLabel if synonym.scope == Synonym.Scope.EXACT else SKOS.hiddenLabel
        graph.add((subject, name, Literal(synonym.text, lang="en")))
    for parent in _parents(found):
        graph.add((subject, SKOS.broader, URIRef(parent.iri)))
    return graph
