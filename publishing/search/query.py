"""A search as plain data, to and from an address. Whatever is typed makes a Query; nothing here raises."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

FACETS = ("organism", "method", "licence", "year", "format", "channels", "type")
TYPES = ("study", "image")
SORTS = ("relevance", "newest", "oldest")
DEEPEST = 10_000  # hits that can be paged to; lists of everything page by keyset instead
LONGEST = 1_000  # characters of a query that are looked at
MOST_PIECES = 32
MOST_VALUES = 50  # of one facet
SIZES = range(1, 101)

# Words that say nothing: left out unless they are all there is.
STOPWORDS = frozenset({"a", "an", "and", "at", "by", "for", "from", "in", "is", "of", "on", "or", "the", "to", "with"})

_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»", '"'))
_UNTAKEN = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_PIECES = re.compile(r'"([^"]*)(?:"|$)|([^\s"]+)')


@dataclass(frozen=True)
class Piece:
    """A word or quoted phrase that a hit must hold."""

    text: str
    quoted: bool = False


class Parameters(Protocol):
    """Parameters of an address, such as Django's QueryDict."""

    def getlist(self, key: str) -> Sequence[str]: ...


def clean(text: str) -> str:
    """Text without control characters and lone surrogates, which no engine takes."""
    return _UNTAKEN.sub(" ", text)


def pieces(q: str) -> tuple[Piece, ...]:
    """The words and quoted phrases of what was typed; a quote without its end reaches to the end."""
    found = [
        Piece(quoted.strip() or word, quoted=bool(quoted.strip()))
        for quoted, word in _PIECES.findall(clean(q[:LONGEST]).translate(_QUOTES))
        if quoted.strip() or word
    ][:MOST_PIECES]
    telling = [piece for piece in found if piece.quoted or piece.text.casefold() not in STOPWORDS]
    return tuple(telling or found)


@dataclass(frozen=True)
class Query:
    """Values of one facet are alternatives, facets narrow each other. Without `q`, relevance means newest first."""

    q: str = ""
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sort: str = "relevance"
    page: int = 1
    size: int = 24

    @classmethod
    def of(cls, parameters: Parameters, *, size: int = 24) -> "Query":
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
        wanted = last("size")
        return cls(
            q=clean(last("q")[:LONGEST]).strip(),
            filters=filters,
            sort=last("sort") if last("sort") in SORTS else "relevance",
            page=_number(last("page"), default=1),
            size=min(max(_number(wanted, default=size), SIZES.start), SIZES.stop - 1),
        )

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
        return found

    def on_page(self, page: int) -> "Query":
        return replace(self, page=page)

    def sorted_by(self, sort: str) -> "Query":
        return replace(self, sort=sort, page=1)

    def toggled(self, facet: str, value: str) -> "Query":
        """With this value chosen, or no longer if it was; back on the first page."""
        values = self.filters.get(facet, ())
        chosen = tuple(v for v in values if v != value) if value in values else (*values, value)
        return replace(self, filters={**self.filters, facet: chosen}, page=1)

    def without_filters(self) -> "Query":
        return replace(self, filters={}, page=1)


def _number(text: str, *, default: int) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 and int(text) > 0 else default
