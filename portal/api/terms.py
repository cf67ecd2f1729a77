"""Terms and the ontologies that are loaded, for everybody."""

from typing import Any
from urllib.parse import urlencode

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from base.errors import Invalid, Problem
from ontology.models import Ontology, Term
from portal import term_tree
from portal.api.paging import page_limit
from portal.api.schema import page_of
from portal.public.ontologies import Listed, listed
from portal.public.terms import find
from publishing import term_uses

STUDIES = 12
LEVEL = [
    OpenApiParameter("used", str, enum=["0", "1"], description="1: only what published studies use."),
    OpenApiParameter("after", str, description="CURIE of the last term of the page before."),
    OpenApiParameter("limit", int),
]

# Serializers have attributes `label` and `source` of their own; here they are fields of the answer.


class OntologySerializer(serializers.Serializer[Any]):
    prefix = serializers.CharField()
    name = serializers.CharField()
    version = serializers.CharField()
    iri = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]  # a field
    licence = serializers.CharField()
    terms = serializers.IntegerField(source="term_count")
    loaded_at = serializers.DateTimeField()


class ListedSerializer(OntologySerializer):
    fields_of_forms = serializers.ListField(child=serializers.CharField(), help_text="What takes its terms.")
    older_versions = serializers.ListField(child=serializers.CharField())
    terms_used = serializers.IntegerField()
    studies = serializers.IntegerField()


class NodeSerializer(serializers.Serializer[Any]):
    curie = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # a field
    obsolete = serializers.BooleanField()
    relation = serializers.CharField(help_text="How it hangs below the other, if not as a kind of it.")
    studies = serializers.IntegerField(help_text="Published studies with it, or with a term below it.")
    images = serializers.IntegerField()
    has_children = serializers.BooleanField()


NODES = page_of(NodeSerializer)


class SynonymSerializer(serializers.Serializer[Any]):
    scope = serializers.CharField()
    text = serializers.CharField()


class TermLinkSerializer(serializers.Serializer[Any]):
    curie = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # a field
    relation = serializers.CharField()


class UseSerializer(serializers.Serializer[Any]):
    field = serializers.CharField()
    studies = serializers.IntegerField()


class UsesSerializer(serializers.Serializer[Any]):
    studies = serializers.IntegerField()
    images = serializers.IntegerField()
    fields_of_studies = UseSerializer(many=True)
    newest = serializers.ListField(child=serializers.CharField(), help_text="Accessions.")


class FullTermSerializer(serializers.Serializer[Any]):
    curie = serializers.CharField()
    iri = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # a field
    definition = serializers.CharField()
    synonyms = SynonymSerializer(many=True)
    xrefs = serializers.ListField(child=serializers.CharField())
    obsolete = serializers.BooleanField()
    replaced_by = serializers.CharField()
    consider = serializers.ListField(child=serializers.CharField())
    path = serializers.ListField(child=serializers.CharField(), help_text="Labels from the root to its parent.")
    parents = TermLinkSerializer(many=True)
    uses = UsesSerializer()
    ontology = OntologySerializer()


class OneTerm(APIView):
    @extend_schema(operation_id="term", responses=FullTermSerializer)
    def get(self, request: Request, curie: str) -> Response:
        """A term: names, definition, place, and what published uses it or a term below it."""
        found = find(curie)
        uses = term_uses.uses_of(found, STUDIES)
        parents = found.parent_links.select_related("parent").order_by("-relation", "parent__label")
        return Response(
            {
                "curie": found.curie,
                "iri": found.iri,
                "label": found.label,
                "definition": found.definition,
                "synonyms": list(found.synonyms.order_by("scope", "text").values("scope", "text")),
                "xrefs": list(found.xrefs.order_by("curie").values_list("curie", flat=True)),
                "obsolete": found.obsolete,
                "replaced_by": found.replaced_by,
                "consider": found.consider.split(),
                "path": [one.label for one in term_tree.way_up(found)],
                "parents": [
                    {"curie": link.parent.curie, "label": link.parent.label, "relation": link.relation}
                    for link in parents
                ],
                "uses": {
                    "studies": uses.studies,
                    "images": uses.images,
                    "fields_of_studies": [{"field": name, "studies": studies} for _, name, studies in uses.fields],
                    "newest": [publication.accession for publication in uses.newest],
                },
                "ontology": OntologySerializer(found.ontology).data,
            }
        )


class _Level(APIView):
    def page(self, request: Request, ontology: Ontology, parent: Term | None) -> Response:
        used = request.query_params.get("used", "0")
        if used not in {"0", "1"}:
            raise Invalid("That cannot be asked.", problems=[Problem("used", "It is 0 or 1.")])
        after = request.query_params.get("after", "")
        limit = page_limit(request, term_tree.PAGE)
        key = parent.pk if parent else None
        level = term_tree.level(ontology, key, used=used == "1", after=after, limit=limit)
        following = f"{request.path}?{urlencode({**request.query_params.dict(), 'after': level.after})}"
        return Response(
            {"items": NodeSerializer(level.nodes, many=True).data, "next": following if level.after else None}
        )


class TermChildren(_Level):
    @extend_schema(operation_id="term_children", responses=NODES, parameters=LEVEL)
    def get(self, request: Request, curie: str) -> Response:
        """The terms right below a term, in alphabetical order, with what uses each or a term below it."""
        found = find(curie)
        return self.page(request, found.ontology, found)


class OntologyRoots(_Level):
    @extend_schema(operation_id="ontology_roots", responses=NODES, parameters=LEVEL)
    def get(self, request: Request, prefix: str) -> Response:
        """The terms of an ontology that have nothing above them."""
        return self.page(request, term_tree.current_ontology(prefix), None)


class Ontologies(APIView):
    @extend_schema(operation_id="ontologies_list", responses=page_of(ListedSerializer))
    def get(self, request: Request) -> Response:
        """The current version of every ontology that is loaded; they all are on one page."""
        return Response({"items": [_listed(one) for one in listed()], "next": None})


def _listed(one: Listed) -> dict[str, Any]:
    return {
        **OntologySerializer(one.current).data,
        "fields_of_forms": one.fields,
        "older_versions": [older.version for older in one.older],
        "terms_used": one.uses.terms,
        "studies": one.uses.studies,
    }
