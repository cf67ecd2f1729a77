"""A person looks for a term in outside services, and a curator brings one in."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from base.errors import NotAllowed
from base.models import User
from ontology import outside
from ontology.bindings import BINDINGS
from portal import limits

MOST_A_MINUTE = 20


@login_required
@require_safe
def look(request: HttpRequest) -> HttpResponse:
    """What the services that this site asks offer for `?text=` in a field of the vocabulary `?binding=`."""
    text = request.GET.get("text", "").strip()
    binding = request.GET.get("binding", "")
    binding = binding if binding in BINDINGS else next(iter(BINDINGS))
    services = outside.services_on()
    looked = None
    if text and services:
        limits.count(person_of(request), "outside", MOST_A_MINUTE)
        looked = outside.look(text, binding)
    context = {
        "text": text,
        "binding": binding,
        "bindings": {name: one.label for name, one in BINDINGS.items()},
        "services": services,
        "looked": looked,
        "may_import": person_of(request).is_curator,
    }
    return render(request, "public/outside.html", context)


@login_required
@require_POST
def bring_in(request: HttpRequest) -> HttpResponse:
    """Import the term with the CURIE given, with all above it."""
    person = person_of(request)
    if not person.is_curator:
        raise NotAllowed(_("Only curators bring terms into the catalogue."))
    limits.count(person, "outside", MOST_A_MINUTE)
    term = outside.import_term(request.POST.get("curie", "").replace("\x00", ""), by=person)
    messages.success(request, _("{term} is here now. Forms offer it in a moment.").format(term=term))
    return redirect("term", term.curie)


def person_of(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # login_required
    return request.user
