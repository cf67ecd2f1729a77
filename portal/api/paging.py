"""Lists page by keyset: `?after=<id>` continues after the last id of the page before, at the same cost at any depth."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from base.errors import Invalid, Problem

MAX_LIMIT = 500
PAGE = [OpenApiParameter("after", str), OpenApiParameter("limit", int)]


def page_limit(request: Request, default: int = 50) -> int:
    """`?limit=` as a number from 1 to 500. Raises Invalid."""
    text = request.query_params.get("limit", str(default))
    if not (text.isascii() and text.isdigit() and len(text) < 10 and 1 <= int(text) <= MAX_LIMIT):
        raise Invalid(
            "The limit is a whole number from 1 to 500.", problems=[Problem("limit", f"{text[:20]!r} is none.")]
        )
    return int(text)


def page_after(request: Request) -> UUID | None:
    """`?after=` as a UUID, or None. Raises Invalid."""
    text = request.query_params.get("after", "")
    try:
        return UUID(text) if text else None
    except ValueError:
        raise Invalid(
            "The page cannot be found.", problems=[Problem("after", "It is the last id of the page before.")]
        ) from None


def next_link(request: Request, last: Any) -> str:
    """The relative address of the page after the one that ends with `last`."""
    params = {**request.query_params.dict(), "after": str(last)}
    return f"{request.path}?{urlencode(params)}"


def keyset_page(request: Request, queryset: QuerySet[Any], serializer: Any, *, newest_first: bool = True) -> Response:
    """`{"items": […], "next": address | null}`, ordered by UUIDv7 ids, which are times."""
    limit, after = page_limit(request), page_after(request)
    if after:
        queryset = queryset.filter(pk__lt=after) if newest_first else queryset.filter(pk__gt=after)
    rows = list(queryset.order_by("-pk" if newest_first else "pk")[: limit + 1])
    more = len(rows) > limit
    rows = rows[:limit]
    return Response(
        {"items": serializer(rows, many=True).data, "next": next_link(request, rows[-1].pk) if more else None}
    )
