"""Content as an HTTP answer: conditional and range requests (RFC 9110 §13, §14), caching, access from other sites."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from django.conf import settings

from publishing.delivery.content import Content

Headers = list[tuple[str, str]]

FOR_GOOD = "public, max-age=31536000, immutable"
A_MINUTE = "public, max-age=60"
PRIVATE = "private, no-cache"
KEPT_IN_FRONT = "86400"  # seconds that deploy/nginx keeps pixels of a draft, for those who may see it
METHODS = "GET, HEAD, OPTIONS"
LINES = {int(status): f"{int(status)} {status.phrase}" for status in HTTPStatus}

# Public data may be read by scripts of any site; no cookie is ever asked for that.
SHARED: Headers = [
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Expose-Headers", "Accept-Ranges, Content-Length, Content-Range, ETag, Link"),
    ("Cross-Origin-Resource-Policy", "cross-origin"),
]
UNSHARED: Headers = [("Cross-Origin-Resource-Policy", "same-origin"), ("Vary", "Cookie, Authorization")]

_RANGE = re.compile(r"bytes=\s*([0-9]{0,18})-([0-9]{0,18})\s*")
_TAG = re.compile(r'(?:W/)?"([^"]*)"')
_CONTROL = re.compile("[\\x00-\\x1f\\x7f]")


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Headers = field(default_factory=list)
    body: Iterable[bytes] = ()

    def __post_init__(self) -> None:
        if _CONTROL.search("".join([value for _, value in self.headers])):
            found = next((name, value) for name, value in self.headers if _CONTROL.search(value))
            raise ValueError("a control character cannot be sent in {}: {!r}".format(*found))

    @property
    def line(self) -> str:
        return LINES[self.status]


def answer(environ: dict[str, Any], content: Content, *, public: bool) -> Answer:
    """The answer to a GET or HEAD of this content."""
    tag = f'"{content.etag}"'
    kept = content.only_pixels and not public
    headers: Headers = [
        *([("X-Accel-Expires", KEPT_IN_FRONT)] if kept else []),  # first: nginx before 1.23 goes by what comes first
        ("Content-Type", content.media_type),
        ("ETag", tag),
        ("Cache-Control", (FOR_GOOD if content.unchanging else A_MINUTE) if public else PRIVATE),
        ("Accept-Ranges", "none" if content.length is None else "bytes"),
        ("X-Content-Type-Options", "nosniff"),
        *(SHARED if public else UNSHARED),
    ]
    if content.canonical:
        headers.append(("Link", f'<{content.canonical}>;rel="canonical"'))
    if content.is_copy:
        headers.append(("X-Vitrine-Copied", "local copy"))
    if content.filename:
        headers.append(("Content-Disposition", _attachment(content.filename)))
    known = environ.get("HTTP_IF_NONE_MATCH")
    if known and (known.strip() == "*" or content.etag in _TAG.findall(known)):
        return Answer(304, [header for header in headers if header[0] != "Content-Type"])
    if content.path and settings.FILES_BY_NGINX:
        return Answer(200, [*headers, ("X-Accel-Redirect", "/-/file" + quote(str(content.path)))])
    if content.length is None:
        return Answer(200, headers, () if environ["REQUEST_METHOD"] == "HEAD" else content.read(0, -1))
    wanted = environ.get("HTTP_RANGE")
    start, length, status = 0, content.length, 200
    if wanted and environ.get("HTTP_IF_RANGE", tag) == tag:
        part = _part(wanted, content.length)
        if part == (0, 0):
            headers = [*headers, ("Content-Range", f"bytes */{content.length}"), ("Content-Length", "0")]
            return Answer(416, headers)
        if part is not None:
            (start, length), status = part, 206
            headers.append(("Content-Range", f"bytes {start}-{start + length - 1}/{content.length}"))
    headers.append(("Content-Length", str(length)))
    return Answer(status, headers, () if environ["REQUEST_METHOD"] == "HEAD" else content.read(start, length))


def preflight(*, public: bool) -> Answer:
    """The answer to OPTIONS: other sites may read what is public, parts of it too."""
    headers: Headers = [("Allow", METHODS), ("Content-Length", "0")]
    if public:
        headers += [
            *SHARED,
            ("Access-Control-Allow-Methods", METHODS),
            ("Access-Control-Allow-Headers", "Range, If-None-Match, If-Range"),
            ("Access-Control-Max-Age", "86400"),
        ]
    return Answer(204, headers)


def elsewhere(address: str, *, public: bool) -> Answer:
    """The answer that sends a client to another address."""
    sharing = SHARED if public else UNSHARED
    return Answer(303, [("Location", address), ("Content-Length", "0"), ("Cache-Control", "no-store"), *sharing])


def problem(status: int, detail: str, *, public: bool = False, headers: Headers | None = None) -> Answer:
    """What is wrong, as problem details (RFC 9457)."""
    title = HTTPStatus(status).phrase
    body = json.dumps({"type": "about:blank", "title": title, "status": status, "detail": detail}).encode()
    return Answer(
        status,
        [
            ("Content-Type", "application/problem+json"),
            ("Content-Length", str(len(body))),
            ("Cache-Control", A_MINUTE if public else "no-store"),
            ("X-Accel-Expires", "0"),  # deploy/nginx keeps nothing that is wrong
            ("X-Content-Type-Options", "nosniff"),
            *(SHARED if public else UNSHARED),
            *(headers or ()),
        ],
        [body],
    )


def _part(wanted: str, size: int) -> tuple[int, int] | None:
    """Start and length of a single range; (0, 0) if it lies outside; None to send all (several ranges, or no bytes)."""
    match = _RANGE.fullmatch(wanted)
    if match is None or match.group(1) == match.group(2) == "":
        return None
    first, last = match.groups()
    if not first:  # the last so many bytes
        length = min(int(last), size)
        return (size - length, length) if length else (0, 0)
    start = int(first)
    end = min(int(last), size - 1) if last else size - 1
    if last and int(last) < start:
        return None
    return (start, end - start + 1) if start < size else (0, 0)


def _attachment(filename: str) -> str:
    """RFC 6266: the name in ASCII for old clients, and as it is."""
    plain = re.sub(r'[^ -~]|["\\%]', "_", filename)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"
