"""A study as curators read it: all values in the order of the forms, with a margin at each, and the decision beside."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from catalogue import history
from catalogue.access import Actor, Verb, study_for
from catalogue.differences import changed_paths
from catalogue.models import ChecklistMark, Comment, Image, ReviewRound, Study, SuggestedEdit
from catalogue.paths import html_id
from catalogue.rules.checklist import CHECKLIST, Point
from catalogue.rules.fields import Module
from catalogue.rules.rembi import MODULES
from catalogue.services.mapping import count_unmapped
from catalogue.services.notices import where
from catalogue.services.review import curators
from portal.deposit.forms import EntityForm, FormField, Marks, entity_form
from portal.deposit.marks import Desk, desk_of
from publishing.services import public_from

SHOWN_IMAGES = 24
SHOWN_SETTLED = 100


@dataclass(frozen=True)
class ReviewField:
    """A field with whether it changed, and the cells of it for which a value can be suggested."""

    form: FormField
    is_changed: bool
    cells: list[tuple[str, str]]


@dataclass(frozen=True)
class ReviewEntity:
    form: EntityForm
    fields: list[ReviewField]


@dataclass(frozen=True)
class Section:
    """A module as curators read it."""

    module: Module
    entities: list[ReviewEntity]


@dataclass(frozen=True)
class CheckPoint:
    """A point of the checklist, what was found in this round, and in the one before."""

    point: Point
    mark: ChecklistMark | None
    before: ChecklistMark | None


@dataclass(frozen=True)
class Settled:
    """A thread that is settled, or a suggestion that was answered."""

    label: str
    anchor: str
    comment: Comment | None = None
    edit: SuggestedEdit | None = None


@login_required
@require_safe
def study(request: HttpRequest, study_id: UUID) -> HttpResponse:
    """A study with all its values, and a margin for comments and suggestions beside each."""
    actor = Actor.of(request)
    found = study_for(actor, Verb.REVIEW, study_id)
    desk = desk_of(found, actor)
    rounds = list(
        ReviewRound.objects.filter(study=found)
        .select_related("submitted_by", "decided_by", "assignee", "study")
        .order_by("-version", "-number")
    )
    current = rounds[0]
    changed = changed_paths(history.changed_since(found, current, dict(desk.document)))
    images = Image.objects.filter(study=found).select_related("pixels", "component").order_by("id")
    points = check_points(rounds)
    context = {
        "study": found,
        "desk": desk,
        "sections": _sections(desk, changed),
        "rounds": rounds,
        "round": current,
        "changed_count": len(changed),
        "can_compare": len(history.points(found)) > 2,
        "images": images[:SHOWN_IMAGES],
        "image_count": images.count(),
        "study_comments": desk.marks.comments.get("", ()),
        "open_edits": sum(map(len, desk.marks.edits.values())),
        "settled": _settled(found),
        "checklist": points,
        "unchecked": sum(it.mark is None for it in points),
        "states": ChecklistMark.State.choices,
        "curators": curators(actor=actor, study=found),
        "public_from": public_from(found),
        "unmapped": count_unmapped(actor=actor, study_id=study_id),
    }
    return render(request, "review/study.html", context)


def check_points(rounds: list[ReviewRound]) -> list[CheckPoint]:
    """The checklist of the newest of these rounds."""
    marks: dict[tuple[str, UUID], ChecklistMark] = {
        (mark.point, mark.round_id): mark
        for mark in ChecklistMark.objects.filter(round__in=rounds[:2]).select_related("marked_by")
    }
    before = rounds[1].pk if len(rounds) > 1 else rounds[0].pk
    return [
        CheckPoint(
            point,
            marks.get((point.key, rounds[0].pk)),
            marks.get((point.key, before)) if before != rounds[0].pk else None,
        )
        for point in CHECKLIST
    ]


def _sections(desk: Desk, changed: set[str]) -> list[Section]:
    marks = Marks(desk.marks.problems, desk.marks.comments, desk.marks.edits, {}, desk.marks.targets, editable=False)
    return [Section(module, _entities(module, desk.document, marks, changed)) for module in MODULES]


def _entities(module: Module, document: Mapping[str, Any], marks: Marks, changed: set[str]) -> list[ReviewEntity]:
    rows = document[module.plural] if module.repeated else [document[module.key]]
    found = []
    for row in rows:
        form = entity_form(module, row, 0, marks)
        found.append(ReviewEntity(form, [ReviewField(it, it.path in changed, _cells(it)) for it in form.fields]))
    return found


def _cells(one: FormField) -> list[tuple[str, str]]:
    """Path and words of each cell of a table; of a plain field there are none."""
    return [
        (cell.path, f"{number} · {cell.field.label}: {cell.text[:60]}")
        for number, row in enumerate(one.rows[:-1], start=1)  # the last one is the empty row of the form
        for cell in row
        if cell.field.kind.value != "reference"
    ]


def _settled(study: Study) -> list[Settled]:
    """The newest threads that are settled and suggestions that were answered."""
    comments = (
        Comment.objects.filter(study=study, parent=None, resolved_at__isnull=False)
        .select_related("author", "resolved_by")
        .prefetch_related("replies__author")
        .order_by("-resolved_at")
    )
    edits = (
        SuggestedEdit.objects.filter(study=study)
        .exclude(state=SuggestedEdit.State.OPEN)
        .select_related("author", "settled_by")
        .order_by("-settled_at")
    )
    return [
        *(Settled(where(it.path), html_id(it.path) if it.path else "", comment=it) for it in comments[:SHOWN_SETTLED]),
        *(Settled(where(it.path), html_id(it.path), edit=it) for it in edits[:SHOWN_SETTLED]),
    ]
