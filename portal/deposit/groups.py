"""One's groups: labs and projects with which studies and lab templates are shared."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from base import groups
from base.errors import Conflict, Invalid, NotAllowed
from base.models import User


@login_required
@require_safe
def my_groups(request: HttpRequest) -> HttpResponse:
    return render(request, "deposit/groups.html", {"groups": groups.groups_of(_person(request))})


@login_required
@require_POST
def create(request: HttpRequest) -> HttpResponse:
    try:
        group = groups.create_group(person=_person(request), name=request.POST.get("name", ""))
    except (Invalid, Conflict) as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("The group “%(name)s” is there; let the others in.") % {"name": group.name})
    return redirect("my-groups")


@login_required
@require_POST
def add(request: HttpRequest, group_id: UUID) -> HttpResponse:
    try:
        added = groups.add_member(person=_person(request), group_id=group_id, email=request.POST.get("email", ""))
    except Invalid as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("%(who)s is in the group.") % {"who": added})
    return redirect("my-groups")


@login_required
@require_POST
def leave(request: HttpRequest, group_id: UUID) -> HttpResponse:
    groups.leave_group(person=_person(request), group_id=group_id)
    messages.success(request, _("You left the group."))
    return redirect("my-groups")


def _person(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise NotAllowed(_("Sign in first."))
    return request.user
