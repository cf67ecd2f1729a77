"""Asking an outside register over HTTP: briefly, with a limit on what it may answer, and at most once a day for one
thing."""

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx
from django.conf import settings
from django.core.cache import cache

from base.errors import DomainError

CONNECT_SECONDS = 3.0
TOTAL_SECONDS = 6.0
MOST_BYTES = 2_000_000
KEPT_SECONDS = 24 * 3600
REST_SECONDS = 30  # for which one that did not answer is left alone
TEXT = 1000  # characters of one value


class LookupFailed(DomainError):
    """The register is not asked here, does not answer, or answers nothing that can be used. The message says which."""


@dataclass(frozen=True)
class Register:
    """One outside register, by the setting that holds its address."""

    name: str
    setting: str

    @property
    def address(self) -> str:
        return str(getattr(settings, self.setting, "") or "").rstrip("/")

    @property
    def is_on(self) -> bool:
        return bool(self.address)


def ask(register: Register, path: str, parameters: Mapping[str, str] | None = None) -> Any:
    """The JSON that the register answers, None if it knows of no such thing. Raises LookupFailed, with why."""
    if not register.is_on:
        raise LookupFailed(f"This site does not ask {register.name}. Type the values yourself.")
    url = httpx.URL(f"{register.address}/{path}", params=dict(parameters or {}))
    key = "lookup:" + hashlib.sha256(str(url).encode()).hexdigest()
    if (kept := cache.get(key)) is not None:
        return kept["answer"]
    resting = f"lookup-resting:{register.setting}"
    if cache.get(resting):
        raise LookupFailed(f"{register.name} did not answer a moment ago. Try again in a minute.")
    try:
        status, body = _get(url)
    except httpx.HTTPError as error:
        cache.set(resting, True, REST_SECONDS)
        raise LookupFailed(f"{register.name} does not answer now. Try again later, or type the values.") from error
    answer = _read(register, status, body)
    cache.set(key, {"answer": answer}, KEPT_SECONDS)
    return answer


def _get(url: httpx.URL) -> tuple[int, bytes]:
    """Status and body, of which no more is read than is allowed. Redirections are not followed."""
    headers = {
        "Accept": "application/json",
        "User-Agent": f"{settings.SITE_NAME} ({settings.PUBLIC_URL}; mailto:{settings.DEFAULT_FROM_EMAIL})",
    }
    end = time.monotonic() + TOTAL_SECONDS
    timeout = httpx.Timeout(TOTAL_SECONDS, connect=CONNECT_SECONDS)
    body = bytearray()
    with httpx.Client(timeout=timeout, headers=headers) as client, client.stream("GET", url) as response:
        for piece in response.iter_bytes():
            body += piece
            if len(body) > MOST_BYTES:
                return response.status_code, bytes(body)
            if time.monotonic() > end:
                raise httpx.ReadTimeout("the answer comes too slowly")
    return response.status_code, bytes(body)


def _read(register: Register, status: int, body: bytes) -> Any:
    if status in {404, 410}:
        return None
    if status == 429:
        raise LookupFailed(f"{register.name} was asked too often. Try again in a few minutes.")
    if status != 200:
        raise LookupFailed(f"{register.name} answers with an error ({status}). Try again later, or type the values.")
    if len(body) > MOST_BYTES:
        raise LookupFailed(f"{register.name} answers more than this site takes. Type the values yourself.")
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise not_understood(register) from error


def not_understood(register: Register) -> LookupFailed:
    return LookupFailed(f"{register.name} answers what this site does not understand. Type the values yourself.")


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
