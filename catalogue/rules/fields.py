"""What a field and a module of metadata are. No Django here."""

import enum
from dataclasses import dataclass, field


class Level(enum.StrEnum):
    REQUIRED = "required"
    RECOMMENDED = "recommended"
    OPTIONAL = "optional"


class Kind(enum.StrEnum):
    TEXT = "text"
    LONGTEXT = "longtext"
    DATE = "date"  # ISO 8601 calendar date
    YEAR = "year"
    CHOICE = "choice"
    LICENCE = "licence"  # SPDX id
    ORCID = "orcid"
    ROR = "ror"
    EMAIL = "email"
    DOI = "doi"
    URL = "url"
    COUNT = "count"  # a whole number, 1 or more
    NUMBER = "number"  # a decimal number above 0
    ACCESSION = "accession"  # of the archive that the same row's `database` names
    TERM = "term"  # free text with, if mapped, an ontology term
    REFERENCE = "reference"  # one row of another module of the same study
    ROWS = "rows"  # an ordered table of values, its columns described by fields


@dataclass(frozen=True)
class Field:
    """One field. `name` is the column's name and the key in documents; a TERM has `<name>` and `<name>_term`."""

    name: str
    label: str
    help: str
    example: str = ""
    level: Level = Level.OPTIONAL
    kind: Kind = Kind.TEXT
    source: str = ""  # where the standard defines it, e.g. "REMBI Study/Title"
    vocabulary: str = ""  # TERM: name of a binding in ontology.bindings
    target: str = ""  # REFERENCE: key of the module
    choices: tuple[tuple[str, str], ...] = ()
    min_length: int = 0
    columns: tuple["Field", ...] = ()


@dataclass(frozen=True)
class Module:
    """One REMBI module: one table. `repeated` modules are lists in a study's document, under `plural`."""

    key: str
    label: str
    plural: str
    plural_label: str
    help: str
    fields: tuple[Field, ...]
    repeated: bool = True
    level: Level = Level.OPTIONAL  # REQUIRED: a study needs at least one
    _by_name: dict[str, Field] = field(default_factory=dict, compare=False, repr=False)

    def __post_init__(self) -> None:
        self._by_name.update({f.name: f for f in self.fields})

    def field(self, name: str) -> Field:
        """The field with this name. Raises KeyError."""
        return self._by_name[name]
