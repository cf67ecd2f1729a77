"""Lists by date, from one document to the next: pages that stay where they are while documents come and go."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import tantivy

from publishing.search.tantivy_engine.query import MUST, MUST_NOT, Made

_MARK = "~"
_MOST = 2**64 - 1
SCANNED = 2_000  # documents that a scan asks for at once

Found = tuple[int, tantivy.DocAddress]  # the place in the list, and where the document is


@dataclass(frozen=True)
class Cursor:
    """A place in a list by date: after the documents `shown` of those that lie at it, which is nearly always one."""

    place: int
    shown: tuple[str, ...] = ()

    @classmethod
    def read(cls, text: str) -> "Cursor | None":
        """None if the text is none."""
        place, *shown = text.split(_MARK)
        if not (place.isascii() and place.isdigit() and len(place) <= 20 and int(place) <= _MOST):
            return None
        return cls(int(place), tuple(filter(None, shown)))

    def __str__(self) -> str:
        return _MARK.join((str(self.place), *self.shown))


def at_edge(places: Sequence[tuple[int, str]], came_from: Cursor | None) -> str:
    """The cursor beyond the last of these documents (place and id), which were listed from `came_from`."""
    place = places[-1][0]
    shown = [name for at, name in places if at == place]
    if came_from is not None and came_from.place == place:
        shown += came_from.shown
    return str(Cursor(place, tuple(dict.fromkeys(shown))))


class ByDate:
    """Lists what matches a query."""

    def __init__(self, searcher: tantivy.Searcher, schema: tantivy.Schema, matching: Made) -> None:
        self._searcher, self._schema, self._matching = searcher, schema, matching

    def listed(self, size: int, *, falling: bool, cursor: Cursor | None = None, offset: int = 0) -> list[Found]:
        """Up to `size` documents from the cursor on."""
        query = self._matching
        if cursor is not None:
            lower, upper = (None, cursor.place) if falling else (cursor.place, None)
            beyond = Made.range_query(self._schema, "place", tantivy.FieldType.Unsigned, lower, upper)
            shown = Made.term_set_query(self._schema, "id", list(cursor.shown))
            query = Made.boolean_query([(MUST, query), (MUST, beyond), (MUST_NOT, shown)])
        order = tantivy.Order.Desc if falling else tantivy.Order.Asc
        found = self._searcher.search(query, size, count=False, order_by_field="place", order=order, offset=offset)
        return list(found.hits)

    def all(self, *, falling: bool) -> Iterator[tuple[int, tantivy.Document]]:
        cursor: Cursor | None = None
        while found := self.listed(SCANNED, falling=falling, cursor=cursor):
            documents = [(place, self._searcher.doc(address)) for place, address in found]
            yield from documents
            last = found[-1][0]
            names = [(place, document.get_first("id") or "") for place, document in documents if place == last]
            cursor = Cursor.read(at_edge(names, cursor))
