"""A whole OME document in memory: a tree of entities, with the planes of an image as columns."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from imaging.ome.columns import NumberColumn, TextColumn
from imaging.ome.model import ENTITIES, Entity


@dataclass(slots=True)
class Extra:
    """What an element has that the schema does not know. attributes: by name, "{namespace}name" if it has one;
    elements: each as XML of its own, in which the default namespace is OME's unless it says another; text: loose text.
    """

    attributes: dict[str, str] = field(default_factory=dict)
    elements: list[str] = field(default_factory=list)
    text: str = ""


@dataclass(slots=True)
class OmeElement:
    """One entity of the document (`model.ENTITIES`).

    values: attributes and elements of one value, by name, in the lexical form given (an XMLAnnotation's Value: its
    content as XML, like `Extra.elements`). children: in the order of the document, without Plane and TiffData, which
    Pixels have as columns. text: the text of M, UUID and BinData. line: where it begins in the file, 0 if that is not
    known.
    """

    entity: str
    values: dict[str, str] = field(default_factory=dict)
    children: list["OmeElement"] = field(default_factory=list)
    text: str = ""
    planes: "Columns | None" = None
    tiff_data: "Columns | None" = None
    extra: Extra | None = None
    line: int = 0

    @property
    def model(self) -> Entity:
        """What the schema says of it."""
        return ENTITIES[self.entity]

    def get(self, name: str) -> str:
        """A value, or "" if it is not given."""
        return self.values.get(name, "")

    def first(self, *entities: str) -> "OmeElement | None":
        """The first child of one of these entities."""
        return next((child for child in self.children if child.entity in entities), None)

    def all(self, *entities: str) -> list["OmeElement"]:
        """The children of these entities."""
        return [child for child in self.children if child.entity in entities]

    def walk(self) -> Iterator["OmeElement"]:
        """This element and all below it, in the order of the document; rows of columns are not among them."""
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(slots=True)
class Columns:
    """The Plane or TiffData elements of Pixels, `count` of them in the order of the document.

    numbers and texts: their attributes by name; TiffData has its UUID's text as "UUID", and that one's FileName as
    "UUID/FileName". rest: what an element has beyond (HashSHA1, AnnotationRef, what the schema does not know), by its
    index.
    """

    entity: str
    count: int
    numbers: dict[str, NumberColumn]
    texts: dict[str, TextColumn]
    rest: dict[int, OmeElement]


@dataclass(slots=True)
class OmeDocument:
    """`root` is the OME element; `version` the schema the file was written in ("2016-06", "" if it names none)."""

    root: OmeElement
    version: str
    warnings: tuple[str, ...] = ()
