"""What the site says about itself: how it is doing, and the map that harvesters start from."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from base.errors import NotFound
from base.models import Job, Outbox, StoredFile
from base.storage import stores
from base.tiers.numbers import trouble_of
from ontology.names import store as names_store
from portal.errors import wants_page
from publishing import indexer
from publishing.harvest.sitemap import sitemap_index, sitemap_page
from publishing.renditions.links import absolute
from publishing.renditions.vocabulary import BY_PATH, turtle
from publishing.search import SearchUnavailable, search_index

GOOD, WARN, BAD = "good", "warn", "bad"
SLOW = timedelta(minutes=1)  # longer than this nothing should wait
STUCK = timedelta(minutes=10)
ROOM = 5 * 10**9  # bytes of free disk below which uploads may soon fail


@dataclass(frozen=True)
class Check:
    """One part of the site: how it does, in a word and a sentence, and what to do when it is not well."""

    part: str
    state: str
    told: str
    advice: str = ""


@never_cache
@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """200 when all is well or nearly, 503 when something does not work."""
    checks = [check() for check in CHECKS]
    worst = max((check.state for check in checks), key=[GOOD, WARN, BAD].index)
    status = 503 if worst == BAD else 200
    if not wants_page(request):
        parts = [{"part": it.part, "state": it.state, "detail": it.told} for it in checks]
        return JsonResponse({"state": worst, "parts": parts}, status=status)
    return render(request, "public/health.html", {"checks": checks, "worst": worst}, status=status)


def _database() -> Check:
    part = _("Database")
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return Check(part, BAD, _("does not answer"), _("See the log, and whether the database runs."))
    return Check(part, GOOD, _("answers"))


def _index() -> Check:
    part = _("Search index")
    index = search_index()
    try:
        is_there = index.exists()
    except SearchUnavailable:
        return Check(part, BAD, _("does not answer"), _("See the log, and whether Elasticsearch runs."))
    if not is_there:
        return Check(part, WARN, index.health().message, _("If it stays so, see whether `manage.py indexer` runs."))
    state = indexer.health(index)
    if not state.is_well:
        return Check(part, WARN if state.documents else BAD, state.message)
    count = state.documents
    return Check(part, GOOD, ngettext("{count} entry", "{count} entries", count).format(count=count))


def _names() -> Check:
    part = _("Names of terms")
    state = names_store.state()
    if state == names_store.State.CURRENT:
        return Check(part, GOOD, _("as loaded"))
    told = _("are not there yet") if state == names_store.State.MISSING else _("older than the ontologies loaded")
    return Check(part, WARN, told, _("Suggestions are fewer until `manage.py indexer` has made them anew."))


def _indexer() -> Check:
    oldest = Outbox.objects.order_by("pk").values_list("created_at", flat=True).first()
    return _waiting(_("Indexer"), oldest, _("See whether “manage.py indexer” runs."))


def _worker() -> Check:
    waiting = Job.objects.filter(state=Job.State.QUEUED).order_by("created_at")
    oldest = waiting.values_list("created_at", flat=True).first()
    return _waiting(_("Background jobs"), oldest, _("See whether the Celery worker runs."))


def _waiting(part: str, oldest: datetime | None, advice: str) -> Check:
    """How long the oldest piece of work has waited."""
    if oldest is None:
        return Check(part, GOOD, _("nothing waits"))
    waited = timezone.now() - oldest
    told = _("the oldest has waited {seconds} s").format(seconds=int(waited.total_seconds()))
    state = GOOD if waited < SLOW else WARN if waited < STUCK else BAD
    return Check(part, state, told, "" if state == GOOD else advice)


def _disk() -> Check:
    free = shutil.disk_usage(settings.DATA).free
    told = _("{size} GB free").format(size=round(free / 1e9))
    if free < ROOM:
        return Check(_("Disk"), WARN, told, _("Make room: uploads will soon be refused."))
    return Check(_("Disk"), GOOD, told)


def _stores() -> Check:
    """Whether every store answers, and the last check of all bytes found them whole."""
    part, away = _("Stores"), [name for name in stores() if trouble_of(name)]
    if away:
        told = _("{names} cannot be used").format(names=", ".join(away))
        return Check(part, BAD, told, _("`manage.py storage list` says why."))
    damaged = StoredFile.objects.filter(is_damaged=True).count()
    if damaged:
        told = ngettext("{count} file is damaged", "{count} files are damaged", damaged).format(count=damaged)
        return Check(part, BAD, told, _("Put them back from a backup; `manage.py storage check --damaged` lists them."))
    return Check(part, GOOD, ngettext("{count} answers", "{count} answer", len(stores())).format(count=len(stores())))


@require_safe
def sitemap(request: HttpRequest) -> HttpResponse:
    """The site map: its index, or with `?after=<id>` one page of it."""
    after = request.GET.get("after")
    try:
        content = sitemap_page(UUID(after)) if after else sitemap_index()
    except ValueError:
        raise NotFound("The site map has no such page.") from None
    return HttpResponse(content, content_type="application/xml")


@require_safe
def vocabulary(request: HttpRequest, name: str, version: str) -> HttpResponse:
    """One of our vocabularies. A version never changes."""
    found = BY_PATH.get(f"/ns/{name}/{version}")
    if found is None:
        raise NotFound("There is no such vocabulary here.")
    headers = {"Access-Control-Allow-Origin": "*", "Cache-Control": "public, max-age=86400"}
    return HttpResponse(turtle(found), content_type="text/turtle", headers=headers)


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """Crawlers may read all but the endless combinations of filters, as pages and as files: paths are compared by their
    beginnings (RFC 9309, section 2.2.2), so that /search.csv is meant too."""
    text = f"User-agent: *\nDisallow: /search\nDisallow: /accounts/\n\nSitemap: {absolute('/sitemap.xml')}\n"
    return HttpResponse(text, content_type="text/plain; charset=utf-8")


CHECKS: tuple[Callable[[], Check], ...] = (_database, _index, _names, _indexer, _worker, _disk, _stores)
