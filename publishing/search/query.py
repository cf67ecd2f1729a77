"""A search as plain data, to and from an address. Whatever is typed makes a Query; nothing here raises."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Protocol

from publishing.search.document import PUBLIC
from publishing.search.fields import FACETS
from publishing.search.language.reading import LONGEST, Reading, read

TYPES = ("study", "image", "term")
FOUND_BY_DEFAULT = ("study", "image")
SORTS = ("relevance", "newest", "oldest")
DEEPEST = 10_000  # hits by relevance that can be paged to; by date there is no end
MOST_VALUES = 50  # of one facet
SIZES = range(1, 101)

_UNTAKEN = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


class Parameters(Protocol):
    """Parameters of an address, such as Django's QueryDict."""

    def getlist(self, key: str) -> Sequence[str]: ...


def clean(text: str) -> str:
    """Text without control characters and lone surrogates, which no engine takes."""
    return _UNTAKEN.sub(" ", text)


@dataclass(frozen=True)
class Query:
    """Values of one facet are alternatives, facets narrow each other. Without words, relevance means newest first.

    `audience` says as whom one searches: only documents with one of these names in their audience are found.
    `after` and `before` are cursors of Results, for lists by date. `counted` are the facets whose counts are wanted.
    """

    q: str = ""
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sort: str = "relevance"
    page: int = 1
    after: str = ""
    before: str = ""
    size: int = 24
    audience: tuple[str, ...] = (PUBLIC,)
    counted: tuple[str, ...] = FACETS

    @classmethod
    def of(cls, parameters: Parameters, *, size: int = 24, audience: tuple[str, ...] = (PUBLIC,)) -> "Query":
        """Read an address's parameters: facets repeat (`organism=…&organism=…`), `type` may also list by commas."""

        def last(key: str) -> str:
            values = parameters.getlist(key)
            return values[-1] if values else ""

        filters = {}
        for facet in FACETS:
            values = [clean(value).strip() for value in parameters.getlist(facet)]
            if facet == "type":
                values = [part for value in values for part in value.split(",") if part in TYPES]
            if chosen := tuple(dict.fromkeys(filter(None, values)))[:MOST_VALUES]:
                filters[facet] = chosen
        return cls(
            q=clean(last("q")[: LONGEST + 1]).strip(),
            filters=filters,
            sort=last("sort") if last("sort") in SORTS else "relevance",
            page=_number(last("page"), default=1),
            after=clean(last("after")[:200]),
            before=clean(last("before")[:200]),
            size=min(max(_number(last("size"), default=size), SIZES.start), SIZES.stop - 1),
            audience=audience,
        )

    @cached_property
    def reading(self) -> Reading:
        """What the words mean: the clause that a hit must fulfil, and what is wrong with them."""
        return read(self.q)

    @property
    def types(self) -> tuple[str, ...]:
        """The kinds of documents that are looked for."""
        return self.filters.get("type", FOUND_BY_DEFAULT)

    @property
    def is_ranked(self) -> bool:
        """Whether hits come by how well they fit; else they come by date."""
        return self.sort == "relevance" and self.reading.has_words

    @property
    def deepest_page(self) -> int:
        return max(1, DEEPEST // self.size)

    def parameters(self) -> list[tuple[str, str]]:
        """The address's parameters of this search, without what is the default; the page only beyond the first."""
        found = [("q", self.q)] if self.q else []
        found += [(facet, value) for facet in FACETS for value in self.filters.get(facet, ())]
        if self.sort != "relevance":
            found.append(("sort", self.sort))
        if self.page > 1:
            found.append(("page", str(self.page)))
        found += [(name, cursor) for name, cursor in (("after", self.after), ("before", self.before)) if cursor]
        return found

    def at_start(self) -> "Query":
        """The same search from its first hit."""
        return replace(self, page=1, after="", before="")

    def on_page(self, page: int) -> "Query":
        return replace(self.at_start(), page=page)

    def sorted_by(self, sort: str) -> "Query":
        return replace(self.at_start(), sort=sort)

    def toggled(self, facet: str, value: str) -> "Query":
        """With this value chosen, or no longer if it was; back at the first hit."""
        values = self.filters.get(facet, ())
        chosen = tuple(v for v in values if v != value) if value in values else (*values, value)
        return replace(self.at_start(), filters={**self.filters, facet: chosen})

    def without_filters(self) -> "Query":
        return replace(self.at_start(), filters={})


def _number(text: str, *, default: int) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 and int(text) > 0 else default
