"""The one permission table: who may do what with a study, in which state of it.

Pages, API, delivery, search and RDF all ask here. Nothing is copied: expiry and revocation are looked up when asked.
A published version is public by its Record and is not asked about here; this is about the working copy.
"""

import enum
import hashlib
import uuid
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from base.errors import Conflict, NotAllowed, NotFound
from base.models import ApiToken, User
from catalogue.models import AccessGrant, File, Image, ReviewRound, Study, StudyComponent

State = Study.State
Right = AccessGrant.Right
Subject = Study | StudyComponent | Image | File

LINK_PARAMETER = "link"  # of an address that was shared with its secret


class Verb(enum.StrEnum):
    VIEW = "view"
    EDIT = "edit"
    SUBMIT = "submit"
    MANAGE = "manage"  # share, withdraw, start a new version
    REVIEW = "review"
    PUBLISH = "publish"
    DELETE = "delete"
    REFEREE = "referee"  # look without seeing the name of any person
    RETRACT = "retract"  # take a published version away from the public
    MAP = "map"  # say which terms its texts stand for
    ERASE = "erase"  # remove the bytes of what was published and is withdrawn
    CONVERT = "convert"  # have its pixels written in other forms beside what was deposited, and remove these


# The same for what is not there and for what is hidden, so that nobody learns that there is something.
NOT_SHARED = "There is no such thing, or it is not shared with you."


class Role(enum.StrEnum):
    OWNER = "owner"
    MANAGER = "manager"
    EDITOR = "editor"
    VIEWER = "viewer"
    CURATOR = "curator"  # of this study: not one who owns it or may edit it
    REFEREE = "referee"  # the holder of a blind link
    ADMINISTRATOR = "administrator"  # of the site: not one who owns the study or may edit it


_EVER = frozenset(State)
_OPEN = frozenset({State.DRAFT, State.RETURNED})
_DRAFT = frozenset({State.DRAFT})
_SENT = frozenset({State.IN_REVIEW})
_SEEN = _EVER - _DRAFT
_NONE: frozenset[State] = frozenset()
_LOOKING = frozenset({Verb.VIEW, Verb.REFEREE})

TABLE: dict[Role, dict[Verb, frozenset[State]]] = {
    role: dict(zip(Verb, states, strict=True))
    for role, states in {
        #                    view   edit   submit manage review publish delete  referee retract map    erase  convert
        Role.OWNER:         (_EVER, _OPEN, _OPEN, _EVER, _NONE, _NONE,  _DRAFT, _EVER,  _NONE,  _OPEN, _NONE, _EVER),
        Role.MANAGER:       (_EVER, _OPEN, _OPEN, _EVER, _NONE, _NONE,  _NONE,  _EVER,  _NONE,  _OPEN, _NONE, _EVER),
        Role.EDITOR:        (_EVER, _OPEN, _NONE, _NONE, _NONE, _NONE,  _NONE,  _EVER,  _NONE,  _OPEN, _NONE, _EVER),
        Role.VIEWER:        (_EVER, _NONE, _NONE, _NONE, _NONE, _NONE,  _NONE,  _EVER,  _NONE,  _NONE, _NONE, _NONE),
        Role.CURATOR:       (_SEEN, _NONE, _NONE, _NONE, _SENT, _SENT,  _NONE,  _SEEN,  _EVER,  _SENT, _EVER, _SEEN),
        Role.REFEREE:       (_NONE, _NONE, _NONE, _NONE, _NONE, _NONE,  _NONE,  _EVER,  _NONE,  _NONE, _NONE, _NONE),
        Role.ADMINISTRATOR: (_NONE, _NONE, _NONE, _NONE, _NONE, _NONE,  _NONE,  _NONE,  _EVER,  _NONE, _NONE, _NONE),
    }.items()
}  # fmt: skip


def _role_of(grant: AccessGrant) -> Role:
    """A link only lets one look, whatever right it carries: nobody would answer for what was done by it."""
    if grant.link_digest:
        return Role.REFEREE if grant.is_blind else Role.VIEWER
    return {Right.VIEW: Role.VIEWER, Right.EDIT: Role.EDITOR, Right.MANAGE: Role.MANAGER}[Right(grant.right)]


@dataclass(frozen=True)
class Actor:
    """Who asks: a person, a token acting for one, the holder of a link, or nobody in particular (all empty)."""

    user: User | None = None
    token: ApiToken | None = None
    link: str | None = None  # the secret of a shared link

    @classmethod
    def of(cls, request: HttpRequest) -> "Actor":
        """The actor of a page's or an API's request."""
        token = getattr(request, "auth", None)
        user = request.user if isinstance(request.user, User) else None
        return cls(user, token if isinstance(token, ApiToken) else None, request.GET.get(LINK_PARAMETER))

    @property
    def person(self) -> User | None:
        """The person behind it, if there is one who may still act."""
        user = self.user or (self.token.user if self.token else None)
        if user is None or not user.is_active:
            return None
        if self.token and (
            self.token.user_id != user.id
            or self.token.revoked_at
            or (self.token.expires_at and self.token.expires_at <= timezone.now())
        ):
            return None
        return user

    @property
    def is_read_only(self) -> bool:
        return self.token is not None and not self.token.may_write


def link_digest(secret: str) -> str:
    """What is kept of a link's secret."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def may(actor: Actor, verb: Verb, obj: Subject) -> bool:
    """Whether the actor may do this to a study, or to a component, image or file of one, as it is now."""
    if verb not in _LOOKING and actor.is_read_only:
        return False
    study = _study_of(obj)
    return any(study.state in TABLE[role][verb] for role in roles(actor, obj))


def require(actor: Actor, verb: Verb, obj: Subject) -> None:
    """Nothing, if the actor may. Raises NotFound when it may not even know of it, NotAllowed when it never may,
    and Conflict when only the study's state is against it."""
    held = roles(actor, obj)
    study = _study_of(obj)
    if (verb in _LOOKING or not actor.is_read_only) and any(study.state in TABLE[role][verb] for role in held):
        return
    knows = may(actor, Verb.VIEW, obj) or (any(TABLE[role][verb] for role in held) and was_sent(study))
    if verb in _LOOKING or not knows:
        raise NotFound(NOT_SHARED)
    if actor.is_read_only:
        raise NotAllowed("This API token may read but not change anything.")
    if any(TABLE[role][verb] for role in held):
        raise Conflict(what_happened(study))
    raise NotAllowed(_refusal(actor, verb))


def roles(actor: Actor, obj: Subject) -> set[Role]:
    """The roles of the actor on this study, component, image or file. At most one query."""
    study = _study_of(obj)
    person = actor.person
    if person is not None and study.owner_id == person.id:
        return {Role.OWNER}
    held: set[Role] = set()
    edits_some_of_it = False
    if condition := _subjects(actor):
        of_study = Q(study=study) | Q(component__study=study) | Q(image__study=study)
        for grant in AccessGrant.objects.filter(condition, of_study, _in_force()).distinct():
            if _covers(grant, obj):
                held.add(_role_of(grant))
            edits_some_of_it |= grant.right != Right.VIEW and not grant.link_digest
    if person is not None and not edits_some_of_it:
        held |= {Role.CURATOR} if person.is_curator else set()
        held |= {Role.ADMINISTRATOR} if person.is_staff else set()
    return held


def visible_to(actor: Actor) -> QuerySet[Study]:
    """The studies whose working copy the actor may view, in whole."""
    person = actor.person
    visible = Q(pk__in=())
    if person is not None:
        visible |= Q(owner=person)
        if person.is_curator:
            visible |= Q(state__in=TABLE[Role.CURATOR][Verb.VIEW])
    if condition := _subjects(actor):
        grants = AccessGrant.objects.filter(condition, _in_force(), study__isnull=False, is_blind=False)
        visible |= Q(pk__in=grants.values("study"))
    return Study.objects.filter(visible)


def editors_of(study: Study) -> list[User]:
    """The owner and everybody who may edit the whole study or manage it, and is still active."""
    grants = AccessGrant.objects.filter(_in_force(), study=study).exclude(right=Right.VIEW)
    people = User.objects.filter(
        Q(pk=study.owner_id)
        | Q(pk__in=grants.filter(user__isnull=False).values("user"))
        | Q(lab_groups__in=grants.filter(group__isnull=False).values("group"))
    )
    return list(people.filter(is_active=True).distinct().order_by("pk"))


def edited_by(person: User) -> Q:
    """The condition for studies that are this person's, or that they may edit the whole or a part of."""
    grants = AccessGrant.objects.filter(Q(user=person) | Q(group__members=person), _in_force())
    rights = grants.exclude(right=Right.VIEW)
    return (
        Q(owner=person)
        | Q(pk__in=rights.filter(study__isnull=False).values("study"))
        | Q(pk__in=rights.filter(component__isnull=False).values("component__study"))
        | Q(pk__in=rights.filter(image__isnull=False).values("image__study"))
    )


def study_for(actor: Actor, verb: Verb, study_id: uuid.UUID, *, lock: bool = False) -> Study:
    """The study, once the actor is found to be allowed. `lock`: until the end of the transaction (PostgreSQL locks the
    row; SQLite has locked the database when the transaction began). Raises as `require` does."""
    studies = Study.objects.select_for_update(of=("self",)) if lock else Study.objects.all()
    study = studies.select_related("owner").filter(pk=study_id).first()
    if study is None:
        raise NotFound(NOT_SHARED)
    require(actor, verb, study)
    return study


def was_sent(study: Study) -> bool:
    """Whether curators ever had the study before them: of other drafts they learn nothing."""
    return ReviewRound.objects.filter(study=study).exists()


def what_happened(study: Study) -> str:
    """Why the study cannot be worked on now, in words: what was done last, by whom and when."""
    name = f"“{study.title}”" if study.title.strip() else "This study"
    rounds = ReviewRound.objects.filter(study=study, version=study.version).select_related("submitted_by", "decided_by")
    last = rounds.order_by("-number").first()
    if last is None:
        return f"{name} is a draft of version {study.version} that was not sent to the curators yet."
    if last.decision == ReviewRound.Decision.PENDING:
        return (
            f"{name} was sent to the curators by {last.submitted_by} on {_day(last.submitted_at)}; it waits for them."
        )
    verb = {"approved": "published", "returned": "returned to its depositor"}.get(last.decision, last.decision)
    if study.state == State.EMBARGOED:
        verb = "approved"
    more = f" It will be public on {study.release_date}." if study.state == State.EMBARGOED else ""
    if study.state == State.WITHDRAWN:
        more = " Since then it was withdrawn from the public."
    return f"{name} was {verb} by {last.decided_by} on {_day(last.decided_at)}.{more}"


def _day(moment: Any) -> str:
    return f"{moment:%Y-%m-%d at %H:%M} UTC"


def _refusal(actor: Actor, verb: Verb) -> str:
    if verb in {Verb.REVIEW, Verb.PUBLISH, Verb.RETRACT, Verb.ERASE}:
        if actor.person is not None and actor.person.is_curator:
            return "A curator never decides on a study of their own, or one that they may edit."
        return "Only curators decide on studies."
    words = {
        Verb.EDIT: "change",
        Verb.MAP: "change",
        Verb.CONVERT: "convert the images of",
        Verb.SUBMIT: "send in",
        Verb.MANAGE: "manage",
        Verb.DELETE: "delete",
    }
    return f"You may look at this study but not {words[verb]} it. Ask its owner."


def _study_of(obj: Subject) -> Study:
    return obj if isinstance(obj, Study) else obj.study


def _covers(grant: AccessGrant, obj: Subject) -> bool:
    """Whether a grant on a study reaches down to this object, or one on a part of it is for this very part."""
    if grant.study_id:
        return True
    if isinstance(obj, StudyComponent):
        return grant.component_id == obj.id
    if isinstance(obj, File):
        return grant.component_id is not None and grant.component_id == obj.component_id
    if isinstance(obj, Image):
        component = grant.component_id is not None and grant.component_id == obj.component_id
        return component or grant.image_id == obj.id
    return False


def _subjects(actor: Actor) -> Q | None:
    """The grants that are the actor's: as a person, by a group, or by a link."""
    person = Q(user=actor.person) | Q(group__members=actor.person) if actor.person else None
    link = Q(link_digest=link_digest(actor.link)) if actor.link else None
    return person | link if person and link else person or link


def _in_force() -> Q:
    return Q(revoked_at=None) & (Q(expires_at=None) | Q(expires_at__gt=timezone.now()))
