"""News about studies for the people who work on them: noted with the act, mailed after it, as each person chose.

A notice is a row, written in the transaction of what it tells of, so that none is lost and none tells of what did not
happen. A job mails it at once; what a mail server refuses is tried again. Nobody is mailed about a study that they may
not see at that moment.
"""

import logging
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import groupby
from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Q, QuerySet
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from base import jobs
from base.models import User
from catalogue.access import Actor, Verb, edited_by, editors_of, may
from catalogue.models import Notice, ReviewRound, Study
from catalogue.paths import parse
from catalogue.rules.rembi import BY_KEY

SEND = "send-notices"  # the kind of job
DIGEST_HOUR = 6  # UTC, from which on a day's digest goes out
DUE_SOON = timedelta(days=2)
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=5), timedelta(days=1)  # between two attempts
AT_MOST = 500  # notices that one run looks at

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Kind:
    """What a kind of notice says, of the study, and below which address its reader goes on."""

    sentence: Promise
    address: str


DEPOSIT, REVIEW, STUDY = "/deposit/{id}/check", "/review/{id}", "/studies/{accession}"
KINDS = {
    "submitted": Kind(gettext_lazy("%(who)s sent it to the curators."), REVIEW),
    "assigned": Kind(gettext_lazy("%(who)s gave it to you to review."), REVIEW),
    "due": Kind(gettext_lazy("Your review is due on %(text)s."), REVIEW),
    "returned": Kind(gettext_lazy("%(who)s returned it with requests."), DEPOSIT),
    "rejected": Kind(gettext_lazy("%(who)s rejected it."), DEPOSIT),
    "approved": Kind(gettext_lazy("%(who)s approved it. It will be public on %(text)s."), DEPOSIT),
    "published": Kind(gettext_lazy("It is public."), STUDY),
    "comment": Kind(gettext_lazy("%(who)s commented on %(where)s:"), DEPOSIT),
    "reply": Kind(gettext_lazy("%(who)s answered on %(where)s:"), REVIEW),
    "suggestion": Kind(gettext_lazy("%(who)s suggests a new value for %(where)s."), DEPOSIT),
    "accepted": Kind(gettext_lazy("%(who)s took your suggestion for %(where)s."), REVIEW),
    "declined": Kind(gettext_lazy("%(who)s declined your suggestion for %(where)s:"), REVIEW),
    "retraction-asked": Kind(gettext_lazy("%(who)s asks that it be withdrawn from the public:"), "/review"),
    "retracted": Kind(gettext_lazy("%(who)s withdrew it from the public:"), DEPOSIT),
    "erased": Kind(gettext_lazy("%(who)s removed the bytes of a withdrawn file:"), DEPOSIT),
    "held-up": Kind(gettext_lazy("It could not be published on its day:"), "/review"),
}
_SAID_IN_SENTENCE = {"due", "approved"}  # whose text is part of the sentence


def tell(
    kind: str,
    study: Study,
    subject: uuid.UUID,
    people: Iterable[User],
    *,
    by: User | None = None,
    text: str = "",
    path: str = "",
) -> None:
    """Note news for these people, but not for who did it, in the caller's transaction; mail goes out after it."""
    fields: dict[str, Any] = {"actor_name": str(by or "")[:200], "text": text, "path": path}
    rows = [
        Notice(recipient=person, study=study, kind=kind, subject=subject, **fields)
        for person in {person.pk: person for person in people if person != by and person.is_active}.values()
    ]
    if rows:
        Notice.objects.bulk_create(rows, ignore_conflicts=True)
        jobs.start(SEND, owner=None, target=None)


def curators_of(study: Study) -> list[User]:
    """Whoever has the study's round; nobody having it, all curators who may decide on it."""
    round_ = ReviewRound.objects.filter(study=study).select_related("assignee").order_by("-submitted_at").first()
    if round_ and round_.assignee and round_.assignee.is_active and round_.assignee.is_curator:
        return [round_.assignee]
    curators = User.objects.filter(is_curator=True, is_active=True).order_by("pk")
    return [one for one in curators if not Study.objects.filter(edited_by(one), pk=study.pk).exists()]


def depositors_of(study: Study) -> list[User]:
    return editors_of(study)


def remind(today: datetime | None = None) -> None:
    """Note, once for each date, that a review is due soon."""
    day = (today or timezone.now()).date()
    soon = ReviewRound.objects.filter(
        decision=ReviewRound.Decision.PENDING, assignee__isnull=False, due_on__lte=day + DUE_SOON
    )
    for round_ in soon.select_related("study", "assignee"):
        assert round_.assignee is not None  # as filtered
        subject = uuid.uuid5(round_.pk, f"{round_.due_on} {round_.assignee_id}")
        if not Notice.objects.filter(kind="due", subject=subject).exists():
            with transaction.atomic():
                tell("due", round_.study, subject, [round_.assignee], text=f"{round_.due_on}")


def send(now: datetime | None = None) -> int:
    """Mail what is due: news at once, and the digests of the day; gives how many mails went out. Safe to run again."""
    now = now or timezone.now()
    waiting = Notice.objects.filter(settled_at=None)
    waiting.filter(Q(recipient__notices_by_mail=User.Mail.NONE) | Q(recipient__is_active=False)).update(settled_at=now)
    at_once = waiting.filter(recipient__notices_by_mail=User.Mail.AT_ONCE)
    sent = sum(_send(batch, now) for batch in _batches(at_once, now, by_study=True))
    if now.hour >= DIGEST_HOUR:
        sent += sum(_send(batch, now) for batch in _batches(_of_digests(waiting, now), now, by_study=False))
    return sent


def _of_digests(waiting: QuerySet[Notice], now: datetime) -> QuerySet[Notice]:
    """What people who have one mail a day have in today's: all from before its hour. Later news waits for tomorrow."""
    begin = datetime.combine(now.date(), time(DIGEST_HOUR), now.tzinfo)
    return waiting.filter(recipient__notices_by_mail=User.Mail.DAILY, created_at__lt=begin)


def _batches(waiting: QuerySet[Notice], now: datetime, *, by_study: bool) -> list[list[Notice]]:
    """The notices of one mail each: not those that were tried lately."""
    rows = list(waiting.select_related("recipient", "study").order_by("recipient", "study", "id")[:AT_MOST])
    due = [row for row in rows if row.tried_at is None or row.tried_at + _wait(row.attempts) <= now]
    batches = groupby(due, key=lambda row: (row.recipient_id, row.study_id if by_study else None))
    return [list(batch) for _key, batch in batches]


def _wait(attempts: int) -> timedelta:
    return min(LONGEST_WAIT, FIRST_WAIT * (1 << min(attempts - 1, 10)))


def _send(batch: list[Notice], now: datetime) -> int:
    """Mail these notices to their one recipient. Whoever claims a row first sends it; the others leave it out."""
    claimed = [row for row in batch if _claim(row, now)]
    seen = [row for row in claimed if may(Actor(row.recipient), Verb.VIEW, row.study)]
    if seen:
        try:
            message_of(seen).send()
        except (SMTPException, OSError):
            logger.warning("a mail to %s could not be sent; it is tried again later", seen[0].recipient, exc_info=True)
            return 0
    Notice.objects.filter(pk__in=[row.pk for row in claimed]).update(settled_at=now)
    return 1 if seen else 0


def _claim(row: Notice, now: datetime) -> bool:
    same = Notice.objects.filter(pk=row.pk, settled_at=None, attempts=row.attempts)
    return bool(same.update(attempts=row.attempts + 1, tried_at=now))


def message_of(rows: Sequence[Notice]) -> EmailMessage:
    """The mail with these notices. Its id is that of the first, so that a doubled mail is known as one."""
    with translation.override(settings.LANGUAGE_CODE):
        studies = [(title_of(study), [line_of(row) for row in of_study])
                   for study, of_study in groupby(rows, key=lambda row: row.study)]  # fmt: skip
        context = {"recipient": rows[0].recipient, "studies": studies, "site": settings.SITE_NAME,
                   "profile": f"{settings.PUBLIC_URL}/accounts/profile"}  # fmt: skip
        subject = studies[0][0]
        if len(studies) > 1:
            more = len(studies) - 1
            subject = ngettext("%(first)s, and %(n)d more study", "%(first)s, and %(n)d more studies", more) % {
                "first": subject,
                "n": more,
            }
        body = render_to_string("notices/mail.txt", context)
    host = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].strip("> ")
    headers = {"Message-ID": f"<{rows[0].pk}@{host}>", "Auto-Submitted": "auto-generated"}
    subject = " ".join(f"[{settings.SITE_NAME}] {subject}".split())  # one line, whatever the title holds
    return EmailMessage(subject, body, to=[rows[0].recipient.email], headers=headers)


@dataclass(frozen=True)
class Line:
    """One notice in words: a sentence, what was said, and where to go on."""

    at: datetime
    sentence: str
    said: str
    address: str


def line_of(row: Notice) -> Line:
    kind = KINDS[row.kind]
    words = {"who": row.actor_name or _("The site"), "where": where(row.path), "text": row.text}
    address = kind.address.format(id=row.study_id, accession=row.study.accession)
    said = "" if row.kind in _SAID_IN_SENTENCE else row.text
    return Line(row.created_at, kind.sentence % words, said, settings.PUBLIC_URL + address)


def title_of(study: Study) -> str:
    title = " ".join(study.title.split()) or _("Study without a title")
    short = title if len(title) <= 100 else f"{title[:99]}…"
    return f"{study.accession}: {short}" if study.accession else short


def where(path: str) -> str:
    """A path in words: “Title”, or “Biosample: Organism”."""
    try:
        at = parse(path)
        module = BY_KEY[at.module]
        label = module.field(at.field).label if at.field else ""
    except (ValueError, KeyError):
        return _("the study")
    return f"{module.label}: {label}" if module.repeated and label else label or module.label
