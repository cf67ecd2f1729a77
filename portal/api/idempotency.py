"""`Idempotency-Key` on POST (draft-ietf-httpapi-idempotency-key-header): what was done once is answered again, not done
again. The deed and its answer are one transaction, so that a crash leaves both or neither; errors are not kept."""

import hashlib
from collections.abc import Callable
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone

from base.models import AnsweredRequest, User

Handler = Callable[[HttpRequest], HttpResponse]
HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
KEPT = timedelta(hours=24)
MAX_KEY = 255
KEPT_HEADERS = ("Content-Type", "Location", "ETag")


class _Undone(Exception):
    """An answer that is no success: nothing of it is kept."""

    def __init__(self, answer: HttpResponse) -> None:
        super().__init__()
        self.answer = answer


def idempotent_posts(get_response: Handler) -> Handler:
    def middleware(request: HttpRequest) -> HttpResponse:
        key = request.headers.get(HEADER)
        if key is None or request.method != "POST" or not request.path.startswith("/api/v1/"):
            return get_response(request)
        if not key.isprintable() or not 0 < len(key) <= MAX_KEY:
            return _problem(400, f"The {HEADER} has 1 to {MAX_KEY} printable characters.")
        asker = _asker(request)
        if not asker:
            return get_response(request)  # nobody may change anything
        digest = hashlib.sha256(f"POST {request.get_full_path()}\n".encode() + request.body).hexdigest()
        return _once(asker, key, digest, lambda: get_response(request))

    return middleware


def _once(asker: str, key: str, digest: str, answer: Callable[[], HttpResponse]) -> HttpResponse:
    if found := _kept(asker, key):
        return _again(found, digest)
    try:
        with transaction.atomic():
            # Who asks the same meanwhile waits here for the first to be done.
            row = AnsweredRequest.objects.create(asker=asker, key=key, digest=digest)
            response = answer()
            if not 200 <= response.status_code < 300 or response.streaming:
                raise _Undone(response)
            row.status, row.body = response.status_code, response.content
            row.headers = {name: response[name] for name in KEPT_HEADERS if name in response}
            row.save()
    except _Undone as undone:
        return undone.answer
    except IntegrityError:
        found = _kept(asker, key)
        if found is None:
            raise
        return _again(found, digest)
    return response


def _kept(asker: str, key: str) -> AnsweredRequest | None:
    AnsweredRequest.objects.filter(asker=asker, created_at__lt=timezone.now() - KEPT).delete()
    return AnsweredRequest.objects.filter(asker=asker, key=key).first()


def _again(found: AnsweredRequest, digest: str) -> HttpResponse:
    if found.digest != digest:
        return _problem(422, f"This {HEADER} was used for another request; give each request a key of its own.")
    response = HttpResponse(bytes(found.body), status=found.status)
    for name, value in found.headers.items():
        response[name] = value
    response[REPLAYED] = "true"
    return response


def _asker(request: HttpRequest) -> str:
    if said := request.headers.get("Authorization"):
        return hashlib.sha256(said.encode()).hexdigest()
    return hashlib.sha256(str(request.user.pk).encode()).hexdigest() if isinstance(request.user, User) else ""


def _problem(status: int, detail: str) -> HttpResponse:
    title = {400: "Bad request", 422: "Another request has this key"}[status]
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    return JsonResponse(body, status=status, content_type="application/problem+json")
