"""Who set what when, and what differs between two moments or versions."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from base.errors import Invalid, NotAllowed, Problem
from catalogue import history
from catalogue.access import Actor
from catalogue.models import Study
from portal.api.paging import PAGE, next_link, page_after, page_limit
from portal.api.studies import study_of
from portal.public.changes import changes_of

ANY: Any = {200: {"type": "object"}}


def _study(request: Request, study_id: UUID) -> Study:
    study = study_of(request, study_id)
    if Actor.of(request).person is None:  # a link shows the study, not who works on it
        raise NotAllowed("Sign in to see who did what with this study.")
    return study


class Changes(APIView):
    @extend_schema(responses=ANY, parameters=[*PAGE, OpenApiParameter("path", str), OpenApiParameter("who", str)])
    def get(self, request: Request, study_id: UUID) -> Response:
        """What was done with the study, newest first, with each field that it changed, by word; `path` (of a field, a
        row or a module) and `who` (a person's id) narrow it."""
        study = _study(request, study_id)
        path, who = request.query_params.get("path", "")[:200], request.query_params.get("who", "")
        limit, after = page_limit(request), page_after(request)
        found = history.events(study, path=path, who=_uuid(who) if who else None)
        rows = list((found.filter(pk__lt=after) if after else found)[: limit + 1])
        items = [history.read_event(row, path) for row in rows[:limit]]
        answered = [
            {"id": it.id, "at": it.at, "who": it.who, "verb": it.verb, "fields": [asdict(one) for one in it.fields]}
            for it in items
        ]
        return Response(
            {"items": answered, "next": next_link(request, rows[limit - 1].pk) if len(rows) > limit else None}
        )


class Diff(APIView):
    @extend_schema(responses=ANY, parameters=[OpenApiParameter("from", str), OpenApiParameter("to", str)])
    def get(self, request: Request, study_id: UUID) -> Response:
        """What differs between two rounds (`v1r2`), or one and the study as it is (`now`); without a choice, the newest
        two. `points` lists those that there are."""
        study = _study(request, study_id)
        keys = [point.key for point in history.points(study)]
        before, latest = history.last_two(study)
        old, new = request.query_params.get("from") or before, request.query_params.get("to") or latest
        changes = [asdict(one) for one in history.compare(study, old, new)]
        return Response({"from": old, "to": new, "points": keys, "changes": changes})


class PublishedChanges(APIView):
    @extend_schema(responses=ANY, parameters=[OpenApiParameter("from", int)])
    def get(self, request: Request, accession: str, version: int) -> Response:
        """What a published version changed from the one before it, or from the version `from`."""
        found = changes_of(accession, version, request.query_params.get("from", ""))
        return Response(
            {
                "from": found.old.version,
                "to": found.new.version,
                "changes": [asdict(one) for one in found.metadata],
                "members": [asdict(one) for one in found.members],
            }
        )


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Invalid("There is no such person.", problems=[Problem("who", "It is a person's id.")]) from None
