"""Who else may work on a study, and until when."""

import datetime
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from base.errors import Invalid, NotFound
from base.models import Group
from catalogue import services
from catalogue.access import Actor, Verb, may, study_for
from catalogue.models import AccessGrant
from portal.ids import uuid_or_not_found

RIGHTS = {
    AccessGrant.Right.VIEW.value: gettext_lazy("see it"),
    AccessGrant.Right.EDIT.value: gettext_lazy("edit it"),
    AccessGrant.Right.MANAGE.value: gettext_lazy("edit, share and send it to the curators"),
}


@login_required
@require_safe
def shared(request: HttpRequest, study_id: UUID) -> HttpResponse:
    actor = Actor.of(request)
    study = study_for(actor, Verb.VIEW, study_id)
    grants = [(grant, RIGHTS[grant.right]) for grant in services.shared_with(study)]
    context = {
        "study": study,
        "grants": grants,
        "rights": RIGHTS.items(),
        "groups": Group.objects.filter(members=actor.person).order_by("name"),
        "may_manage": may(actor, Verb.MANAGE, study),
    }
    return render(request, "deposit/share.html", context)


@login_required
@require_POST
def share(request: HttpRequest, study_id: UUID) -> HttpResponse:
    group = request.POST.get("group", "")
    try:
        grant = services.share(
            actor=Actor.of(request),
            study_id=study_id,
            right=request.POST.get("right", ""),
            email=request.POST.get("email", ""),
            group_id=uuid_or_not_found(group) if group else None,
            expires_at=_end_of(request.POST.get("expires_at", "")),
        )
    except Invalid as error:
        messages.error(request, str(error))
    else:
        text = _("%(who)s may %(right)s now.")
        messages.success(request, text % {"who": grant.user or grant.group, "right": RIGHTS[grant.right]})
    return redirect("deposit-share", study_id)


@login_required
@require_POST
def unshare(request: HttpRequest, study_id: UUID, grant_id: UUID) -> HttpResponse:
    actor = Actor.of(request)
    services.unshare(actor=actor, study_id=study_id, grant_id=grant_id)
    try:
        study_for(actor, Verb.VIEW, study_id)
    except NotFound:  # one gave up one's own access
        return redirect("my-studies")
    messages.success(request, _("This is not shared any more."))
    return redirect("deposit-share", study_id)


def _end_of(day: str) -> datetime.datetime | None:
    """The last moment of a day, UTC; None for none."""
    if not day:
        return None
    try:
        date = datetime.date.fromisoformat(day)
    except ValueError:
        raise Invalid(_("This is no date. Write year, month and day, as in 2027-03-01."), field="expires_at") from None
    return datetime.datetime.combine(date, datetime.time.max, datetime.UTC)
