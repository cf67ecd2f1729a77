"""Searches that a person keeps: a page with all of them, and the forms that save, change and remove one."""

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from base.models import User
from publishing import saved_searches
from publishing.models import SavedSearch
from publishing.search import Query


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def saved(request: HttpRequest) -> HttpResponse:
    """All saved searches; a POST from the search page, whose parameters the form repeats, saves one more."""
    person = cast(User, request.user)
    if request.method == "POST":
        one = saved_searches.save(
            person=person,
            name=request.POST.get("name", "") or request.POST.get("q", "")[:100] or _("Everything"),
            query=Query.of(request.POST),
            mail=request.POST.get("mail", ""),
        )
        messages.success(request, _("The search “%(name)s” is saved.") % {"name": one.name})
        return redirect("saved-searches")
    context = {"searches": list(saved_searches.of_person(person)), "mails": SavedSearch.Mail.choices}
    return render(request, "account/saved_searches.html", context)


@login_required
@require_POST
def change(request: HttpRequest, saved_id: UUID) -> HttpResponse:
    person = cast(User, request.user)
    if "remove" in request.POST:
        saved_searches.forget(person=person, saved_id=saved_id)
        messages.success(request, _("The search is removed."))
    else:
        name, mail = request.POST.get("name", ""), request.POST.get("mail", "")
        one = saved_searches.change(person=person, saved_id=saved_id, name=name, mail=mail)
        messages.success(request, _("“%(name)s” is changed.") % {"name": one.name})
    return redirect("saved-searches")
