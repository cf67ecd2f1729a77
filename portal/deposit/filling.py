"""Filling the empty fields of a draft with everything that its images answer."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from base.errors import Conflict
from catalogue import services
from catalogue.access import Actor, Verb, study_for
from catalogue.services.copying import digest
from portal.deposit.words import lines_of


@login_required
@require_safe
def preview(request: HttpRequest, study_id: UUID) -> HttpResponse:
    """What would be filled."""
    actor = Actor.of(request)
    study = study_for(actor, Verb.EDIT, study_id)
    merged = services.preview_fill(actor=actor, study_id=study_id)
    return render(request, "deposit/fill.html", {"study": study, "groups": lines_of(merged), "shown": digest(merged)})


@login_required
@require_POST
def apply(request: HttpRequest, study_id: UUID) -> HttpResponse:
    taken = request.POST.getlist("take")
    try:
        services.apply_fill(
            actor=Actor.of(request), study_id=study_id, taken=taken, shown=request.POST.get("shown", "")
        )
    except Conflict as error:
        study_for(Actor.of(request), Verb.EDIT, study_id)
        messages.warning(request, str(error))
        return redirect("deposit-fill", study_id)
    text = ngettext("%(count)d change was made.", "%(count)d changes were made.", len(taken)) % {"count": len(taken)}
    messages.success(request, text)
    return redirect("deposit-step", study_id, "imaging")
