"""Studies as their depositors work on them."""

from typing import Any
from uuid import UUID

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from base.audit import history
from base.errors import Invalid, NotAllowed, NotFound
from catalogue import documents, services
from catalogue.access import Actor, Verb, study_for, visible_to
from catalogue.models import Study
from catalogue.rules.rembi import BY_PLURAL, MODULES
from portal.api.paging import PAGE, keyset_page
from portal.api.schema import (
    CreatedSerializer,
    DocumentSerializer,
    FindingSerializer,
    SavedSerializer,
    StudySerializer,
    entity_serializer,
    page_of,
)


def study_of(request: Request, study_id: UUID, verb: Verb = Verb.VIEW) -> Study:
    """The study, if the caller may do that with it. Raises NotFound, NotAllowed or Conflict, as access.study_for."""
    return study_for(Actor.of(request), verb, study_id)


def body_of(request: Request) -> dict[str, Any]:
    """The request's JSON object. Raises Invalid for any other JSON."""
    if not isinstance(request.data, dict):
        raise Invalid("The body must be a JSON object.", field="body")
    return dict(request.data)


class Studies(APIView):
    @extend_schema(
        operation_id="studies_list",
        responses=page_of(StudySerializer),
        parameters=PAGE,
    )
    def get(self, request: Request) -> Response:
        """The studies that you own or that were shared with you, newest first. Published: publications."""
        return keyset_page(request, visible_to(Actor.of(request)), StudySerializer)

    @extend_schema(request=DocumentSerializer, responses={201: CreatedSerializer})
    def post(self, request: Request) -> Response:
        """Start a study; a document of its metadata may be given at once."""
        actor, document = Actor.of(request), body_of(request)
        with transaction.atomic():
            study = services.create_study(actor=actor)
            if document:
                documents.write(actor=actor, study=study, document=document)
        return Response(
            {"id": study.id, "revision": study.revision},
            status=201,
            headers={"Location": f"/api/v1/studies/{study.id}"},
        )


class OneStudy(APIView):
    @extend_schema(responses=StudySerializer)
    def get(self, request: Request, study_id: UUID) -> Response:
        """State, accession and version of a study that you may see."""
        return Response(StudySerializer(study_of(request, study_id)).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, study_id: UUID) -> Response:
        """Delete a draft that was never submitted, with its files."""
        services.delete_study(actor=Actor.of(request), study_id=study_of(request, study_id).id)
        return Response(status=204)


class Document(APIView):
    @extend_schema(responses=DocumentSerializer)
    def get(self, request: Request, study_id: UUID) -> Response:
        """All metadata of the study as one document."""
        return Response(documents.read(study_of(request, study_id)))

    @extend_schema(request=DocumentSerializer, responses=DocumentSerializer)
    def put(self, request: Request, study_id: UUID) -> Response:
        """Replace all metadata of the study in one step; refused as a whole, with every problem, if unreadable."""
        study = study_of(request, study_id, Verb.EDIT)
        documents.write(actor=Actor.of(request), study=study, document=body_of(request))
        return Response(documents.read(study))


class Findings(APIView):
    @extend_schema(responses=FindingSerializer(many=True))
    def get(self, request: Request, study_id: UUID) -> Response:
        """What is missing or wrong, each with the path of its field."""
        return Response(FindingSerializer(services.check(study_of(request, study_id)).findings, many=True).data)


class History(APIView):
    @extend_schema(responses={200: {"type": "array", "items": {"type": "object"}}})
    def get(self, request: Request, study_id: UUID) -> Response:
        """Who did what with the study, newest first (the last 200 steps)."""
        study = study_of(request, study_id)
        if Actor.of(request).person is None:  # a link shows the study, not who works on it
            raise NotAllowed("Sign in to see who did what with this study.")
        events = history(study.id)[:200]
        return Response([{"at": e.at, "who": e.actor_label, "verb": e.verb, "detail": e.detail} for e in events])


class _Module(APIView):
    """Shared by the views of one module; `module` is set by `module_urls`."""

    module = MODULES[0]

    def entities(self, study: Study) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = documents.read(study)[self.module.plural]
        return found

    def save(self, request: Request, study_id: UUID, entity_id: UUID | None) -> Response:
        values = body_of(request)
        revision = values.pop("revision", None)
        if revision is not None and type(revision) is not int:
            raise Invalid("The revision is a whole number, as the last save gave it.", field="revision")
        values.pop("id", None)
        saved = services.save_fields(
            actor=Actor.of(request),
            study_id=study_of(request, study_id, Verb.EDIT).id,
            module=self.module.key,
            entity_id=entity_id,
            values=values,
            revision=revision,
        )
        problems = [{"path": p.path, "message": p.message} for p in saved.problems]
        return Response({"revision": saved.revision, "problems": problems})


class StudyFields(_Module):
    @extend_schema(request=entity_serializer(MODULES[0]), responses=SavedSerializer, operation_id="study_save")
    def patch(self, request: Request, study_id: UUID) -> Response:
        """Save some of the study's own fields; give `revision` to be told (409) when somebody else saved meanwhile."""
        return self.save(request, study_id, None)


class _List(_Module):
    def get(self, request: Request, study_id: UUID) -> Response:
        return Response(self.entities(study_of(request, study_id)))

    def post(self, request: Request, study_id: UUID) -> Response:
        study = study_of(request, study_id, Verb.EDIT)
        values = {k: v for k, v in body_of(request).items() if k != "id"}
        entity_id = services.add_entity(
            actor=Actor.of(request), study_id=study.id, module=self.module.key, values=values
        )
        location = f"/api/v1/studies/{study.id}/{self.module.plural}/{entity_id}"
        return Response({"id": entity_id}, status=201, headers={"Location": location})


class _Item(_Module):
    def get(self, request: Request, study_id: UUID, entity_id: UUID) -> Response:
        for entity in self.entities(study_of(request, study_id)):
            if entity["id"] == str(entity_id):
                return Response(entity)
        raise NotFound(f"This study has no such {self.module.label.lower()}.")

    def patch(self, request: Request, study_id: UUID, entity_id: UUID) -> Response:
        return self.save(request, study_id, entity_id)

    def delete(self, request: Request, study_id: UUID, entity_id: UUID) -> Response:
        study = study_of(request, study_id, Verb.EDIT)
        services.remove_entity(actor=Actor.of(request), study_id=study.id, module=self.module.key, entity_id=entity_id)
        return Response(status=204)


def module_views(plural: str) -> tuple[type[APIView], type[APIView]]:
    """The list view and the item view of a repeated module, described for OpenAPI by its fields."""
    module = BY_PLURAL[plural]
    serializer = entity_serializer(module)
    list_view = type(f"{module.key.title()}List", (_List,), {"module": module})
    item_view = type(f"{module.key.title()}Item", (_Item,), {"module": module})
    describe = {
        (list_view, "get"): (f"{plural}_list", None, serializer(many=True), f"List: {module.plural_label}."),
        (list_view, "post"): (f"{module.key}_add", serializer, {201: CreatedSerializer}, f"Add: {module.help}"),
        (item_view, "get"): (f"{module.key}_get", None, serializer, f"One: {module.label}."),
        (item_view, "patch"): (f"{module.key}_save", serializer, SavedSerializer, f"Save some fields: {module.label}."),
        (item_view, "delete"): (f"{module.key}_remove", None, {204: None}, f"Remove: {module.label}."),
    }
    for (view, method), (operation, body, answer, text) in describe.items():
        base_method = getattr(_List if view is list_view else _Item, method)

        def handler(self: _Module, *args: Any, _do: Any = base_method, **kwargs: Any) -> Response:
            return _do(self, *args, **kwargs)  # type: ignore[no-any-return]

        handler.__name__ = method
        described = extend_schema(operation_id=operation, request=body, responses=answer, description=text)(handler)
        setattr(view, method, described)
    return list_view, item_view
