"""The curators' queue: which studies wait, for whom, until when; and what is asked to be withdrawn."""

from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.cache import cache
from django.db.models import Count, F, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_POST, require_safe

from base.errors import Conflict, Invalid
from base.models import User
from catalogue import services
from catalogue.access import Actor, Verb, study_for
from catalogue.models import ReviewRound, WithdrawalRequest
from catalogue.services.mapping import count_unmapped
from catalogue.services.review import Filter, queue_counts
from publishing.services import retract as retract_study

PAGE = 50
ASKED = 50
COUNTED_S = 60  # for which a count of texts without a term is kept
AGES = {"2": _lazy("over two days ago"), "7": _lazy("over a week ago"), "30": _lazy("over a month ago")}
STATES = {"waiting": _lazy("waiting"), "mine": _lazy("decided by me"), "decided": _lazy("decided by anybody"),
          "all": _lazy("all")}  # fmt: skip
SORTS = {
    "oldest": (_lazy("longest waiting first"), ("pk",)),
    "newest": (_lazy("newest first"), ("-pk",)),
    "due": (_lazy("due first"), (F("due_on").asc(nulls_last=True), "pk")),
    "title": (_lazy("by title"), ("study__title", "pk")),
}
ORGANISMS = 3  # of a study, in its row


@login_required
@require_safe
def queue(request: HttpRequest) -> HttpResponse:
    """The studies that wait for a decision, filtered, sorted and counted."""
    actor = Actor.of(request)
    wanted, given = _filter(request)
    sort = request.GET.get("sort", "oldest")
    sort = sort if sort in SORTS else "oldest"
    rounds = services.queue(actor=actor, wanted=wanted)
    place = _place(request)
    open_comments = Count("study__comments", Q(study__comments__resolved_at=None, study__comments__parent=None))
    rows = list(_page(rounds.annotate(open_comments=open_comments), sort, place))
    organisms = _organisms(rows[:PAGE])
    kept = {**given, **({"sort": sort} if sort != "oldest" else {})}
    more = urlencode({**kept, "after": _after(rows[PAGE - 1], sort)}) if len(rows) > PAGE else ""
    context = {
        "rows": [(round_, organisms.get(round_.pk, "")) for round_ in rows[:PAGE]],
        "more": more,
        "given": given,
        "wanted": wanted,
        "is_filtered": bool(given),
        "sort": sort,
        "sorts": {key: label for key, (label, _order) in SORTS.items()},
        "ages": AGES,
        "states": STATES,
        "counts": queue_counts(actor=actor),
        "unmapped": _unmapped(actor),
        "curators": User.objects.filter(is_curator=True, is_active=True).order_by("name", "email"),
        "today": timezone.now().date(),
        "retractions": WithdrawalRequest.objects.filter(settled_at=None).select_related("study", "asked_by")[:ASKED],
    }
    return render(request, "review/queue.html", context)


def _unmapped(actor: Actor) -> int:
    """How many texts without a term there are for this curator, counted at most once a minute."""
    key = f"unmapped-{actor.person.pk if actor.person else ''}"
    return cache.get_or_set(key, lambda: count_unmapped(actor=actor), COUNTED_S) or 0


def _filter(request: HttpRequest) -> tuple[Filter, dict[str, str]]:
    """What is asked for, and the same as it stands in the address."""
    names = ("q", "state", "assignee", "depositor", "organism", "overdue", "days")
    given = {name: value for name in names if (value := request.GET.get(name, "").strip()[:200])}
    if given.get("state") not in STATES:
        given.pop("state", None)
    if given.get("days") not in AGES:
        given.pop("days", None)
    before = timezone.now() - timedelta(days=int(given["days"])) if "days" in given else None
    return Filter(
        state=given.get("state", "waiting"),
        assignee=given.get("assignee", ""),
        text=given.get("q", ""),
        depositor=given.get("depositor", ""),
        organism=given.get("organism", ""),
        overdue="overdue" in given,
        before=before.date() + timedelta(days=1) if before else None,
    ), given


def _page(rounds: QuerySet[ReviewRound], sort: str, place: tuple[str, UUID] | None) -> QuerySet[ReviewRound]:
    """One page by keyset: what comes after the last row's value and id."""
    if place is not None:
        value, pk = place
        if sort == "newest":
            rounds = rounds.filter(pk__lt=pk)
        elif sort == "title":
            rounds = rounds.filter(Q(study__title__gt=value) | Q(study__title=value, pk__gt=pk))
        elif sort == "due":
            same = Q(due_on=_day(value)) if value else Q(due_on=None)
            later = Q(due_on__gt=_day(value)) | Q(due_on=None) if value else Q(pk__in=())
            rounds = rounds.filter(later | (same & Q(pk__gt=pk)))
        else:
            rounds = rounds.filter(pk__gt=pk)
    return rounds.order_by(*SORTS[sort][1])[: PAGE + 1]


def _after(last: ReviewRound, sort: str) -> str:
    value = {"title": last.study.title, "due": str(last.due_on or "")}.get(sort, "")
    return f"{last.pk}{value}"


def _place(request: HttpRequest) -> tuple[str, UUID] | None:
    text = request.GET.get("after", "")
    try:
        return (text[36:], UUID(text[:36])) if text else None
    except ValueError:
        raise Invalid(_("This page cannot be found. Go back to the first one."), field="after") from None


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid(_("A day is written as 2027-03-01."), field="due_on") from None


def _organisms(rounds: list[ReviewRound]) -> dict[UUID, str]:
    """The organisms of each study; one query."""
    rows = ReviewRound.objects.filter(pk__in=[one.pk for one in rounds]).values_list(
        "pk", "study__biosamples__organisms__organism"
    )
    found: dict[UUID, list[str]] = {}
    for pk, name in rows.order_by("study__biosamples__position", "study__biosamples__organisms__position"):
        if name and name not in found.setdefault(pk, []):
            found[pk].append(name)
    return {pk: ", ".join(names[:ORGANISMS]) for pk, names in found.items()}


@login_required
@require_POST
def assign(request: HttpRequest, study_id: UUID) -> HttpResponse:
    """Give the study to a curator until a day."""
    actor = Actor.of(request)
    fields: dict[str, Any] = {name: request.POST.get(name, "") for name in ("curator", "seen", "due_on")}
    try:
        made = services.assign(
            actor=actor,
            study_id=study_id,
            curator_id=_id(fields["curator"]),
            due_on=_day(fields["due_on"]) if fields["due_on"] else None,
            seen=_id(fields["seen"]),
        )
    except (Conflict, Invalid) as error:
        study_for(actor, Verb.REVIEW, study_id)  # withdrawn or decided meanwhile: say that instead
        messages.error(request, str(error))
    else:
        text = _("%(who)s has the study now.") % {"who": made.assignee} if made.assignee else _("Nobody has the study.")
        messages.success(request, text)
    return redirect("review-study", study_id)


def _id(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        raise Invalid(_("There is no such curator."), field="curator") from None


@login_required
@require_POST
def retract(request: HttpRequest, study_id: UUID) -> HttpResponse:
    """Withdraw from the public what its depositor asked to be withdrawn, or what a curator finds must go."""
    actor = Actor.of(request)
    study = study_for(actor, Verb.RETRACT, study_id)
    version = request.POST.get("version", "")
    try:
        gone = retract_study(
            actor=actor,
            accession=study.accession or "",
            version=int(version) if version.isascii() and version.isdecimal() and len(version) < 6 else None,
            reason=request.POST.get("reason", ""),
        )
    except (Conflict, Invalid) as error:
        messages.error(request, str(error))
    else:
        names = ", ".join(str(one) for one in gone)
        messages.success(request, _("Withdrawn from the public: %(names)s.") % {"names": names})
    return redirect("review-queue")
