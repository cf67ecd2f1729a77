"""Who may have an image or file: all, if a version that is not withdrawn shows it; else as catalogue.access says."""

import time
import uuid
from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.sessions.backends.base import SessionBase
from django.core.handlers.wsgi import WSGIRequest
from django.db import close_old_connections
from django.utils.module_loading import import_string

from base.models import ApiToken, User
from catalogue.access import LINK_PARAMETER, Actor
from publishing.models import Entry
from publishing.queries import public_record

SECONDS = 2.0  # that a withdrawal may take to be seen by this process
REMEMBERED = 10_000

Kind = Entry.Kind


@dataclass(frozen=True)
class _Known:
    record: str
    until: float  # on the monotonic clock


class PublicRecords:
    """`public_record` with a short memory, bounded in number, safe between threads.

    Only what is public is remembered: what is not may be published the next moment, and must then show at once.
    """

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, uuid.UUID], _Known] = OrderedDict()
        self._lock = Lock()

    def of(self, kind: Entry.Kind, object_id: uuid.UUID) -> str | None:
        key, now = (str(kind), object_id), time.monotonic()
        known = self._known.get(key)
        if known is not None and known.until > now:
            return known.record
        close_old_connections()
        record = public_record(kind, object_id)
        if record is None:
            return None
        with self._lock:
            self._known[key] = _Known(record, now + SECONDS)
            self._known.move_to_end(key)
            while len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return record


def actor_of(environ: dict[str, Any]) -> Actor:
    """Who asks, as Django and the API would find: by session, by API token, by a shared link."""
    request = WSGIRequest(environ)
    token = _token(request.META.get("HTTP_AUTHORIZATION", ""))
    user: User | None = None
    if token is not None:
        user = token.user
    elif key := request.COOKIES.get(settings.SESSION_COOKIE_NAME):
        store: type[SessionBase] = import_string(f"{settings.SESSION_ENGINE}.SessionStore")
        request.session = store(key)
        found = get_user(request)
        user = found if isinstance(found, User) else None
    return Actor(user, token, request.GET.get(LINK_PARAMETER))


def _token(header: str) -> ApiToken | None:
    scheme, _, secret = header.partition(" ")
    return ApiToken.objects.by_secret(secret.strip()) if scheme.lower() == "bearer" else None
