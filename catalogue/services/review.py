"""The curators' side: the queue, comments on fields, and the decision."""

import uuid

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from base import audit
from base.errors import Invalid, NotAllowed, NotFound
from base.models import User
from catalogue import paths
from catalogue.access import Actor, Role, Verb, edited_by, require, roles, study_for
from catalogue.models import Comment, ReviewRound, Study
from catalogue.rules.rembi import BY_KEY

_MAX_TEXT = 10_000
Decision = ReviewRound.Decision


def queue(*, actor: Actor) -> QuerySet[ReviewRound]:
    """The rounds that wait for a curator, the longest waiting first, each with its study; not the curator's own."""
    person = actor.person
    if person is None or not person.is_curator:
        raise NotAllowed("Only curators see what waits for review.")
    waiting = ReviewRound.objects.filter(decision=Decision.PENDING, study__state=Study.State.IN_REVIEW)
    others = waiting.exclude(study__in=Study.objects.filter(edited_by(person)))
    return others.select_related("study", "study__owner", "submitted_by").order_by("submitted_at", "id")


@transaction.atomic
def comment(*, actor: Actor, study_id: uuid.UUID, path: str, text: str) -> Comment:
    """A remark on the field at `path`, or on the whole study if it is empty: by a curator while the study is in review,
    or by whoever may edit or manage it."""
    study = study_for(actor, Verb.VIEW, study_id, lock=True)
    _require_voice(actor, study)
    text = _text(text, "comment", "A comment needs words.")
    if path:
        _check_path(path)
    round_ = ReviewRound.objects.filter(study=study, version=study.version).order_by("-number").first()
    made = Comment.objects.create(study=study, round=round_, path=path, text=text, author=_person(actor))
    audit.record(actor.person, "commented", study.pk, path=path, comment=str(made.pk))
    return made


@transaction.atomic
def resolve_comment(*, actor: Actor, comment_id: uuid.UUID) -> Comment:
    """Mark a comment as settled: by a curator while the study is in review, or by whoever edits it."""
    made = Comment.objects.select_related("study").filter(pk=comment_id).first()
    if made is None:
        raise NotFound("There is no such comment.")
    study = study_for(actor, Verb.VIEW, made.study_id, lock=True)
    _require_voice(actor, study)
    if made.resolved_at is None:
        made.resolved_at = timezone.now()
        made.resolved_by = _person(actor)
        made.save(update_fields=["resolved_at", "resolved_by"])
        audit.record(actor.person, "settled a comment", study.pk, path=made.path, comment=str(made.pk))
    return made


@transaction.atomic
def return_to_depositor(*, actor: Actor, study_id: uuid.UUID, note: str = "") -> ReviewRound:
    """Hand the study back with what is asked for: a note, or at least one open comment on it."""
    study = study_for(actor, Verb.REVIEW, study_id, lock=True)
    note = note.strip()
    if not note and not Comment.objects.filter(study=study, resolved_at=None).exists():
        raise Invalid("Say what is to be done: write a note, or comment on a field.", field="note")
    if note:
        note = _text(note, "note", "")
    round_ = _decide(actor, study, Decision.RETURNED, Study.State.RETURNED, note)
    audit.record(actor.person, "returned to the depositor", study.pk, version=study.version, round=round_.number)
    return round_


@transaction.atomic
def approve_round(*, actor: Actor, study: Study, note: str = "") -> ReviewRound:
    """Decide for publication: the study's state is then published. Making it public is `publishing`'s, in the same
    transaction; nobody else calls this."""
    locked = study_for(actor, Verb.PUBLISH, study.pk, lock=True)
    round_ = _decide(actor, locked, Decision.APPROVED, Study.State.PUBLISHED, note.strip())
    study.state = locked.state
    audit.record(actor.person, "approved", study.pk, version=study.version, round=round_.number)
    return round_


def _decide(actor: Actor, study: Study, decision: Decision, state: Study.State, note: str) -> ReviewRound:
    round_ = ReviewRound.objects.get(study=study, decision=Decision.PENDING)
    round_.decision = decision
    round_.decided_by = _person(actor)
    round_.decided_at = timezone.now()
    round_.note = note
    round_.save()
    study.state = state
    study.save(update_fields=["state", "updated_at"])
    return round_


def _person(actor: Actor) -> User:
    if actor.person is None:
        raise NotAllowed("Sign in to take part in a review.")
    return actor.person


def _require_voice(actor: Actor, study: Study) -> None:
    """Only a person takes part in a review: a curator while it goes on, and those who own or edit the study always."""
    _person(actor)
    if actor.is_read_only or not roles(actor, study) & {Role.OWNER, Role.MANAGER, Role.EDITOR}:
        require(actor, Verb.REVIEW, study)


def _check_path(text: str) -> None:
    try:
        path = paths.parse(text)
    except ValueError as error:
        raise Invalid(f"{error}.", field="path") from None
    if path.module not in {*BY_KEY, paths.FILES} or len(text) > 200:
        raise Invalid(f"There is no field at “{text[:200]}”.", field="path")


def _text(text: str, field: str, empty: str) -> str:
    text = text.strip()
    if not text:
        raise Invalid(empty, field=field)
    if len(text) > _MAX_TEXT:
        raise Invalid(f"This has {len(text)} characters; at most {_MAX_TEXT} fit.", field=field)
    if "\x00" in text:
        raise Invalid("This holds characters that are not text.", field=field)
    return text
