"""A study as plain data: what every road in gives, and every road out is made from."""

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Files = Mapping[str, Path]  # the files of an input: the name as given, with "/" for folders, and where its bytes are
Document = dict[str, Any]  # as in catalogue.documents: {"study": {…}, "contributors": [{…}], …}


class CannotRead(Exception):
    """The input as a whole cannot be taken. `reason` says to a person why, and what to do."""

    def __init__(self, reason: str, *, file: str = "", row: int | None = None) -> None:
        super().__init__(reason)
        self.reason, self.file, self.row = reason, file, row


class Weight(enum.StrEnum):
    ERROR = "error"  # could not be taken; the rest was
    REPAIR = "repair"  # was taken as it stands; `proposal` is what it should probably be
    NOTE = "note"  # worth knowing


@dataclass(frozen=True)
class Place:
    """Where in the input something stands. `row` counts from 1 as people count, `column` is a letter or a heading."""

    file: str
    sheet: str = ""
    row: int | None = None
    column: str = ""
    field: str = ""  # the name the input gives it, e.g. "Study Title"


@dataclass(frozen=True)
class Remark:
    """What a person should know of one place of the input."""

    weight: Weight
    place: Place
    message: str
    value: str = ""  # as it stands in the input
    proposal: str = ""  # REPAIR: what to put instead
    path: str = ""  # the document's field that it went to (catalogue.paths), if it did; of a named value its entity
    namespace: str = ""  # of the named value that it went to, where only that one is meant


@dataclass(frozen=True)
class Pair:
    """A named value that no field of the model takes."""

    namespace: str  # an IRI, or the format's own name, e.g. "idr.openmicroscopy.org/study"
    name: str
    value: str
    unit: str = ""
    curie: str = ""  # of the ontology term, if the input names one


@dataclass
class FileLine:
    """One file of the study, or one row about it in a file list. `path` is relative to the study's root."""

    path: str
    component: str = ""  # id of the component in the document
    size: int | None = None  # bytes
    sha256: str = ""
    pairs: list[Pair] = field(default_factory=list)
    plate: str = ""
    well: str = ""  # e.g. "B07"
    specimen: str = ""  # id of the specimen in the document


@dataclass(frozen=True)
class Origin:
    """Where a study is to be found, as far as that is settled: what of a crate is not its metadata."""

    site: str = ""  # address of the site, without "/" at its end
    publisher: str = ""  # its name
    address: str = ""  # of the study's page
    accession: str = ""
    doi: str = ""
    published: str = ""  # ISO 8601 date
    thumbnail: str = ""  # address of a picture


@dataclass
class Dossier:
    """One study. `pairs` holds what no field takes, by its entity: "study" or "<module>/<id in document>"."""

    document: Document = field(default_factory=dict)
    files: list[FileLine] = field(default_factory=list)
    pairs: dict[str, list[Pair]] = field(default_factory=dict)
    origin: Origin = Origin()
    ome: Iterable[tuple[str, bytes]] = ()  # the OME-XML of files, by path; made while it is gone through


@dataclass
class Imported:
    """What a road in gives. `sources` says for a field's path in the document where its value comes from."""

    dossier: Dossier
    remarks: list[Remark] = field(default_factory=list)
    sources: dict[str, Place] = field(default_factory=dict)
