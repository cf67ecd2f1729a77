"""Pages of the deposit that fill in metadata. Each POST is one service call; a script gets JSON, a browser a page."""

from dataclasses import asdict
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from base.errors import Invalid, NotFound
from catalogue import documents, services
from catalogue.access import Actor, Verb, may, study_for, visible_to
from catalogue.models import ReviewRound, Study, Suggestion
from catalogue.paths import html_id
from catalogue.registry import module_of
from catalogue.rules.fields import Module
from catalogue.rules.titles import title_of
from catalogue.services.seen import digests
from portal.deposit import files_page
from portal.deposit.forms import entity_form, long_lists, seen_from, values_from
from portal.deposit.history import lines_of
from portal.deposit.marks import Desk, FindingLink, Folded, desk_of, fold
from portal.deposit.sections import section_of
from portal.deposit.steps import BY_STEP, STEP_OF_MODULE, STEPS, Step
from portal.deposit.texts import TEXTS
from portal.ids import uuid_or_not_found
from portal.public.studies import CARDS, PLATES, study_context
from publishing import record
from publishing.services import public_from

PAGE = 50
REMOVED = "removed"  # in the session: the last row that was removed, until another one is


@login_required
@require_safe
def my_studies(request: HttpRequest) -> HttpResponse:
    """The studies that one may edit or was given to see, newest first; pages continue after the last one's id."""
    actor = Actor.of(request)
    studies = visible_to(actor).filter(pk__in=visible_to(actor)).select_related("owner")
    if actor.person is not None and actor.person.is_curator:
        studies = studies.filter(owner=actor.person)
    if after := request.GET.get("after"):
        studies = studies.filter(pk__lt=uuid_or_not_found(after))
    rows = list(studies.order_by("-pk")[: PAGE + 1])
    more = rows[PAGE - 1].pk if len(rows) > PAGE else None
    return render(request, "deposit/my_studies.html", {"studies": rows[:PAGE], "more": more})


@login_required
@require_POST
def start(request: HttpRequest) -> HttpResponse:
    study = services.create_study(actor=Actor.of(request), title=request.POST.get("title", "").strip())
    return redirect("deposit-step", study.pk, STEPS[0].key)


@login_required
@require_safe
def first_step(request: HttpRequest, study_id: UUID) -> HttpResponse:
    return redirect("deposit-step", study_id, STEPS[0].key)


@login_required
@require_safe
def step(request: HttpRequest, study_id: UUID, key: str) -> HttpResponse:
    """One step of the deposit: its forms, and beside them what is missing in all of them."""
    if key not in BY_STEP:
        raise NotFound(_("The deposit has no such step."))
    actor = Actor.of(request)
    study = study_for(actor, Verb.VIEW, study_id)
    desk = desk_of(study, actor)
    context = _frame(actor, desk, key)
    if key == "files":
        context |= files_page.context(request, desk)
    elif key == "check":
        context |= _check_context(actor, desk)
    else:
        context["sections"] = [section_of(module, desk, request) for module in BY_STEP[key].modules]
        context["removed"] = _removed(request, study, key)
        context["long_lists"] = long_lists(BY_STEP[key].modules, desk.marks)
    template = key if key in {"files", "check"} else "step"
    return render(request, f"deposit/{template}.html", context)


def _frame(actor: Actor, desk: Desk, key: str) -> dict[str, Any]:
    """What every step shows around its middle."""
    keys = [step.key for step in STEPS]
    place = keys.index(key)
    last = (
        ReviewRound.objects.filter(study=desk.study)
        .select_related("decided_by")
        .order_by("-version", "-number")
        .first()
    )
    return {
        "study": desk.study,
        "desk": desk,
        "step": BY_STEP[key],
        "previous": STEPS[place - 1] if place else None,
        "next": STEPS[place + 1] if place + 1 < len(STEPS) else None,
        "editable": desk.marks.editable,
        "may_submit": may(actor, Verb.SUBMIT, desk.study),
        "may_manage": may(actor, Verb.MANAGE, desk.study),
        "last_round": last,
        "public_from": public_from(desk.study),
        "study_comments": desk.marks.comments.get("", ()),
        "texts": TEXTS,
    }


def _removed(request: HttpRequest, study: Study, step_key: str) -> str:
    """What the row is called whose removal can be taken back on this step; nothing if there is none."""
    kept = request.session.get(REMOVED)
    if not kept or kept["study"] != str(study.pk) or STEP_OF_MODULE[kept["row"]["module"]] != step_key:
        return ""
    module = module_of(kept["row"]["module"])
    return title_of(module, kept["row"]["values"]) or module.label


def _by_step(desk: Desk, findings: list[FindingLink]) -> list[tuple[Step, list[Folded]]]:
    groups = [(mark.step, fold(one for one in findings if one.step is mark.step)) for mark in desk.steps]
    return [(step, found) for step, found in groups if found]


def _check_context(actor: Actor, desk: Desk) -> dict[str, Any]:
    return {
        "required": _by_step(desk, desk.required),
        "recommended": _by_step(desk, desk.recommended),
        "lines": lines_of(desk.study),
    }


@login_required
@require_safe
def preview(request: HttpRequest, study_id: UUID) -> HttpResponse:
    """The study as it would look if it were published now; computed for this request and kept nowhere."""
    actor = Actor.of(request)
    study = study_for(actor, Verb.VIEW, study_id)
    images = record.draft_images_of(study, actor, limit=CARDS)
    context = study_context(record.of_draft(study, actor), images) | {
        "draft": study,
        "plates": record.draft_plates_of(study, actor, limit=PLATES + 1),
        "plates_base": reverse("deposit", args=[study_id]) + "/plates",
    }
    response = render(request, "deposit/preview.html", context)
    response["Cache-Control"] = "private, no-store"
    return response


@login_required
@require_POST
def save(request: HttpRequest, study_id: UUID, module_key: str, entity_id: UUID | None = None) -> HttpResponse:
    """Save the fields that were posted. Without a script the page comes back at the form; with one, JSON does."""
    module = _module(module_key)
    revision = request.POST.get("revision", "")
    try:
        saved = services.save_fields(
            actor=Actor.of(request),
            study_id=study_id,
            module=module.key,
            entity_id=entity_id,
            values=values_from(module, request.POST),
            revision=int(revision) if revision.isascii() and revision.isdecimal() and len(revision) < 10 else None,
            seen=seen_from(request.POST),
        )
    except services.StaleRevision as stale:
        return _stale(request, study_id, module, entity_id, stale)
    if wants_json(request):
        return JsonResponse(
            {
                "revision": saved.revision,
                "problems": [{"path": p.path, "id": html_id(p.path), "message": p.message} for p in saved.problems],
                "saved_at": f"{timezone.now():%H:%M} UTC",
                "theirs": saved.theirs,
                "seen": digests(module, saved.values | saved.theirs),
            }
        )
    for problem in saved.problems:
        messages.warning(request, problem.message)
    messages.success(request, _("Saved."))
    return back_to(study_id, module, entity_id)


def _stale(
    request: HttpRequest, study_id: UUID, module: Module, entity_id: UUID | None, stale: services.StaleRevision
) -> HttpResponse:
    """What was typed is shown again beside what the other one saved; sending it again saves it over."""
    if wants_json(request):
        seen = digests(module, stale.values)
        answer = {"message": str(stale), "revision": stale.revision, "values": stale.values, "seen": seen}
        return JsonResponse(answer, status=409)
    actor = Actor.of(request)
    desk = desk_of(study_for(actor, Verb.VIEW, study_id), actor)
    rows = desk.document[module.plural] if module.repeated else [desk.document[module.key]]
    stored = next(row for row in rows if row.get("id", "") == (str(entity_id) if entity_id else ""))
    mine = stored | values_from(module, request.POST) | stale.theirs
    theirs = entity_form(module, stored, stale.revision, desk.marks)
    context = _frame(actor, desk, STEP_OF_MODULE[module.key]) | {
        "message": str(stale),
        "form": entity_form(module, mine, stale.revision, desk.marks, stored),
        "theirs": [one for one in theirs.fields if one.field.name in stale.values],
    }
    return render(request, "deposit/conflict.html", context, status=409)


@login_required
@require_POST
def add(request: HttpRequest, study_id: UUID, module_key: str) -> HttpResponse:
    module = _module(module_key)
    entity_id = services.add_entity(
        actor=Actor.of(request), study_id=study_id, module=module.key, values=values_from(module, request.POST)
    )
    return back_to(study_id, module, entity_id)


@login_required
@require_POST
def affiliation(request: HttpRequest, study_id: UUID, entity_id: UUID) -> HttpResponse:
    """A new organisation, by its name, as one where a person works."""
    actor = Actor.of(request)
    name = request.POST.get("name", "").strip()
    people = documents.read(study_for(actor, Verb.EDIT, study_id))["contributors"]
    person = next((one for one in people if one["id"] == str(entity_id)), None)
    if person is None:
        raise NotFound(_("This person is not in the study any more."))
    if name:
        common: dict[str, Any] = {"actor": actor, "study_id": study_id}
        organisation = services.add_entity(**common, module="organisation", values={"name": name})
        rows = [*person["affiliations"], {"organisation": str(organisation)}]
        values = {"affiliations": rows}
        services.save_fields(**common, module="contributor", entity_id=entity_id, values=values, revision=None)
    return back_to(study_id, _module("contributor"), entity_id)


@login_required
@require_POST
def change_entity(request: HttpRequest, study_id: UUID, module_key: str, entity_id: UUID, verb: str) -> HttpResponse:
    """Copy, move or remove one row of a module."""
    module = _module(module_key)
    common: dict[str, Any] = {
        "actor": Actor.of(request),
        "study_id": study_id,
        "module": module.key,
        "entity_id": entity_id,
    }
    if verb == "copy":
        return back_to(study_id, module, services.copy_entity(**common))
    if verb == "remove":
        removed = services.remember(**common)
        services.remove_entity(**common)
        request.session[REMOVED] = {"study": str(study_id), "row": asdict(removed)}
        return back_to(study_id, module, None)
    services.move_entity(**common, position=_position(request))
    return back_to(study_id, module, entity_id)


@login_required
@require_POST
def restore(request: HttpRequest, study_id: UUID) -> HttpResponse:
    """Take back the last removal."""
    kept = request.session.pop(REMOVED, None)
    if not kept or kept["study"] != str(study_id):
        raise NotFound(_("There is nothing to take back any more."))
    removed = services.Removed(**kept["row"])
    entity_id = services.restore_entity(actor=Actor.of(request), study_id=study_id, removed=removed)
    messages.success(request, _("It is back."))
    return back_to(study_id, module_of(removed.module), entity_id)


@login_required
@require_POST
def suggestion(request: HttpRequest, study_id: UUID, suggestion_id: int) -> HttpResponse:
    """Take a value that the files gave into a field, or dismiss it."""
    actor = Actor.of(request)
    study = study_for(actor, Verb.EDIT, study_id)
    one = Suggestion.objects.filter(study=study, pk=suggestion_id).first()
    if one is None:
        raise NotFound(_("This suggestion is gone."))
    entity = request.POST.get("entity", "")
    if request.POST.get("take"):
        services.take_suggestion(
            actor=actor,
            study_id=study.pk,
            suggestion_id=one.pk,
            entity_id=uuid_or_not_found(entity) if entity else None,
        )
    else:
        services.dismiss_suggestion(actor=actor, study_id=study.pk, suggestion_id=one.pk)
    return back_to(study_id, _module(one.module), uuid_or_not_found(entity) if entity else None)


@login_required
@require_POST
def submit(request: HttpRequest, study_id: UUID) -> HttpResponse:
    try:
        services.submit(actor=Actor.of(request), study_id=study_id)
    except Invalid as error:
        messages.error(request, str(error))
        return redirect("deposit-step", study_id, "check")
    study = Study.objects.get(pk=study_id)
    text = _("Sent to the curators. The study has the accession %(accession)s, which stays for ever.")
    messages.success(request, text % {"accession": study.accession})
    return redirect("deposit-step", study_id, "check")


@login_required
@require_POST
def withdraw(request: HttpRequest, study_id: UUID) -> HttpResponse:
    services.withdraw(actor=Actor.of(request), study_id=study_id)
    messages.success(request, _("The study is yours again; the curators no longer see it in their queue."))
    return redirect("deposit-step", study_id, "check")


@login_required
@require_POST
def new_version(request: HttpRequest, study_id: UUID) -> HttpResponse:
    services.start_new_version(actor=Actor.of(request), study_id=study_id)
    messages.success(request, _("You can correct the study now. What is published stays as it is."))
    return redirect("deposit-step", study_id, STEPS[0].key)


@login_required
@require_POST
def delete(request: HttpRequest, study_id: UUID) -> HttpResponse:
    services.delete_study(actor=Actor.of(request), study_id=study_id)
    messages.success(request, _("The draft is deleted."))
    return redirect("my-studies")


@login_required
@require_POST
def resolve(request: HttpRequest, study_id: UUID, comment_id: UUID) -> HttpResponse:
    comment = services.resolve_comment(actor=Actor.of(request), comment_id=comment_id)
    module_key, _slash, rest = comment.path.partition("/")
    if module_key not in STEP_OF_MODULE or module_key == "files":
        return redirect("deposit-step", study_id, "check")
    url = reverse("deposit-step", args=[study_id, STEP_OF_MODULE[module_key]])
    return redirect(f"{url}#{html_id(comment.path)}" if rest else url)


def _module(key: str) -> Module:
    try:
        return module_of(key)
    except KeyError:
        raise NotFound(_("A study has no such part.")) from None


def _position(request: HttpRequest) -> int:
    text = request.POST.get("position", "")
    if not (text.isascii() and text.isdecimal() and len(text) < 8):
        raise Invalid(_("The new place must be a number."), field="position")
    return int(text)


def wants_json(request: HttpRequest) -> bool:
    return request.get_preferred_type(["text/html", "application/json"]) == "application/json"


def back_to(study_id: UUID, module: Module, entity_id: UUID | None) -> HttpResponse:
    """To the step of the module, at the row that was worked on, which is opened."""
    url = reverse("deposit-step", args=[study_id, STEP_OF_MODULE[module.key]])
    if entity_id is None:
        return redirect(f"{url}#{module.plural}")
    return redirect(f"{url}?{urlencode({'open': entity_id})}#{html_id(f'{module.key}/{entity_id}')}")
