"""What every reader gives: a header and a stream of terms."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from base.errors import Invalid
from ontology.prefixes import PREFIXES

SUBCLASS, PART_OF, BROADER = "rdfs:subClassOf", "BFO:0000050", "skos:broader"


class CannotRead(Invalid):
    """The file is no ontology that can be read: `file`, `field` (line or term) and message say where and why."""

    def __str__(self) -> str:
        return ": ".join(filter(None, (self.file, self.field, self.message)))


@dataclass(frozen=True)
class Header:
    """What an ontology says of itself, as far as it does. `own` are the prefixes of its terms: a file also names terms
    of other ontologies, which are not its own."""

    prefix: str = ""
    name: str = ""
    version: str = ""
    iri: str = ""
    licence: str = ""  # SPDX id
    source: str = ""
    own: tuple[str, ...] = ()
    is_part: bool = False  # a small part of the release, made to start with

    def known(self) -> "Header":
        """With name and licence, where the file did not say, as they are known of the prefix."""
        known = PREFIXES.get(self.prefix)
        if known is None:
            return self
        return replace(self, name=self.name or known.name, licence=self.licence or known.licence)


@dataclass(frozen=True, slots=True)
class ReadTerm:
    curie: str
    iri: str
    label: str  # empty if it has none
    definition: str = ""
    synonyms: tuple[tuple[str, str], ...] = ()  # (scope, text)
    xrefs: tuple[str, ...] = ()
    parents: tuple[tuple[str, str], ...] = ()  # (relation, CURIE)
    obsolete: bool = False
    replaced_by: str = ""
    consider: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reading:
    """An ontology that is being read. `terms` begins anew each time it is called; it raises CannotRead where the file
    is broken, which may be far into it."""

    header: Header
    terms: Callable[[], Iterator[ReadTerm]]


@dataclass(frozen=True)
class Given:
    """What a person says of a file, which goes before what the file says."""

    prefix: str = ""
    name: str = ""
    version: str = ""
    licence: str = ""
    source: str = ""
    own: tuple[str, ...] = ()
