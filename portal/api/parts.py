"""What files offer for the form, copying from other studies, and lab templates."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from base.errors import NotAllowed
from catalogue import documents, services
from catalogue.access import Actor, Verb, study_for
from catalogue.exchange.dossier import Document
from catalogue.exchange.merge import Merged, Mode
from catalogue.models import FieldSource, LabTemplate, Suggestion
from catalogue.rules.rembi import MODULES
from catalogue.services import lab_templates
from catalogue.services.copying import Origin, digest, part_of
from portal.api.studies import study_of

State = Suggestion.State


class SuggestionSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    module = serializers.CharField()
    field = serializers.CharField()
    text = serializers.CharField()
    said_by = serializers.CharField(source="source", help_text="Which file says so, and where in it.")


class TakeSerializer(serializers.Serializer[Any]):
    entity = serializers.UUIDField(
        required=False, allow_null=True, help_text="Into this row of the module; without it, into a new one."
    )


class Suggestions(APIView):
    @extend_schema(responses=SuggestionSerializer(many=True))
    def get(self, request: Request, study_id: UUID) -> Response:
        """Values for form fields that the image files answer."""
        offered = study_of(request, study_id).suggestions.filter(state=State.OFFERED).order_by("pk")
        return Response(SuggestionSerializer(offered, many=True).data)


class TakeSuggestion(APIView):
    @extend_schema(request=TakeSerializer, responses=inline_serializer("Taken", {"entity": serializers.UUIDField()}))
    def post(self, request: Request, study_id: UUID, suggestion_id: int) -> Response:
        """Write the offered value into its field."""
        body = TakeSerializer(data=request.data or {})
        body.is_valid(raise_exception=True)
        entity_id = services.take_suggestion(
            actor=Actor.of(request),
            study_id=study_of(request, study_id, Verb.EDIT).pk,
            suggestion_id=suggestion_id,
            entity_id=body.validated_data.get("entity"),
        )
        return Response({"entity": entity_id})


class DismissSuggestion(APIView):
    @extend_schema(request=None, responses={204: None})
    def post(self, request: Request, study_id: UUID, suggestion_id: int) -> Response:
        """Offer this value no more."""
        study = study_of(request, study_id, Verb.EDIT)
        services.dismiss_suggestion(actor=Actor.of(request), study_id=study.pk, suggestion_id=suggestion_id)
        return Response(status=204)


class CopySerializer(serializers.Serializer[Any]):
    study = serializers.UUIDField(required=False, help_text="Copy from this study, or")
    template = serializers.UUIDField(required=False, help_text="from this lab template.")
    paths = serializers.ListField(
        child=serializers.CharField(max_length=200), required=False, help_text="What of it: module or module/id. All."
    )
    mode = serializers.ChoiceField(choices=[Mode.FILL.value, Mode.UPDATE.value], default=Mode.FILL.value)
    shown = serializers.CharField(required=False, help_text="To do it: the digest that the preview gave.")

    def validate(self, given: Any) -> Any:
        if ("study" in given) == ("template" in given):
            raise serializers.ValidationError("Name a study or a template to copy from.")
        return given


class Copy(APIView):
    @extend_schema(
        request=CopySerializer,
        responses=inline_serializer(
            "Copied",
            {
                "shown": serializers.CharField(),
                "changes": serializers.ListField(child=serializers.DictField()),
                "done": serializers.BooleanField(),
            },
        ),
    )
    def post(self, request: Request, study_id: UUID) -> Response:
        """Without `shown`: what copying would change. With it: do that, if nothing was changed since."""
        actor = Actor.of(request)
        study_of(request, study_id, Verb.EDIT)
        body = CopySerializer(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        document, origin = _from(actor, given)
        part = part_of(document, given["paths"]) if "paths" in given else document
        mode = Mode(given["mode"])
        merged: Merged = services.preview_copy(actor=actor, study_id=study_id, part=part, mode=mode)
        answer = {
            "shown": digest(merged),
            "changes": [{"path": one.path, "old": one.old, "new": one.new} for one in merged.changes],
            "done": "shown" in given,
        }
        if "shown" in given:
            services.apply_copy(
                actor=actor, study_id=study_id, part=part, mode=mode, shown=given["shown"], origin=origin,
                taken={one.path for one in merged.changes},
            )  # fmt: skip
        return Response(answer)


def _from(actor: Actor, given: dict[str, Any]) -> tuple[Document, Origin]:
    if "template" in given:
        template = lab_templates.template_for(actor, given["template"])
        whole: Document = {module.plural: [] if module.repeated else {} for module in MODULES}
        return whole | lab_templates.document_of(template), (FieldSource.Kind.TEMPLATE, template.name)
    study = study_for(actor, Verb.VIEW, given["study"])
    return documents.read(study), (FieldSource.Kind.COPY, study.title or str(study.pk))


class TemplateSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    owner = serializers.CharField(source="owner.name")
    group = serializers.UUIDField(source="group_id", allow_null=True)


class NewTemplateSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=200)
    study = serializers.UUIDField(help_text="Take the parts from this study.")
    paths = serializers.ListField(child=serializers.CharField(max_length=200), min_length=1)
    group = serializers.UUIDField(required=False, allow_null=True, help_text="Share it with this group.")


class ChangedTemplateSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=200)
    group = serializers.UUIDField(allow_null=True, default=None)


class _Signed(APIView):
    """Templates are people's own."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if Actor.of(request).person is None:
            raise NotAllowed("Sign in, or send an API token, to use lab templates.")


class Templates(_Signed):
    @extend_schema(responses=TemplateSerializer(many=True))
    def get(self, request: Request) -> Response:
        """Lab templates that are yours or shared with a group of yours."""
        found = services.templates_for(Actor.of(request)).order_by("name", "pk")
        return Response(TemplateSerializer(found, many=True).data)

    @extend_schema(request=NewTemplateSerializer, responses={201: TemplateSerializer})
    def post(self, request: Request) -> Response:
        """Save parts of a study under a name, to fill other studies from."""
        body = NewTemplateSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        made = services.save_template(
            actor=Actor.of(request), study_id=given["study"], name=given["name"], paths=given["paths"],
            group_id=given.get("group"),
        )  # fmt: skip
        return Response(TemplateSerializer(made).data, status=201)


class OneTemplate(_Signed):
    def _found(self, request: Request, template_id: UUID) -> LabTemplate:
        return lab_templates.template_for(Actor.of(request), template_id)

    @extend_schema(responses=inline_serializer("TemplateContents", {"document": serializers.DictField()}))
    def get(self, request: Request, template_id: UUID) -> Response:
        """What a lab template holds, as part of a document."""
        return Response({"document": lab_templates.document_of(self._found(request, template_id))})

    @extend_schema(request=ChangedTemplateSerializer, responses=TemplateSerializer)
    def put(self, request: Request, template_id: UUID) -> Response:
        """Rename a template of yours, or share it with another group."""
        body = ChangedTemplateSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        changed = services.change_template(
            actor=Actor.of(request), template_id=template_id, name=given["name"], group_id=given["group"]
        )
        return Response(TemplateSerializer(changed).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, template_id: UUID) -> Response:
        """Delete a template of yours; what was filled from it stays."""
        services.delete_template(actor=Actor.of(request), template_id=template_id)
        return Response(status=204)
