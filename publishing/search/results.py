"""What a search gives back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class FacetCount:
    """How many hits a facet's value has, or would have if it were chosen too."""

    value: str
    label: str
    count: int
    selected: bool = False


@dataclass(frozen=True)
class Hit:
    """One study or image. `title_html` and `snippet` are escaped HTML in which only `<mark>` is markup."""

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
    """A page of hits. `facets` has every facet of FACETS, each counted without its own filter, most frequent first."""

    hits: tuple[Hit, ...]
    total: int
    page: int
    pages: int  # that can be turned to; deep ones are cut off, see query.DEEPEST
    facets: Mapping[str, tuple[FacetCount, ...]]

    def label_of(self, facet: str, value: str) -> str:
        """How people read a facet's value; the value itself if no hit has it."""
        return next((count.label for count in self.facets.get(facet, ()) if count.value == value), value)
