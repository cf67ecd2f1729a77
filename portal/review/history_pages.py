"""Who set what when, and what differs between two moments of a study."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from base.errors import Invalid, NotAllowed
from catalogue import history
from catalogue.access import Actor, Verb, study_for
from catalogue.history import Event, Point
from catalogue.models import Study
from catalogue.paths import parse
from catalogue.rules.rembi import BY_KEY, MODULES
from catalogue.services.notices import where
from portal.deposit.history import Line, line_of


@dataclass(frozen=True)
class Shown:
    """An event with its sentence."""

    event: Event
    line: Line


@login_required
@require_safe
def study_history(request: HttpRequest, study_id: UUID) -> HttpResponse:
    """All that was done with a study, newest first; of one field, part or person if asked; pages go on after an id."""
    study = _study(request, study_id)
    path, who = request.GET.get("path", "")[:200], request.GET.get("who", "")
    only = "1" if request.GET.get("only") else ""
    found = history.events(
        study, path=path if _is_path(path) else "", who=_uuid(who) if who else None, only_fields=bool(only)
    )
    if after := request.GET.get("after", ""):
        found = found.filter(pk__lt=_uuid(after))
    rows = list(found[: history.PAGE + 1])
    shown = [Shown(history.read_event(row, path), line_of(row)) for row in rows[: history.PAGE]]
    kept = {name: value for name, value in (("path", path), ("who", who), ("only", only)) if value}
    context = {
        "study": study,
        "shown": shown,
        "path": path,
        "where": where(path) if path and _is_path(path) else "",
        "who": who,
        "only": only,
        "people": history.people(study),
        "parts": [(module.key, module.plural_label) for module in MODULES],
        "next_url": f"?{urlencode({**kept, 'after': rows[history.PAGE - 1].pk})}" if len(rows) > history.PAGE else "",
        "previous_url": f"?{urlencode(kept)}" if after else "",
        "can_compare": len(history.points(study)) > 1,
    }
    return render(request, "review/history.html", context)


@login_required
@require_safe
def diff(request: HttpRequest, study_id: UUID, side: str) -> HttpResponse:
    """What differs between two rounds, or a round and now: without a choice, the newest two."""
    study = _study(request, study_id)
    points = history.points(study)
    before, latest = history.last_two(study)
    old, new = request.GET.get("from") or before, request.GET.get("to") or latest
    context = {
        "study": study,
        "points": [(point.key, _label(point)) for point in points],
        "old": old,
        "new": new,
        "changes": history.compare(study, old, new),
        "back": reverse("review-study" if side == "review" else "deposit-history", args=[study_id]),
        "side": side,
    }
    return render(request, "review/diff.html", context)


def _label(point: Point) -> str:
    if point.round is None:
        return _("as it is now")
    words: dict[str, Any] = {"version": point.round.version, "number": point.round.number,
                             "day": f"{point.round.submitted_at:%Y-%m-%d}"}  # fmt: skip
    return _("version %(version)d, round %(number)d, sent %(day)s") % words


def _study(request: HttpRequest, study_id: UUID) -> Study:
    actor = Actor.of(request)
    study = study_for(actor, Verb.VIEW, study_id)
    if actor.person is None:  # a link shows the study, not who works on it
        raise NotAllowed(_("Sign in to see who did what with this study."))
    return study


def _is_path(text: str) -> bool:
    try:
        return bool(text) and parse(text).module in BY_KEY
    except ValueError:
        return False


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Invalid(_("This page cannot be found. Go back to the first one."), field="after") from None
