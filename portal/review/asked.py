"""What a depositor does with what curators ask for: answer, settle, take or decline a suggested value; and what follows
a decision: open a rejected study again, publish an approved one sooner, ask that a published one be withdrawn."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from base.errors import Conflict, Invalid, NotFound
from catalogue import services
from catalogue.access import Actor, Verb, study_for
from catalogue.models import Comment, SuggestedEdit
from catalogue.paths import html_id, parse
from portal.deposit.steps import STEP_OF_MODULE
from publishing.services import release


@login_required
@require_POST
def reply(request: HttpRequest, study_id: UUID, comment_id: UUID) -> HttpResponse:
    """An answer in the thread of a comment."""
    actor = Actor.of(request)
    text = request.POST.get("text", "")
    try:
        made = services.comment(actor=actor, study_id=study_id, text=text, parent_id=comment_id)
    except Invalid as error:
        messages.error(request, str(error))
        return to_field(study_id, _path_of(study_id, comment_id))
    return to_field(study_id, made.path)


@login_required
@require_POST
def reopen_comment(request: HttpRequest, study_id: UUID, comment_id: UUID) -> HttpResponse:
    made = services.reopen_comment(actor=Actor.of(request), comment_id=comment_id)
    return to_field(study_id, made.path)


def _path_of(study_id: UUID, comment_id: UUID) -> str:
    found = Comment.objects.filter(study=study_id, pk=comment_id).first()
    return found.path if found else ""


@login_required
@require_POST
def accept(request: HttpRequest, study_id: UUID, edit_id: UUID) -> HttpResponse:
    """Take a suggested value into its field."""
    actor = Actor.of(request)
    path = _edit_path(actor, study_id, edit_id)
    revision = request.POST.get("revision", "")
    number = int(revision) if revision.isascii() and revision.isdecimal() and len(revision) < 10 else None
    try:
        services.accept_edit(actor=actor, edit_id=edit_id, revision=number)
    except services.StaleRevision:
        text = _("This was changed meanwhile, so the suggestion was not taken. Look at both values, then decide again.")
        messages.error(request, text)
    except (Conflict, Invalid) as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("The suggested value is in the field now."))
    return to_field(study_id, path)


@login_required
@require_POST
def decline(request: HttpRequest, study_id: UUID, edit_id: UUID) -> HttpResponse:
    actor = Actor.of(request)
    path = _edit_path(actor, study_id, edit_id)
    try:
        services.decline_edit(actor=actor, edit_id=edit_id, answer=request.POST.get("answer", ""))
    except (Conflict, Invalid) as error:
        messages.error(request, str(error))
    return to_field(study_id, path)


def _edit_path(actor: Actor, study_id: UUID, edit_id: UUID) -> str:
    study = study_for(actor, Verb.VIEW, study_id)
    edit = SuggestedEdit.objects.filter(study=study, pk=edit_id).first()
    if edit is None:
        raise NotFound(_("There is no such suggestion."))
    return edit.path


@login_required
@require_POST
def reopen(request: HttpRequest, study_id: UUID) -> HttpResponse:
    services.reopen(actor=Actor.of(request), study_id=study_id)
    messages.success(request, _("The study is a draft again."))
    return redirect("deposit", study_id)


@login_required
@require_POST
def publish_now(request: HttpRequest, study_id: UUID) -> HttpResponse:
    publication = release(actor=Actor.of(request), study_id=study_id)
    messages.success(request, _("The study is public now."))
    return redirect("study-version", publication.accession, publication.version)


@login_required
@require_POST
def ask_to_retract(request: HttpRequest, study_id: UUID) -> HttpResponse:
    try:
        services.ask_to_retract(actor=Actor.of(request), study_id=study_id, reason=request.POST.get("reason", ""))
    except (Conflict, Invalid) as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("The curators were asked. You are told what they decide."))
    return redirect("deposit-step", study_id, "check")


def to_field(study_id: UUID, path: str) -> HttpResponse:
    """To the form of the deposit where the field is."""
    if not path:
        return redirect("deposit-step", study_id, "check")
    at = parse(path)
    url = reverse("deposit-step", args=[study_id, STEP_OF_MODULE.get(at.module, "check")])
    query = f"?open={at.entity}" if at.entity else ""
    return redirect(f"{url}{query}#{html_id(path)}")
