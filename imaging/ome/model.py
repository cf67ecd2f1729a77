"""The OME model 2016-06 as data: every entity with its attributes and elements, abstract bases written out in each.

Read from `schema`, whose text follows the XSD. Values stay in the lexical form that the document gives; `typed` tells
what they mean.
"""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property

from imaging.ome.schema import BASES, CHOICES, LISTS, SCHEMA
from imaging.ome.schema import GROUPS as GROUPS

NAMESPACE = "http://www.openmicroscopy.org/Schemas/OME/2016-06"


class Kind(Enum):
    """What a value is, beyond its text."""

    TEXT = "text"
    INTEGER = "integer"
    FLOAT = "float"
    BOOLEAN = "boolean"
    DATETIME = "dateTime"
    CHOICE = "choice"
    CHOICES = "choices"
    ID = "id"
    REFERENCE = "reference"
    COLOR = "color"
    BASE64 = "base64"
    XML = "xml"


NUMERIC = frozenset({Kind.INTEGER, Kind.FLOAT, Kind.COLOR})
KINDS = {
    "string": Kind.TEXT, "anyURI": Kind.TEXT, "UUID": Kind.TEXT, "Hex40": Kind.TEXT, "dateTime": Kind.DATETIME,
    "boolean": Kind.BOOLEAN, "int": Kind.INTEGER, "long": Kind.INTEGER, "NonNegativeInt": Kind.INTEGER,
    "NonNegativeLong": Kind.INTEGER, "PositiveInt": Kind.INTEGER, "Color": Kind.COLOR, "float": Kind.FLOAT,
    "double": Kind.FLOAT, "PositiveFloat": Kind.FLOAT, "NonNegativeFloat": Kind.FLOAT, "PercentFraction": Kind.FLOAT,
    "base64Binary": Kind.BASE64, "xml": Kind.XML,
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Attribute:
    """An attribute of an entity or, if `element`, a child element that holds one value.

    type: its XSD type ("PositiveFloat", "ImageID", "UnitsLength"); choices: the values that may be given, if limited;
    default: what it is if not given; unit_default: the unit of a number if `<name>Unit` is not given, "" if it has no
    unit; target: the entity or group (`GROUPS`) that an ID or a reference is of.
    """

    name: str
    type: str
    kind: Kind
    required: bool = False
    choices: tuple[str, ...] = ()
    default: str | None = None
    unit_default: str = ""
    target: str = ""
    element: bool = False


@dataclass(frozen=True)
class Child:
    """A child element that is an entity; `entity` is both its name and its key in ENTITIES.

    rank: its place among the elements of its parent; those of the same rank may stand in any order. required: at least
    one of its rank must be there. alone: no other entity of its rank may be there too.
    """

    entity: str
    many: bool
    required: bool
    rank: int
    alone: bool = False


@dataclass(frozen=True, eq=False)
class Entity:
    """An element of OME. `bases` are the abstract types it extends; `text` its kind of text, if it holds one."""

    name: str
    attributes: tuple[Attribute, ...]
    children: tuple[Child, ...]
    text: Attribute | None = None
    bases: tuple[str, ...] = ()
    ranks: Mapping[str, int] = field(default_factory=dict, repr=False)

    @cached_property
    def by_name(self) -> Mapping[str, Attribute]:
        """The attributes and elements of one value, by name."""
        return {attribute.name: attribute for attribute in self.attributes}

    @cached_property
    def child_by_name(self) -> Mapping[str, Child]:
        """The children, by name."""
        return {child.entity: child for child in self.children}

    @property
    def is_reference(self) -> bool:
        """Whether it says no more than the ID of what it refers to."""
        return "Reference" in self.bases

    @property
    def refers_to(self) -> str:
        """The entity or group that a reference, or settings, refers to by its ID; else ""."""
        found = self.by_name.get("ID")
        return found.target if found is not None and found.kind is Kind.REFERENCE else ""


def typed(attribute: Attribute, text: str) -> str | int | float | bool | None:
    """The value of a text, or None where it is not of the attribute's kind (a number that is none, say)."""
    found: str | int | float | bool | None = text
    plain = text.strip()
    try:
        if attribute.kind in (Kind.INTEGER, Kind.COLOR):
            found = int(plain) if re.fullmatch(r"[+-]?\d{1,19}", plain, re.ASCII) else None
        elif attribute.kind is Kind.FLOAT:
            found = real(plain)
        elif attribute.kind is Kind.BOOLEAN:
            found = {"true": True, "1": True, "false": False, "0": False}.get(plain)
    except ValueError:
        found = None
    return found


def real(text: str) -> float:
    """The number of an xsd:float; raises ValueError. Python's own "1_000", "nan" and "Infinity" are none."""
    value = float(text)
    if "_" in text or (not math.isfinite(value) and text not in ("NaN", "INF", "-INF")):
        raise ValueError(text)
    return value


def _lines(text: str) -> Iterator[str]:
    """The entries of a text, of which indented lines go on the one before."""
    yield from (line for line in re.sub(r"\n[ ]+", " ", text).splitlines() if line)


def _choices() -> dict[str, tuple[str, ...]]:
    found = {}
    for line in _lines(CHOICES):
        name, *values = line.split()
        found[name] = tuple(value.replace("_", " ") for value in values)
    return found


CHOICES_OF: Mapping[str, tuple[str, ...]] = _choices()
UNIT_TYPES = {symbol: name for name, symbols in CHOICES_OF.items() if name.startswith("Units") for symbol in symbols}


def _attribute(
    name: str, kind: str, *, refers: bool, element: bool = False, required: bool = False, default: str | None = None,
    unit: str = "",
) -> Attribute:  # fmt: skip
    target = ""
    if kind in CHOICES_OF:
        found = Kind.CHOICES if kind in LISTS else Kind.CHOICE
    elif kind in KINDS:
        found = KINDS[kind]
    else:
        target = kind.removesuffix("ID")
        found = Kind.REFERENCE if refers or name != "ID" else Kind.ID
    choices = CHOICES_OF.get(kind, ())
    return Attribute(name, kind, found, required, choices, default, unit, target, element)


ATTRIBUTE = re.compile(r"(?P<name>\w+)(:(?P<kind>\w+))?(\[(?P<unit>\S+)\])?(=(?P<default>\S+?))?(?P<required>!)?")


def _attributes(texts: list[str], *, refers: bool) -> list[Attribute]:
    found = []
    for text in texts:
        match = ATTRIBUTE.fullmatch(text)
        assert match is not None, text
        unit = (match["unit"] or "").replace("_", " ")
        kind, required, default = match["kind"] or "string", bool(match["required"]), match["default"]
        found.append(_attribute(match["name"], kind, refers=refers, required=required, default=default, unit=unit))
        if unit:
            found.append(_attribute(f"{match['name']}Unit", UNIT_TYPES[unit], refers=False, default=unit))
    return found


def _children(text: str, rank: int) -> Iterator[Child]:
    """The children that stand at one place: an entity, those of a group, or a choice of several."""
    alone = text.startswith("!")
    for part in text.lstrip("!").strip("()").split("|"):
        name = part.rstrip("?*+")
        for entity in GROUPS.get(name, (name,)):
            yield Child(entity, part[-1] in "*+", part[-1] not in "?*", rank, alone)


def _entities() -> Iterator[Entity]:
    known: dict[str, Entity] = {}
    for line in sorted(_lines(SCHEMA), key=lambda line: line.split()[0] not in BASES):
        head, _, content = (f"{line} ").partition(" / ")
        name, *attributes = head.split()
        base = Entity(name, (), ())
        bases: tuple[str, ...] = ()
        if attributes[:1] == ["<"]:
            base, attributes = known[attributes[1]], attributes[2:]
            bases = (*base.bases, base.name)
        found = [*base.attributes, *_attributes(attributes, refers="Reference" in bases or "Settings" in bases)]
        children, ranks, text = list(base.children), dict(base.ranks), None
        for rank, part in enumerate(content.split(), 1 + max(ranks.values(), default=-1)):
            if part.startswith(":"):
                text = _attribute("", part[1:], refers=False)
            elif part.startswith("<"):
                tag, _, kind = part.strip("<>?").partition(":")
                required = not part.endswith("?")
                found.append(_attribute(tag, kind or "string", refers=False, element=True, required=required))
                ranks[tag] = rank
            else:
                own = list(_children(part, rank))
                children += own
                ranks |= {child.entity: rank for child in own}
        known[name] = Entity(name, tuple(found), tuple(children), text, bases, ranks)
        if name not in BASES:
            yield known[name]


ENTITIES: Mapping[str, Entity] = {entity.name: entity for entity in _entities()}
