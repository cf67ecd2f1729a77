"""Searches that people keep, and the mail that tells them what is new in them."""

import logging
import uuid
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice, takewhile
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from base.errors import Conflict, Invalid, NotFound, Problem
from base.models import User
from publishing.models import SavedSearch
from publishing.search import Hit, Query, SearchUnavailable, search_index
from publishing.search.query import clean

MOST = 100  # searches that a person may keep
LONGEST = 2_500  # characters of its parameters: PostgreSQL's index by them takes little more
TOLD = 20  # hits that one mail lists
COUNTED = 1_000  # hits beyond which a mail says "more than"
EVERY = {SavedSearch.Mail.DAILY: timedelta(days=1), SavedSearch.Mail.WEEKLY: timedelta(days=7)}

logger = logging.getLogger(__name__)


def parameters_of(query: Query) -> str:
    """The search as an address holds it, from its first hit."""
    return urlencode(query.at_start().parameters())


def query_of(saved: SavedSearch) -> Query:
    return Query.of(QueryDict(saved.parameters))


def of_person(person: User) -> QuerySet[SavedSearch]:
    return SavedSearch.objects.filter(owner=person).order_by("name", "id")


def save(*, person: User, name: str, query: Query, mail: str = "") -> SavedSearch:
    """Keep a search. Raises Invalid if its words or its name cannot be taken, and Conflict if the person has it."""
    problems = [Problem("q", problem.message) for problem in query.reading.problems]
    parameters = parameters_of(query)
    if len(parameters) > LONGEST:
        problems.append(Problem("q", _("It is too long to be kept. Leave some words or chosen values out.")))
    short = " ".join(clean(name).split())
    if not short or len(short) > 100:
        problems.append(Problem("name", _("A name of 1 to 100 characters is needed.")))
    if mail not in SavedSearch.Mail.values:
        problems.append(Problem("mail", _("Choose “daily”, “weekly” or nothing.")))
    if problems:
        raise Invalid(_("This search cannot be saved."), problems=problems)
    now = timezone.now()
    with transaction.atomic():
        User.objects.select_for_update().get(pk=person.pk)
        if of_person(person).count() >= MOST:
            raise Conflict(_("You have saved %(count)s searches. Remove one first.") % {"count": MOST})
        saved, made = SavedSearch.objects.get_or_create(
            owner=person,
            parameters=parameters,
            defaults={"name": short, "mail": mail, "told_until": now, "looked_at": now},
        )
    if not made:
        raise Conflict(_("You have saved this search already, as “%(name)s”.") % {"name": saved.name})
    return saved


def change(*, person: User, saved_id: uuid.UUID, name: str, mail: str) -> SavedSearch:
    """Another name, or mail at other times. Raises NotFound and Invalid."""
    short = " ".join(clean(name).split())
    if not short or len(short) > 100 or mail not in SavedSearch.Mail.values:
        message = _("A name of 1 to 100 characters is needed, and when mail is wanted.")
        raise Invalid(message, problems=[Problem("name", message)])
    with transaction.atomic():
        saved = _own(person, saved_id)
        if mail and not saved.mail:  # what came before is not news
            saved.told_until = saved.looked_at = timezone.now()
        saved.name, saved.mail = short, mail
        saved.save(update_fields=["name", "mail", "told_until", "looked_at"])
    return saved


def forget(*, person: User, saved_id: uuid.UUID) -> None:
    """Remove a saved search. Raises NotFound."""
    with transaction.atomic():
        _own(person, saved_id).delete()


def _own(person: User, saved_id: uuid.UUID) -> SavedSearch:
    saved = SavedSearch.objects.select_for_update().filter(owner=person, pk=saved_id).first()
    if saved is None:
        raise NotFound(_("You have no such saved search."))
    return saved


@dataclass(frozen=True)
class News:
    """The newest hits, at most TOLD of them, and how many there are, up to COUNTED."""

    hits: tuple[Hit, ...]
    count: int


def news_of(saved: SavedSearch) -> News:
    """What was published since the person was told, newest first. Raises SearchUnavailable."""
    newest = search_index().scan(replace(query_of(saved), sort="newest"))
    # Engines order by the second, so one that is older may stand before one that is news.
    late = takewhile(lambda hit: hit.published > saved.told_until - timedelta(seconds=1), newest)
    new = (hit for hit in late if hit.published > saved.told_until)
    hits = tuple(islice(new, TOLD))
    return News(hits, len(hits) + sum(1 for _hit in islice(new, COUNTED - len(hits))))


def mail_news(now: datetime | None = None) -> int:
    """Mail what is new in the searches that are due; gives how many mails went out. Safe to run again."""
    now = now or timezone.now()
    due = Q()
    for mail, every in EVERY.items():
        due |= Q(mail=mail, looked_at__lte=now - every)
    waiting = SavedSearch.objects.filter(due, owner__is_active=True).order_by("looked_at")
    try:
        return sum(_mail(saved, now) for saved in list(waiting.select_related("owner")))
    except SearchUnavailable:
        logger.warning("saved searches wait for the search engine", exc_info=True)
        return 0


def _mail(saved: SavedSearch, now: datetime) -> int:
    """Look through one search and mail its news. Whoever notes first that it was looked at sends it; what could not be
    sent is looked for again, and what was not told stays news, also if this process ends half-way."""
    news = news_of(saved)
    same = SavedSearch.objects.filter(pk=saved.pk, mail=saved.mail)
    if not same.filter(looked_at=saved.looked_at).update(looked_at=now) or not news.hits:
        return 0
    try:
        message_of(saved, news).send()
    except (SMTPException, OSError):
        logger.warning("a mail to %s could not be sent; it is tried again later", saved.owner, exc_info=True)
        same.filter(looked_at=now).update(looked_at=saved.looked_at)
        return 0
    same.update(told_until=max(hit.published for hit in news.hits))
    return 1


def message_of(saved: SavedSearch, news: News) -> EmailMessage:
    """The mail of what is new. Its id names the last news, so that a doubled mail is known as one."""
    newest = max(hit.published for hit in news.hits)
    with translation.override(settings.LANGUAGE_CODE):
        counted = {"count": news.count, "name": saved.name}
        subject = ngettext("%(count)s new hit: %(name)s", "%(count)s new hits: %(name)s", news.count) % counted
        context = {
            "saved": saved,
            "news": news,
            "more": news.count - len(news.hits),
            "site": settings.SITE_NAME,
            "public_url": settings.PUBLIC_URL,
            "search_url": f"{settings.PUBLIC_URL}/search?{_newest_first(saved)}",
        }
        body = render_to_string("notices/saved_search.txt", context)
    host = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].strip("> ")
    headers = {
        "Message-ID": f"<{saved.pk}.{newest.timestamp():.6f}@{host}>",
        "Auto-Submitted": "auto-generated",
        "List-Unsubscribe": f"<{settings.PUBLIC_URL}/search/saved>",
    }
    return EmailMessage(f"[{settings.SITE_NAME}] {subject}", body, to=[saved.owner.email], headers=headers)


def _newest_first(saved: SavedSearch) -> str:
    return urlencode(replace(query_of(saved), sort="newest").parameters())
