"""What is put into an index: a document per published study, per published image, and per term that they use."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

PUBLIC = "public"


@dataclass(frozen=True)
class FacetValue:
    """A value as addresses hold it (a CURIE, an SPDX id, a text) and as people read it."""

    value: str
    label: str


@dataclass(frozen=True)
class KeyValue:
    """A key-value of an image, as it was given."""

    name: str
    value: str


@dataclass(frozen=True)
class Document:
    """One thing that can be found. An image carries its study's and component's texts and facets too.

    `identifiers` are found when typed exactly (case ignored). `facets`, by the names of fields.FIELDS, hold what is
    counted and found by its value or label; `ancestors`, by the value of a term in `facets`, the terms above it, by
    which it is found too. `tags`, of a study, are metals of antibodies with the marker that each stands for.
    `values` are what a field of kind VALUE or TERM is found by besides, without being counted;
    `numbers` are those of kind NUMBER in the field's unit and DATE as seconds since 1970 UTC. `audience`
    says who may find it: PUBLIC, or names of people and groups (`publishing.search.audience`). `card` is what a hit
    shows, as JSON values. `published` has a time zone.
    """

    id: str
    type: str  # "study", "image" or "term"
    study: str
    accession: str
    title: str
    published: datetime
    audience: tuple[str, ...] = (PUBLIC,)
    identifiers: tuple[str, ...] = ()
    description: str = ""
    keywords: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    terms: tuple[str, ...] = ()  # labels and synonyms of organisms, methods and other terms, and of those above them
    channels: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    instruments: tuple[str, ...] = ()
    key_values: tuple[KeyValue, ...] = ()
    context: tuple[str, ...] = ()  # of an image: texts of its study and component; of a study: of its parts
    facets: Mapping[str, tuple[FacetValue, ...]] = field(default_factory=dict)
    ancestors: Mapping[str, tuple[FacetValue, ...]] = field(default_factory=dict)
    tags: tuple[tuple[str, FacetValue], ...] = ()
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    numbers: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    thumbnail: str | None = None  # id of the image to show
    card: Mapping[str, Any] = field(default_factory=dict)
