"""The curators' side: the queue, who has which study until when, the checklist, and the decision."""

import uuid
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from base import audit
from base.errors import Conflict, Invalid, NotAllowed, NotFound
from base.models import User
from catalogue.access import Actor, Verb, edited_by, may, study_for
from catalogue.models import ChecklistMark, Comment, ReviewRound, Study, SuggestedEdit
from catalogue.rules.checklist import KEYS
from catalogue.services import notices
from catalogue.services.comments import text_of

Decision = ReviewRound.Decision


@dataclass(frozen=True)
class Filter:
    """Which rounds a curator wants to see. `assignee`: "mine", "none", or a curator's id; empty: of anybody."""

    state: str = "waiting"  # waiting | decided (by anybody) | mine (decided by oneself) | all
    assignee: str = ""
    text: str = ""  # in the title, or the accession
    depositor: str = ""  # in the name or address of who sent it or owns it
    organism: str = ""
    overdue: bool = False
    before: date | None = None  # sent before this day


@dataclass(frozen=True)
class QueueCounts:
    waiting: int
    mine: int
    unassigned: int
    overdue: int


def queue(*, actor: Actor, wanted: Filter | None = None) -> QuerySet[ReviewRound]:
    """The rounds that curators work on, the longest waiting first, each with its study; not the curator's own."""
    person = _curator(actor)
    wanted = wanted or Filter()
    rounds = _others(person)
    if wanted.state == "waiting":
        rounds = rounds.filter(_WAITING)
    elif wanted.state == "decided":
        rounds = rounds.exclude(decision=Decision.PENDING)
    elif wanted.state == "mine":
        rounds = rounds.filter(decided_by=person)
    if wanted.assignee:
        rounds = rounds.filter(assignee=_assignee(wanted.assignee, person))
    if wanted.text:
        rounds = rounds.filter(Q(study__title__icontains=wanted.text) | Q(study__accession__iexact=wanted.text))
    if wanted.depositor:
        rounds = rounds.filter(
            Q(submitted_by__name__icontains=wanted.depositor)
            | Q(submitted_by__email__icontains=wanted.depositor)
            | Q(study__owner__name__icontains=wanted.depositor)
        )
    if wanted.organism:
        of_samples = Study.objects.filter(biosamples__organisms__organism__icontains=wanted.organism)
        rounds = rounds.filter(study__in=of_samples.values("pk"))
    if wanted.overdue:
        rounds = rounds.filter(due_on__lt=timezone.now().date())
    if wanted.before:
        rounds = rounds.filter(submitted_at__date__lt=wanted.before)
    return rounds.select_related("study", "study__owner", "submitted_by", "assignee").order_by("submitted_at", "id")


def queue_counts(*, actor: Actor) -> QueueCounts:
    """How many studies wait: for anybody, for this curator, for one to take them, and beyond their day."""
    person = _curator(actor)
    waiting = _others(person).filter(_WAITING)
    return QueueCounts(
        waiting=waiting.count(),
        mine=waiting.filter(assignee=person).count(),
        unassigned=waiting.filter(assignee=None).count(),
        overdue=waiting.filter(due_on__lt=timezone.now().date()).count(),
    )


_WAITING = Q(decision=Decision.PENDING, study__state=Study.State.IN_REVIEW)


def _others(person: User) -> QuerySet[ReviewRound]:
    return ReviewRound.objects.exclude(study__in=Study.objects.filter(edited_by(person)))


def _assignee(text: str, person: User) -> User | uuid.UUID | None:
    if text in {"mine", "none"}:
        return person if text == "mine" else None
    try:
        return uuid.UUID(text)
    except ValueError:
        raise Invalid(f"There is no curator “{text[:40]}”.", field="assignee") from None


@transaction.atomic
def assign(
    *, actor: Actor, study_id: uuid.UUID, curator_id: uuid.UUID | None, due_on: date | None, seen: uuid.UUID | None
) -> ReviewRound:
    """Give a study that waits to a curator (oneself, another one, or nobody) until a day.

    `seen` is who had it when this was decided: raises Conflict if meanwhile it went to somebody else, Invalid for a day
    that is over and for a person who may not decide on this study.
    """
    study = study_for(actor, Verb.REVIEW, study_id, lock=True)
    round_ = ReviewRound.objects.select_related("assignee").get(study=study, decision=Decision.PENDING)
    if round_.assignee_id != seen and round_.assignee_id != curator_id:
        now_with = f"with {round_.assignee}" if round_.assignee else "with nobody"
        raise Conflict(f"Meanwhile the study is {now_with}. Look again, then decide who is to have it.")
    curator = User.objects.filter(pk=curator_id, is_active=True).first() if curator_id else None
    if curator_id and (curator is None or not may(Actor(curator), Verb.REVIEW, study)):
        raise Invalid("This person cannot decide on this study.", field="curator")
    if due_on and due_on < timezone.now().date() and due_on != round_.due_on:
        raise Invalid("That day is over. Choose one that is to come.", field="due_on")
    is_new = curator is not None and curator.pk != round_.assignee_id
    round_.assigned_at = timezone.now() if is_new else round_.assigned_at if curator else None
    round_.assignee, round_.due_on = curator, due_on
    round_.save(update_fields=["assignee", "assigned_at", "due_on"])
    detail = {"round": round_.number, "to": str(curator or ""), "due_on": str(due_on or "")}
    event = audit.record(actor.person, "assigned", study.pk, **detail)
    if is_new and curator:
        notices.tell("assigned", study, event.pk, [curator], by=actor.person)
    return round_


@transaction.atomic
def mark_point(*, actor: Actor, study_id: uuid.UUID, point: str, state: str) -> None:
    """Say what one found on a point of the checklist in this round; an empty state takes the mark away."""
    study = study_for(actor, Verb.REVIEW, study_id, lock=True)
    if point not in KEYS or state not in {"", *ChecklistMark.State.values}:
        raise Invalid("There is no such point on the checklist.", field="point")
    round_ = ReviewRound.objects.get(study=study, decision=Decision.PENDING)
    if not state:
        ChecklistMark.objects.filter(round=round_, point=point).delete()
        return
    found = {"state": state, "marked_by": person_of(actor), "marked_at": timezone.now()}
    ChecklistMark.objects.update_or_create(round=round_, point=point, defaults=found)


@transaction.atomic
def return_to_depositor(*, actor: Actor, study_id: uuid.UUID, note: str = "") -> ReviewRound:
    """Hand the study back with what is asked for: a note, an open comment, or a suggested value."""
    study = study_for(actor, Verb.REVIEW, study_id, lock=True)
    asked = (
        Comment.objects.filter(study=study, resolved_at=None, parent=None).exists()
        or SuggestedEdit.objects.filter(study=study, state=SuggestedEdit.State.OPEN).exists()
    )
    if not note.strip() and not asked:
        raise Invalid("Say what is to be done: write a note, or comment on a field.", field="note")
    note = text_of(note, "note", "") if note.strip() else ""
    round_ = _decide(actor, study, Decision.RETURNED, Study.State.RETURNED, note)
    audit.record(actor.person, "returned to the depositor", study.pk, version=study.version, round=round_.number)
    notices.tell("returned", study, round_.pk, notices.depositors_of(study), by=actor.person, text=note)
    return round_


@transaction.atomic
def reject(*, actor: Actor, study_id: uuid.UUID, reason: str) -> ReviewRound:
    """Close the study with a reason. Its depositor may open it again as a draft, to make another one of it."""
    study = study_for(actor, Verb.REVIEW, study_id, lock=True)
    reason = text_of(reason, "note", "Say why the study is rejected; its depositor reads it.")
    round_ = _decide(actor, study, Decision.REJECTED, Study.State.REJECTED, reason)
    audit.record(actor.person, "rejected", study.pk, version=study.version, round=round_.number)
    notices.tell("rejected", study, round_.pk, notices.depositors_of(study), by=actor.person, text=reason)
    return round_


@transaction.atomic
def approve_round(
    *, actor: Actor, study: Study, note: str = "", state: Study.State = Study.State.PUBLISHED
) -> ReviewRound:
    """Decide for publication: the study's state is then published, or embargoed until its day. Making it public is
    `publishing`'s, in the same transaction; nobody else calls this."""
    locked = study_for(actor, Verb.PUBLISH, study.pk, lock=True)
    round_ = _decide(actor, locked, Decision.APPROVED, state, note.strip())
    study.state = locked.state
    SuggestedEdit.objects.filter(study=study, state=SuggestedEdit.State.OPEN).update(
        state=SuggestedEdit.State.DROPPED, settled_by=actor.person, settled_at=timezone.now()
    )
    audit.record(actor.person, "approved", study.pk, version=study.version, round=round_.number)
    return round_


def _decide(actor: Actor, study: Study, decision: Decision, state: Study.State, note: str) -> ReviewRound:
    round_ = ReviewRound.objects.get(study=study, decision=Decision.PENDING)
    round_.decision = decision
    round_.decided_by = person_of(actor)
    round_.decided_at = timezone.now()
    round_.note = note
    round_.save()
    study.state = state
    study.save(update_fields=["state", "updated_at"])
    return round_


def person_of(actor: Actor) -> User:
    if actor.person is None:
        raise NotAllowed("Sign in to take part in a review.")
    return actor.person


def _curator(actor: Actor) -> User:
    person = actor.person
    if person is None or not person.is_curator:
        raise NotAllowed("Only curators see what waits for review.")
    return person


def curators(*, actor: Actor, study: Study) -> list[User]:
    """Whoever could be given this study."""
    _curator(actor)
    people = User.objects.filter(is_curator=True, is_active=True).order_by("name", "email")
    return [one for one in people if may(Actor(one), Verb.REVIEW, study)]


def current_round(study: Study) -> ReviewRound:
    """The last round of the study's version. Raises NotFound if it was never sent in."""
    found = ReviewRound.objects.filter(study=study, version=study.version).order_by("-number").first()
    if found is None:
        raise NotFound("This study was not sent to the curators yet.")
    return found
