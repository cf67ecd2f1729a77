"""Ontologies from files: one module a format, and the one table of them.

Files are parsed here into frozen terms, or refused with file, place and reason. Nothing here knows the database.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from ontology.reading import cellxgene, functional, hgnc, obo, rdf, starter
from ontology.reading.shapes import CannotRead, Given, Header, Reading, ReadTerm

__all__ = ["FORMATS", "CannotRead", "Format", "Given", "Header", "ReadTerm", "Reading", "read"]

_HEAD = 8192  # bytes by which a format is known
_PACKED = {b"\x1f\x8b": "gzip", b"PK": "zip", b"\x28\xb5\x2f\xfd": "zstd", b"BZh": "bzip2", b"\xfd7z": "xz"}


@dataclass(frozen=True)
class Format:
    label: str
    is_mine: Callable[[str], bool]  # by the beginning of the file
    read: Callable[[Path, Given], Reading]


FORMATS = (
    Format("OBO", obo.is_mine, lambda path, given: obo.read(path)),
    Format("OWL, functional syntax", functional.is_mine, functional.read),
    Format("OWL or SKOS, RDF/XML", rdf.is_xml, rdf.read_xml),
    Format("starter set", starter.is_mine, lambda path, given: starter.read(path)),
    Format("HGNC's table", hgnc.is_mine, lambda path, given: hgnc.read(path)),
    Format("OWL or SKOS, Turtle", rdf.is_turtle, rdf.read_turtle),
)


def read(path: Path, given: Given | None = None) -> Reading:
    """An ontology from a file, whose format is known by how it begins. What is given goes before what the file says.

    Raises CannotRead for what is no ontology, now or when the terms are read.
    """
    given = given or Given()
    reading = cellxgene.read(path) if cellxgene.is_mine(path) else _format_of(path).read(path, given)
    header = reading.header
    prefix = given.prefix or header.prefix
    own = given.own or ((prefix,) if prefix != header.prefix else header.own)
    header = replace(
        header,
        prefix=prefix,
        name=given.name or header.name,
        version=given.version or header.version,
        licence=given.licence or header.licence,
        source=given.source or header.source or path.name,
        own=own,
    ).known()
    if not header.prefix:
        raise CannotRead(
            "it does not say which prefix its terms have: give one (--prefix).", file=path.name, field="prefix"
        )
    if not header.version:
        raise CannotRead("it does not say which version it is: give one (--release).", file=path.name, field="version")
    return replace(reading, header=replace(header, name=header.name or header.prefix))


def _format_of(path: Path) -> Format:
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError as error:
        raise CannotRead(f"it cannot be opened ({error.strerror}).", file=path.name) from error
    if packed := next((name for magic, name in _PACKED.items() if head.startswith(magic)), ""):
        raise CannotRead(f"it is compressed ({packed}): unpack it first.", file=path.name)
    text = head.decode("utf-8", errors="replace").lstrip("\ufeff").lstrip()
    for one in FORMATS:
        if one.is_mine(text):
            return one
    labels = ", ".join(one.label for one in FORMATS)
    raise CannotRead(f"this is no format of ontologies that is read here. Those are: {labels}.", file=path.name)
