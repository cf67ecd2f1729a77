"""The private links of a study: making one, seeing whom it was for, ending it."""

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from base.errors import Invalid
from catalogue import services
from catalogue.access import Actor, Verb, study_for
from catalogue.services.referees import links
from publishing.blind import places_of_names

DAYS = {30: gettext_lazy("30 days"), 90: gettext_lazy("90 days"), 180: gettext_lazy("half a year"),
        365: gettext_lazy("a year")}  # fmt: skip


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def private_links(request: HttpRequest, study_id: UUID) -> HttpResponse:
    """The study's private links. The answer that makes one shows its address, which no later page can."""
    actor = Actor.of(request)
    study = study_for(actor, Verb.MANAGE, study_id)
    address, error = "", ""
    if request.method == "POST":
        days = request.POST.get("days", "")
        try:
            _link, secret = services.make_link(
                actor=actor,
                study_id=study_id,
                name=request.POST.get("name", ""),
                expires_at=timezone.now() + timedelta(days=int(days) if days in map(str, DAYS) else 90),
                is_blind=request.POST.get("kind") != "open",
            )
            address = f"{settings.PUBLIC_URL}{reverse('private-study', args=[study_id])}?link={secret}"
        except Invalid as problem:
            error = str(problem)
    context = {
        "study": study,
        "links": links(study),
        "address": address,
        "error": error,
        "days": DAYS,
        "now": timezone.now(),
        "places": places_of_names(study),
    }
    return render(request, "review/links.html", context, status=400 if error else 200)


@login_required
@require_POST
def end_link(request: HttpRequest, study_id: UUID, link_id: UUID) -> HttpResponse:
    services.end_link(actor=Actor.of(request), study_id=study_id, link_id=link_id)
    messages.success(request, _("The link is over. Whoever has it sees nothing any more."))
    return redirect("private-links", study_id)
