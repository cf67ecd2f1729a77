"""What a search gives back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class FacetCount:
    """How many hits a facet's value has, or would have if it were chosen too; about how many if that is estimated."""

    value: str
    label: str
    count: int
    selected: bool = False
    is_estimated: bool = False


@dataclass(frozen=True)
class Hit:
    """One study, image or term. `title_html` and `snippet` are escaped HTML in which only `<mark>` is markup."""

    id: str
    type: str
    study: str
    accession: str
    title: str
    title_html: str
    snippet: str
    published: datetime
    thumbnail: str | None = None
    card: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Results:
    """A page of hits. `facets` has every facet that the query counts, each without its own filter, most frequent first;
    `above` counts, of facets with terms, the terms above those.

    By relevance, pages are numbered and end at query.DEEPEST hits; else `next` and `previous` are cursors, "" at the
    ends, and there is no end to them. Of very many hits an engine may count a share and say about how many there are.
    """

    hits: tuple[Hit, ...]
    total: int
    facets: Mapping[str, tuple[FacetCount, ...]]
    above: Mapping[str, tuple[FacetCount, ...]] = field(default_factory=dict)
    page: int = 1
    pages: int = 1
    next: str = ""
    previous: str = ""
    is_estimated: bool = False  # the total
    did_you_mean: str = ""  # the query in other words that find more, if there are any

    def label_of(self, facet: str, value: str) -> str:
        """How people read a facet's value; the value itself if no hit has it."""
        counted = (*self.facets.get(facet, ()), *self.above.get(facet, ()))
        return next((count.label for count in counted if count.value == value), value)


@dataclass(frozen=True)
class Completion:
    """What a text that is being typed may become: `text` in full, what it is (a field's name, "keyword", "study",
    "key", "value"), and how many documents it finds."""

    text: str
    kind: str
    count: int
    value: str = ""  # a term's CURIE, a study's accession
    is_estimated: bool = False  # the count
    name: str = ""  # another one, by which it was found


@dataclass(frozen=True)
class Health:
    """The state of an index in words and numbers."""

    is_well: bool
    message: str
    documents: int = 0
