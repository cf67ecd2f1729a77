"""What lies in which store, what moves, what is damaged, and the rules by which files move."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from base.errors import Invalid, NotAllowed
from base.models import StoredFile, StoredMove, TierRule, User
from base.storage import stores
from base.tiers import numbers, rules

SHOWN = 50
NUMBERS = ("days_since_publication", "days_since_access", "least_bytes")


@login_required
@never_cache
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """The stores and their rules."""
    _administrator(request)
    return _page(request)


@login_required
@require_POST
def add_rule(request: HttpRequest) -> HttpResponse:
    """Keep a new rule, or show what is wrong with it."""
    person = _administrator(request)
    try:
        given = {name: _number(request, name) for name in NUMBERS}
        rules.add_rule(
            by=person,
            from_store=request.POST.get("from_store", ""),
            to_store=request.POST.get("to_store", ""),
            days_since_publication=given["days_since_publication"],
            days_since_access=given["days_since_access"],
            least_bytes=given["least_bytes"] or 0,
        )
    except Invalid as problem:
        return _page(request, error=str(problem), status=400)
    messages.success(request, _("The rule is in force: it is applied every ten minutes."))
    return redirect("stores")


@login_required
@require_POST
def remove_rule(request: HttpRequest, rule_id: int) -> HttpResponse:
    """End a rule; what it moved stays where it is."""
    rules.remove_rule(by=_administrator(request), rule_id=rule_id)
    messages.success(request, _("The rule is removed. What it moved stays where it is."))
    return redirect("stores")


def _page(request: HttpRequest, *, error: str = "", status: int = 200) -> HttpResponse:
    found = numbers.store_numbers()
    going = StoredMove.objects.select_related("stored", "job").order_by("-pk")
    context = {
        "stores": [(one, numbers.trouble_of(one.name) if one.store else "") for one in found],
        "names": list(stores()),
        "rules": [(rule, rules.words_of(rule)) for rule in TierRule.objects.order_by("pk")],
        "moves": list(going[:SHOWN]),
        "damaged": list(StoredFile.objects.filter(is_damaged=True).order_by("pk")[:SHOWN]),
        "error": error,
        "given": request.POST,
    }
    return render(request, "operations/stores.html", context, status=status)


def _administrator(request: HttpRequest) -> User:
    person: Any = request.user
    if not person.is_staff:
        raise NotAllowed(_("This page is for the site's administrators."))
    assert isinstance(person, User)
    return person


def _number(request: HttpRequest, name: str) -> int | None:
    text = request.POST.get(name, "").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdecimal()) or len(text) > 15:
        raise Invalid(_("“{text}” is not a whole number.").format(text=text[:50]), field=name)
    return int(text)
