"""What is put into an index: one document per published study and one per published image."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class FacetValue:
    """A value as addresses hold it (a CURIE, an SPDX id, a text) and as people read it."""

    value: str
    label: str


@dataclass(frozen=True)
class Document:
    """One thing that can be found. An image carries its study's and component's texts and facets too.

    `identifiers` are found when typed exactly (case ignored). `ancestors` are values by which a facet also finds the
    document but which are not counted: the terms above those in `facets`. `card` is what a hit shows, as JSON values.
    `published` has a time zone.
    """

    id: str
    type: str  # "study" or "image"
    study: str
    accession: str
    title: str
    published: datetime
    identifiers: tuple[str, ...] = ()
    description: str = ""
    keywords: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    terms: tuple[str, ...] = ()  # labels and synonyms of organisms, methods and other terms, and of those above them
    channels: tuple[str, ...] = ()
    key_values: tuple[str, ...] = ()
    context: tuple[str, ...] = ()  # of an image: texts of its study and component; of a study: of its parts
    facets: Mapping[str, tuple[FacetValue, ...]] = field(default_factory=dict)
    ancestors: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    thumbnail: str | None = None  # id of the image to show
    card: Mapping[str, Any] = field(default_factory=dict)
