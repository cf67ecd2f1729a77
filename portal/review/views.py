"""What curators do with a study: comment, suggest, check, decide. Each is one service call."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from base.errors import Conflict, Invalid
from catalogue import services
from catalogue.access import Actor, Verb, study_for
from catalogue.paths import html_id, parse
from catalogue.rules.fields import Kind
from catalogue.rules.rembi import BY_KEY
from publishing.services import approve as publish


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
def reply(request: HttpRequest, study_id: UUID, comment_id: UUID) -> HttpResponse:
    actor = Actor.of(request)
    study_for(actor, Verb.REVIEW, study_id)
    path = request.POST.get("path", "")
    try:
        services.comment(actor=actor, study_id=study_id, text=request.POST.get("text", ""), parent_id=comment_id)
    except Invalid as error:
        messages.error(request, str(error))
    return redirect(_address(study_id, path))


@login_required
@require_POST
def resolve(request: HttpRequest, study_id: UUID, comment_id: UUID) -> HttpResponse:
    actor = Actor.of(request)
    study_for(actor, Verb.REVIEW, study_id)
    made = services.resolve_comment(actor=actor, comment_id=comment_id)
    return redirect(_address(study_id, made.path))


@login_required
@require_POST
def reopen_comment(request: HttpRequest, study_id: UUID, comment_id: UUID) -> HttpResponse:
    actor = Actor.of(request)
    study_for(actor, Verb.REVIEW, study_id)
    made = services.reopen_comment(actor=actor, comment_id=comment_id)
    return redirect(_address(study_id, made.path))


@login_required
@require_POST
def suggest(request: HttpRequest, study_id: UUID) -> HttpResponse:
    """Propose a value for a field or a cell of a table."""
    actor = Actor.of(request)
    study_for(actor, Verb.REVIEW, study_id)
    path, text = request.POST.get("path", ""), request.POST.get("value", "")
    value = {"text": text, "curie": request.POST.get("value.curie", "").strip()} if _is_term(path) else text
    try:
        services.suggest_edit(actor=actor, study_id=study_id, path=path, value=value, note=request.POST.get("note", ""))
    except Invalid as error:
        messages.error(request, str(error))
    return redirect(_address(study_id, path))


def _is_term(path: str) -> bool:
    try:
        at = parse(path)
        field = BY_KEY[at.module].field(at.field)
    except (ValueError, KeyError):
        return False
    column = next((one for one in field.columns if one.name == at.column), field)
    return column.kind is Kind.TERM


@login_required
@require_POST
def drop_edit(request: HttpRequest, study_id: UUID, edit_id: UUID) -> HttpResponse:
    made = services.drop_edit(actor=Actor.of(request), edit_id=edit_id)
    return redirect(_address(study_id, made.path))


@login_required
@require_POST
def checklist(request: HttpRequest, study_id: UUID) -> HttpResponse:
    """Mark one point of the checklist."""
    post = request.POST
    actor = Actor.of(request)
    services.mark_point(actor=actor, study_id=study_id, point=post.get("point", ""), state=post.get("state", ""))
    return redirect(reverse("review-study", args=[study_id]) + "#checklist")


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
def reject(request: HttpRequest, study_id: UUID) -> HttpResponse:
    """Close the study with a reason."""
    actor = Actor.of(request)
    try:
        services.reject(actor=actor, study_id=study_id, reason=request.POST.get("note", ""))
    except Invalid as error:
        messages.error(request, str(error))
        return redirect(_address(study_id, ""))
    messages.success(request, _("The study is rejected. Its depositor reads why, and may open it again as a draft."))
    return redirect("review-queue")


@login_required
@require_POST
def approve(request: HttpRequest, study_id: UUID) -> HttpResponse:
    """Publish the study's version, or approve it for the day that its depositor chose."""
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
    """The page of the review, at the field; cells of tables are shown at their field."""
    try:
        at = parse(path) if path else None
    except ValueError:  # it was refused, which the page says
        at = None
    place = html_id("/".join(filter(None, (at.module, at.entity, at.field)))) if at else "decision"
    return f"{reverse('review-study', args=[study_id])}#{place}"
