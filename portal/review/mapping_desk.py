"""Pages about decisions: all of them, sets of mappings out and in, depositors' choices, outdated terms."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from base.errors import DomainError, Invalid, NotAllowed
from catalogue.access import Actor, Verb, study_for
from catalogue.services import mapping_review
from ontology.bindings import BINDINGS
from ontology.mapping import decisions, sssom
from ontology.mapping import sets as mapping_sets
from ontology.mapping.sets import Taken
from ontology.names.comparing import fold
from portal.review.mapping import acts_of, address, done_in_words
from publishing.models import TermUse

PAGE = 50
SHOWN = 100  # problems and clashes of one file
MOST_LINES = 20_000  # of a set that is taken while a person waits


@login_required
@require_safe
def all_decisions(request: HttpRequest) -> HttpResponse:
    """What was decided, newest first, also what is over; found by a text or a term."""
    _only_curators(request)
    return _decisions_page(request)


def _decisions_page(
    request: HttpRequest, taken: Taken | None = None, given: Mapping[str, Any] | None = None
) -> HttpResponse:
    """The list of decisions, with what became of a file that was given."""
    rows = decisions.all_of().select_related("decided_by", "ended_by")
    query = request.GET.get("q", "").replace("\x00", "").strip()[:200]
    with_past = "past" in request.GET
    if not with_past:
        rows = rows.filter(ended_at=None)
    if query:
        rows = rows.filter(Q(folded__contains=fold(query)) | Q(curie__iexact=query) | Q(label__icontains=query))
    after = _uuid(request.GET.get("after", ""))
    found = list((rows.filter(pk__lt=after) if after else rows).order_by("-pk")[: PAGE + 1])
    context = {
        "rows": found[:PAGE],
        "next": found[PAGE - 1].pk if len(found) > PAGE else "",
        "query": query,
        "with_past": with_past,
        "bindings": {key: one.label for key, one in BINDINGS.items()},
        "taken": taken,
        "shown": SHOWN,
        **(given or {}),
    }
    return render(request, "review/mapping/decisions.html", context, status=400 if context.get("error") else 200)


@login_required
@require_safe
def export(request: HttpRequest) -> HttpResponse:
    """All decisions as an SSSOM file, with the names of those who decided."""
    _only_curators(request)
    text = mapping_sets.write(public_url=settings.PUBLIC_URL, site=settings.SITE_NAME, for_all=False)
    response = HttpResponse(text, content_type="text/tab-separated-values; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="mappings.sssom.tsv"'
    return response


@login_required
@require_POST
def take_set(request: HttpRequest) -> HttpResponse:
    """Look at a set of mappings, or take it."""
    _only_curators(request)
    file = request.FILES.get("file")
    binding = request.POST.get("field", "")
    replace = "replace" in request.POST
    try:
        if file is None:
            raise Invalid(_("Choose an SSSOM file first."), field="file")
        if file.size is None or file.size > sssom.MOST_BYTES:
            raise Invalid(_("This file is too large for a set of decisions."), field="file")
        data = file.read()
        if max(data.count(b"\n"), data.count(b"\r")) > MOST_LINES:
            told = _(
                "This set of mappings has more than {most} lines. Whoever runs the site can take it by “{command}”."
            )
            raise Invalid(told.format(most=MOST_LINES, command="manage.py sssom import"), field="file")
        taken, act = mapping_review.take_set(
            actor=Actor.of(request),
            data=data,
            binding=binding if binding in BINDINGS else "",
            replace=replace,
            dry_run="look" in request.POST,
        )
    except DomainError as error:
        return _decisions_page(request, given={"error": str(error)})
    return _decisions_page(request, taken, {"act": act, "looked": "look" in request.POST})


@login_required
@require_safe
def proposals(request: HttpRequest) -> HttpResponse:
    """What depositors chose for their own studies, to be taken for all or left to them."""
    rows = mapping_review.proposals(actor=Actor.of(request))
    after = _uuid(request.GET.get("after", ""))
    found = list((rows.filter(pk__gt=after) if after else rows)[: PAGE + 1])
    context = {
        "rows": found[:PAGE],
        "next": found[PAGE - 1].pk if len(found) > PAGE else "",
        "bindings": {key: one.label for key, one in BINDINGS.items()},
    }
    return render(request, "review/mapping/proposals.html", context)


@login_required
@require_POST
def settle_proposal(request: HttpRequest, decision_id: UUID) -> HttpResponse:
    """Take a depositor's choice for the whole catalogue, or leave it to their study."""
    actor = Actor.of(request)
    try:
        if "accept" in request.POST:
            done = mapping_review.accept_proposal(actor=actor, decision_id=decision_id)
            messages.success(request, done_in_words(done))
        else:
            mapping_review.decline_proposal(actor=actor, decision_id=decision_id)
            messages.success(request, _("It holds in the depositor's study only."))
    except DomainError as error:
        messages.error(request, str(error))
    return redirect("mapping-proposals")


@login_required
@require_safe
def updates(request: HttpRequest, study_id: UUID | None = None, side: str = "review") -> HttpResponse:
    """Terms in use that their ontology calls obsolete, or has no longer, with what it names instead."""
    actor = Actor.of(request)
    found = mapping_review.outdated(actor=actor, study_id=study_id)
    uses = TermUse.objects.filter(curie__in=[one.curie for one in found]).values_list("curie", "study").distinct()
    published: dict[str, int] = {}
    for curie, _study in uses:
        published[curie] = published.get(curie, 0) + 1
    context = {
        "study": study_for(actor, Verb.MAP, study_id) if study_id else None,
        "side": side,
        "rows": [(number, one, published.get(one.curie, 0)) for number, one in enumerate(found, start=1)],
        "sure": [(number, one) for number, one in enumerate(found, start=1) if one.replacement],
        "acts": acts_of(actor.person),
        "here": request.get_full_path(),
        "replace_url": address("replace", study_id, side),
    }
    return render(request, "review/mapping/updates.html", context)


@login_required
@require_POST
def replace(request: HttpRequest, study_id: UUID | None = None, side: str = "review") -> HttpResponse:
    """Put other terms for outdated ones: for one, or for all that have a replacement."""
    post = {name: str(value).replace("\x00", "") for name, value in request.POST.items()}
    by = {}
    for number in request.POST.getlist("row"):
        chosen = (
            post.get(f"choice-{number}", "") or post.get(f"term-{number}.curie", "") or post.get(f"term-{number}", "")
        )
        by[post.get(f"curie-{number}", "")] = chosen
    try:
        done = mapping_review.replace_terms(actor=Actor.of(request), by=by, study_id=study_id)
        messages.success(request, done_in_words(done))
    except DomainError as error:
        messages.error(request, str(error))
    return redirect(address("updates", study_id, side))


def _only_curators(request: HttpRequest) -> None:
    person = Actor.of(request).person
    if person is None or not person.is_curator:
        raise NotAllowed(_("Only curators see all decisions."))


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        raise Invalid(_("This page cannot be found. Go back to the first one."), field="after") from None
