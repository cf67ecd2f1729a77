"""Remarks on fields, answers to them, and settling them."""

import uuid

from django.db import transaction
from django.utils import timezone

from base import audit
from base.errors import Invalid, NotAllowed, NotFound
from base.models import User
from catalogue import paths
from catalogue.access import Actor, Role, Verb, require, roles, study_for
from catalogue.models import Comment, ReviewRound, Study
from catalogue.rules.rembi import BY_KEY
from catalogue.services import notices

_MAX_TEXT = 10_000
_DEPOSITOR = {Role.OWNER, Role.MANAGER, Role.EDITOR}


@transaction.atomic
def comment(
    *, actor: Actor, study_id: uuid.UUID, path: str = "", text: str, parent_id: uuid.UUID | None = None
) -> Comment:
    """A remark on the field at `path`, or on the whole study if it is empty, or an answer to the remark `parent_id`:
    by a curator while the study is in review, or by whoever may edit or manage it."""
    study = study_for(actor, Verb.VIEW, study_id, lock=True)
    person = _voice(actor, study)
    text = text_of(text, "comment", "A comment needs words.")
    parent = _thread(study, parent_id) if parent_id else None
    path = parent.path if parent else path
    if path:
        check_path(path)
    round_ = ReviewRound.objects.filter(study=study, version=study.version).order_by("-number").first()
    made = Comment.objects.create(study=study, round=round_, parent=parent, path=path, text=text, author=person)
    audit.record(person, "commented", study.pk, path=path, comment=str(made.pk))
    by_depositor = bool(roles(actor, study) & _DEPOSITOR)
    people = _curators_in(study) if by_depositor else notices.depositors_of(study)
    notices.tell("reply" if by_depositor else "comment", study, made.pk, people, by=person, text=text, path=path)
    return made


@transaction.atomic
def resolve_comment(*, actor: Actor, comment_id: uuid.UUID) -> Comment:
    """Mark a thread as settled: by a curator while the study is in review, or by whoever edits it."""
    return _settle(actor, comment_id, settled=True)


@transaction.atomic
def reopen_comment(*, actor: Actor, comment_id: uuid.UUID) -> Comment:
    """Open a settled thread again, by the same people."""
    return _settle(actor, comment_id, settled=False)


def _settle(actor: Actor, comment_id: uuid.UUID, *, settled: bool) -> Comment:
    made = Comment.objects.select_related("study").filter(pk=comment_id).first()
    if made is None:
        raise NotFound("There is no such comment.")
    study = study_for(actor, Verb.VIEW, made.study_id, lock=True)
    person = _voice(actor, study)
    if made.parent_id:
        made = Comment.objects.get(pk=made.parent_id)
    if (made.resolved_at is not None) == settled:
        return made
    made.resolved_at = timezone.now() if settled else None
    made.resolved_by = person if settled else None
    made.save(update_fields=["resolved_at", "resolved_by"])
    verb = "settled a comment" if settled else "opened a comment again"
    audit.record(person, verb, study.pk, path=made.path, comment=str(made.pk))
    return made


def _thread(study: Study, parent_id: uuid.UUID) -> Comment:
    """The remark that began the thread."""
    parent = Comment.objects.select_related("parent").filter(study=study, pk=parent_id).first()
    if parent is None:
        raise NotFound("The comment that you answer is not there any more.")
    return parent.parent or parent


def _curators_in(study: Study) -> list[User]:
    """Whoever has the study now, or took part in what was said of it."""
    spoke = User.objects.filter(pk__in=Comment.objects.filter(study=study).values("author"), is_curator=True)
    owners = {person.pk for person in notices.depositors_of(study)}
    assigned = User.objects.filter(assigned_rounds__study=study, assigned_rounds__decision="")
    return [person for person in (spoke | assigned).distinct() if person.pk not in owners]


def _voice(actor: Actor, study: Study) -> User:
    """Only a person takes part in a review: a curator while it goes on, and those who own or edit the study always."""
    if actor.person is None:
        raise NotAllowed("Sign in to take part in a review.")
    if actor.is_read_only or not roles(actor, study) & _DEPOSITOR:
        require(actor, Verb.REVIEW, study)
    return actor.person


def check_path(text: str) -> paths.Path:
    """The parts of a path to something that a study can have. Raises Invalid."""
    try:
        path = paths.parse(text)
    except ValueError as error:
        raise Invalid(f"{error}.", field="path") from None
    if path.module not in {*BY_KEY, paths.FILES} or len(text) > 200:
        raise Invalid(f"There is no field at “{text[:200]}”.", field="path")
    return path


def text_of(text: str, field: str, empty: str) -> str:
    """What a person wrote, its ends trimmed. Raises Invalid, with the message `empty` if there is nothing."""
    text = text.strip()
    if not text:
        raise Invalid(empty, field=field)
    if len(text) > _MAX_TEXT:
        raise Invalid(f"This has {len(text)} characters; at most {_MAX_TEXT} fit.", field=field)
    if "\x00" in text:
        raise Invalid("This holds characters that are not text.", field=field)
    return text
