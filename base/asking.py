"""Asking an outside service over HTTP, on a person's wish: briefly, with a limit on what it may answer, at most once a
day for one thing, and not at all for a while after it failed.

What it answers is somebody else's word: read strictly, kept short, and never saved before a person saw it.
"""

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
from django.conf import settings
from django.core.cache import cache
from django.utils import timezone

from base.errors import DomainError

CONNECT_SECONDS = 3.0
TOTAL_SECONDS = 6.0  # with all that is tried again
MOST_TRIES = 3
FIRST_WAIT = 0.2  # seconds before it is tried again; twice as long each time
MOST_BYTES = 2_000_000
KEPT_SECONDS = 24 * 3600
REST_SECONDS = 30  # for which one that did not answer, or failed a few times, is left alone
MOST_FAILURES = 3
TEXT = 1000  # characters of one value
_AGAIN = frozenset({429, 500, 502, 503, 504})


class LookupFailed(DomainError):
    """The service is not asked here, does not answer, or answers nothing that can be used. The message says which."""


@dataclass(frozen=True)
class Register:
    """One outside service, by the setting that holds its address; with `key_setting`, by one with a key, too.
    `otherwise` tells a person what to do without it."""

    name: str
    setting: str
    key_setting: str = ""
    otherwise: str = "type the values"

    @property
    def address(self) -> str:
        return str(getattr(settings, self.setting, "") or "").rstrip("/")

    @property
    def is_on(self) -> bool:
        return bool(self.address) and (not self.key_setting or bool(self.key))

    @property
    def key(self) -> str:
        return str(getattr(settings, self.key_setting, "") or "")


def _key(url: str) -> str:
    return "lookup:" + hashlib.sha256(url.encode()).hexdigest()


@dataclass(frozen=True)
class Answer:
    """`body` is JSON, None if the service knows of no such thing; `url` what was asked, without any key, and `asked_at`
    when: answers are kept for a day."""

    body: Any
    url: str
    asked_at: datetime


@dataclass(frozen=True)
class _Reply:
    status: int
    body: bytes
    retry_after: str


def ask(register: Register, path: str, parameters: Mapping[str, str] | None = None) -> Any:
    """The JSON that the service answers, None if it knows of no such thing. Raises LookupFailed, with why."""
    return answer(register, path, parameters).body


def answer(register: Register, path: str, parameters: Mapping[str, str] | None = None) -> Answer:
    """As `ask`, with what was asked and when."""
    if not register.is_on:
        raise LookupFailed(f"This site does not ask {register.name}. {_sentence(register.otherwise)} yourself.")
    url = httpx.URL(f"{register.address}/{path}", params=dict(parameters or {}))
    key = _key(str(url))
    if (kept := cache.get(key)) is not None:
        return Answer(kept["answer"], str(url), kept["asked_at"])
    resting = f"lookup-resting:{register.setting}"
    if cache.get(resting, 0) >= MOST_FAILURES:
        raise LookupFailed(f"{register.name} did not answer a moment ago. Try again in a minute.")
    try:
        reply = _get(register, url)
    except httpx.HTTPError as error:
        cache.set(resting, MOST_FAILURES, REST_SECONDS)
        raise LookupFailed(f"{register.name} does not answer now. Try again later, or {register.otherwise}.") from error
    if reply.status in _AGAIN:
        cache.set(resting, cache.get(resting, 0) + 1, REST_SECONDS)
    elif reply.status == 200:
        cache.delete(resting)
    found = Answer(_read(register, reply), str(url), timezone.now())
    cache.set(key, {"answer": found.body, "asked_at": found.asked_at}, KEPT_SECONDS)
    return found


def _get(register: Register, url: httpx.URL) -> _Reply:
    """The reply, asked for again while that may help and there is time. Redirections are not followed."""
    headers = {
        "Accept": "application/json",
        "User-Agent": f"{settings.SITE_NAME} ({settings.PUBLIC_URL}; mailto:{settings.DEFAULT_FROM_EMAIL})",
        **({"Authorization": f"apikey token={register.key}"} if register.key_setting else {}),
    }
    end = time.monotonic() + TOTAL_SECONDS
    for tried in range(1, MOST_TRIES + 1):
        try:
            reply = _get_once(url, headers, end)
        except httpx.TransportError:
            wait = FIRST_WAIT * 2 ** (tried - 1)
            if tried == MOST_TRIES or time.monotonic() + wait >= end:
                raise
        else:
            wait = max(FIRST_WAIT * 2 ** (tried - 1), _seconds(reply.retry_after))
            if reply.status not in _AGAIN or tried == MOST_TRIES or time.monotonic() + wait >= end:
                return reply
        time.sleep(wait)
    raise AssertionError("the last try returns or raises")


def _get_once(url: httpx.URL, headers: Mapping[str, str], end: float) -> _Reply:
    """No more of the body is read than is allowed; it is not to be packed, since a little can unpack to very much."""
    headers = {**headers, "Accept-Encoding": "identity"}
    left = max(end - time.monotonic(), 0.05)
    timeout = httpx.Timeout(left, connect=min(CONNECT_SECONDS, left))
    body = bytearray()
    with httpx.Client(timeout=timeout, headers=headers) as client, client.stream("GET", url) as response:
        for piece in response.iter_raw():
            body += piece
            if len(body) > MOST_BYTES:
                break
            if time.monotonic() > end:
                raise httpx.ReadTimeout("the answer comes too slowly")
        return _Reply(response.status_code, bytes(body), response.headers.get("Retry-After", ""))


def _seconds(retry_after: str) -> float:
    """What Retry-After (RFC 9110, section 10.2.3) asks to wait: a number of seconds, or a time."""
    if retry_after.isascii() and retry_after.isdigit():
        return float(retry_after[:9])
    try:
        then = parsedate_to_datetime(retry_after)
    except ValueError:
        return 0.0
    return (then.replace(tzinfo=then.tzinfo or UTC) - timezone.now()).total_seconds()


def _read(register: Register, reply: _Reply) -> Any:
    if reply.status in {404, 410}:
        return None
    if reply.status == 429:
        raise LookupFailed(f"{register.name} was asked too often. Try again in a few minutes.")
    if reply.status in {401, 403}:
        raise LookupFailed(f"{register.name} does not let this site ask ({reply.status}). Tell whoever runs the site.")
    if reply.status != 200:
        told = f"{register.name} answers with an error ({reply.status})"
        raise LookupFailed(f"{told}. Try again later, or {register.otherwise}.")
    if len(reply.body) > MOST_BYTES:
        raise LookupFailed(
            f"{register.name} answers more than this site takes. {_sentence(register.otherwise)} yourself."
        )
    try:
        return json.loads(reply.body)
    except (ValueError, RecursionError) as error:
        raise not_understood(register) from error


def not_understood(register: Register, found: Answer | None = None) -> LookupFailed:
    """The error of an answer of another form than is known; given it, it is not kept."""
    if found is not None:
        cache.delete(_key(found.url))
    return LookupFailed(
        f"{register.name} answers what this site does not understand. {_sentence(register.otherwise)} yourself."
    )


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]


def inside(value: Any, *names: str) -> Any:
    """What stands at this place of nested JSON objects; None where there is nothing, or something else on the way."""
    for name in names:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def listed(value: Any) -> list[Any]:
    """The list, or an empty one for anything else."""
    return value if isinstance(value, list) else []


def text(value: Any) -> str:
    """The value as one line of text; empty for anything that is none."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        return ""
    return " ".join(value.replace("\0", "").encode("utf-8", "replace").decode().split())[:TEXT]
