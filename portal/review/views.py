"""Pages of the curators."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_POST, require_safe

from base.audit import history
from base.errors import Conflict, Invalid
from catalogue import services
from catalogue.access import Actor, Verb, study_for
from catalogue.models import Comment, Image, ReviewRound, Study
from catalogue.paths import html_id
from catalogue.rules.fields import Module
from catalogue.rules.rembi import MODULES
from portal.deposit.forms import EntityForm, Marks, entity_form
from portal.deposit.marks import Desk, desk_of
from publishing.services import approve as publish

PAGE = 50
AGES = {"2": _lazy("over two days ago"), "7": _lazy("over a week ago"), "30": _lazy("over a month ago")}
SHOWN_IMAGES = 24


@dataclass(frozen=True)
class Section:
    """A module as curators read it."""

    module: Module
    forms: list[EntityForm]


@login_required
@require_safe
def queue(request: HttpRequest) -> HttpResponse:
    """The studies that wait for a decision, the longest waiting first."""
    actor = Actor.of(request)
    text = request.GET.get("q", "").strip()[:200]
    state = request.GET.get("state", "")
    days = request.GET.get("days", "")
    rounds = services.queue(actor=actor)
    if state == "decided":
        rounds = ReviewRound.objects.filter(decided_by=actor.person).select_related("study", "submitted_by")
    if text:
        rounds = rounds.filter(Q(study__title__icontains=text) | Q(study__accession__iexact=text))
    if days in AGES:
        rounds = rounds.filter(submitted_at__lt=timezone.now() - timedelta(days=int(days)))
    if after := request.GET.get("after", ""):
        rounds = rounds.filter(pk__gt=_uuid(after))
    open_comments = Count("study__comments", Q(study__comments__resolved_at=None))
    rows = list(rounds.annotate(open_comments=open_comments).order_by("pk")[: PAGE + 1])
    more = urlencode({"q": text, "state": state, "days": days, "after": rows[PAGE - 1].pk}) if len(rows) > PAGE else ""
    context = {"rounds": rows[:PAGE], "more": more, "q": text, "state": state, "days": days, "ages": AGES}
    return render(request, "review/queue.html", context)


@login_required
@require_safe
def study(request: HttpRequest, study_id: UUID) -> HttpResponse:
    """A study with all its values in the order of the forms, and a margin for comments beside each."""
    actor = Actor.of(request)
    found = study_for(actor, Verb.REVIEW, study_id)
    desk = desk_of(found, actor)
    rounds = list(
        ReviewRound.objects.filter(study=found)
        .select_related("submitted_by", "decided_by")
        .order_by("-version", "-number")
    )
    images = Image.objects.filter(study=found).select_related("pixels", "component").order_by("id")
    context = {
        "study": found,
        "desk": desk,
        "sections": _sections(desk),
        "rounds": rounds,
        "changed": _changed_since(found, rounds),
        "images": images[:SHOWN_IMAGES],
        "image_count": images.count(),
        "open_comments": desk.comments,
        "study_comments": desk.marks.comments.get("", ()),
        "note": request.GET.get("note", ""),
        "comment_on": request.GET.get("comment", ""),
    }
    return render(request, "review/study.html", context)


def _sections(desk: Desk) -> list[Section]:
    marks = Marks(desk.marks.problems, desk.marks.comments, {}, desk.marks.targets, editable=False)
    return [Section(module, _forms(module, desk.document, marks)) for module in MODULES]


def _forms(module: Module, document: Mapping[str, Any], marks: Marks) -> list[EntityForm]:
    rows = document[module.plural] if module.repeated else [document[module.key]]
    return [entity_form(module, row, 0, marks) for row in rows]


def _changed_since(study: Study, rounds: list[ReviewRound]) -> set[str]:
    """Paths of the fields that changed since the curators last decided on the study."""
    decided = [one.decided_at for one in rounds if one.decided_at]
    if not decided:
        return set()
    events = history(study.pk).filter(at__gt=max(decided), verb__in=("changed", "added"))[:1000]
    paths: set[str] = set()
    for event in events:
        paths.update(str(change[0]) for change in event.detail.get("changes", []) if change)
        paths.update([event.detail["path"]] if event.detail.get("path") else [])
    return paths


@login_required
@require_POST
def comment(request: HttpRequest, study_id: UUID) -> HttpResponse:
    actor = Actor.of(request)
    study_for(actor, Verb.REVIEW, study_id)  # withdrawn or decided meanwhile: say that
    path = request.POST.get("path", "")
    try:
        services.comment(actor=actor, study_id=study_id, path=path, text=request.POST.get("text", ""))
    except Invalid as error:
        messages.error(request, str(error))
    return redirect(_address(study_id, path))


@login_required
@require_POST
def resolve(request: HttpRequest, study_id: UUID, comment_id: UUID) -> HttpResponse:
    actor = Actor.of(request)
    study_for(actor, Verb.REVIEW, study_id)
    made: Comment = services.resolve_comment(actor=actor, comment_id=comment_id)
    return redirect(_address(study_id, made.path))


@login_required
@require_POST
def return_(request: HttpRequest, study_id: UUID) -> HttpResponse:
    """Send the study back with requests."""
    actor = Actor.of(request)
    try:
        services.return_to_depositor(actor=actor, study_id=study_id, note=request.POST.get("note", ""))
    except Invalid as error:
        messages.error(request, str(error))
        return redirect(_address(study_id, ""))
    messages.success(request, _("The study is back with its depositor, with your comments at the fields."))
    return redirect("review-queue")


@login_required
@require_POST
def approve(request: HttpRequest, study_id: UUID) -> HttpResponse:
    """Publish the study's version."""
    actor = Actor.of(request)
    try:
        publication = publish(actor=actor, study_id=study_id, note=request.POST.get("note", ""))
    except (Invalid, Conflict) as error:
        study_for(actor, Verb.REVIEW, study_id)  # withdrawn or decided meanwhile: say that instead
        messages.error(request, str(error))
        return redirect(_address(study_id, ""))
    if publication is None:
        messages.success(request, _("The study is approved. It stays private until the day its depositor chose."))
        return redirect("review-queue")
    text = _("%(accession)s version %(version)d is published.")
    messages.success(request, text % {"accession": publication.accession, "version": publication.version})
    return redirect("study-version", publication.accession, publication.version)


def _address(study_id: UUID, path: str) -> str:
    return reverse("review-study", args=[study_id]) + (f"#{html_id(path)}" if path else "#decision")


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Invalid(_("This page cannot be found. Go back to the first one."), field="after") from None
