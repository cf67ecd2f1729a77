"""The rows of an OME document: one of each element, but for planes and TiffData, which are columns of the image.

All rows are made before any is stored, so that storing them takes a query or few for each table.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import models

from catalogue.models import Channel, Image, OmeDocument, Pixels, PlaneTable, Plate, Study, TiffDataTable
from catalogue.models.ome import AnnotationRef
from catalogue.ome.columns import packed, plain
from catalogue.ome.tables import BASE_UNITS, CONTAINERS, TABLES, TYPED_VALUES, Column, Table, snake, target_of
from catalogue.ome.values import column_of, text_of
from imaging import facts
from imaging.ome.document import Columns, Extra, OmeElement
from imaging.ome.model import ENTITIES, typed
from imaging.units import normalise

EXTRA = "openmicroscopy.org/OME#other"  # the namespace of what the schema does not know
BATCH = 500


@dataclass(frozen=True)
class KnownImage:
    """The rows, not stored yet, that an image has already from its facts. `channels`: a row for each channel of the
    pixels; an OME channel of several samples describes as many of them."""

    image: Image
    pixels: Pixels
    channels: list[Channel]


@dataclass
class Rows:
    """All rows of a document by their table, and what has no column, by row."""

    by_model: dict[type[models.Model], list[Any]] = field(default_factory=lambda: defaultdict(list))
    extras: list[tuple[str, UUID, list[facts.KeyValue]]] = field(default_factory=list)

    def add(self, row: Any) -> None:
        self.by_model[type(row)].append(row)

    def store(self, *, but: Iterable[type[models.Model]] = ()) -> None:
        """Store all rows but those of the tables named, which the caller stores."""
        left = set(but)
        for model, rows in self.by_model.items():
            if model not in left:
                model._default_manager.bulk_create(rows, batch_size=BATCH)


class DocumentWriter:
    """Makes the rows of one document. `images`: by the number of the Image element, those that have pixels here."""

    def __init__(self, document: OmeDocument, study: Study, images: Mapping[int, KnownImage]) -> None:
        self.document = document
        self.study = study
        self.images = images
        self.rows = Rows()
        self._by_id: dict[tuple[type[models.Model], str], Any] = {}
        self._references: list[tuple[Any, Column | str, str, type[models.Model]]] = []
        self._image_count = 0

    def rows_of(self, root: OmeElement) -> Rows:
        """The rows of a whole document; `document` itself is filled, but not among them."""
        self._fill(TABLES["OME"], self.document, root, fresh=True)
        self._children(root, self.document)
        self._resolve()
        for index, known in self.images.items():
            if index >= self._image_count:  # the document does not describe it
                self.rows.add(known.image)
                self._add_known(known)
        return self.rows

    def _children(self, element: OmeElement, above: Any) -> None:
        table = TABLES.get(element.entity)
        single: dict[str, list[str]] = defaultdict(list)
        for position, child in enumerate(element.children):
            if child.entity in CONTAINERS:
                setattr(above, CONTAINERS[child.entity], True)
                self._children(child, above)
                self._keep_extra(above, child.extra, f"{child.entity}/")
            elif table is not None and child.entity in table.references:
                single[child.entity].append(child.get("ID"))
                self._keep_extra(above, child.extra, f"{child.entity}/")
            else:
                self._element(child, above, position)
        for name, ids in single.items():
            self._refer(above, table, name, ids)

    def _refer(self, row: Any, table: Table | None, name: str, ids: list[str]) -> None:
        assert table is not None
        if len(ids) == 1:
            target = target_of(ENTITIES[name].refers_to)
            self._references.append((row, table.references[name] + "|" + name, ids[0], target))
        else:  # the schema allows one: all are kept as they are written
            _written(row)[name] = ids

    def _element(self, element: OmeElement, above: Any, position: int) -> None:
        if element.entity == "Image":
            self._image(element, position)
            return
        if element.entity == "Pixels":
            self._pixels(element, above)
            return
        table = TABLES[element.entity]
        row = table.model(document=self.document, position=position)
        if table.has_kind:
            row.kind = element.entity  # type: ignore[attr-defined]
        if isinstance(row, AnnotationRef):
            row.owner = above.pk
        elif type(above) is not OmeDocument:
            setattr(row, f"{table.parents[type(above)]}_id", above.pk)
        if isinstance(row, Plate):
            row.study = self.study
        self._finish(table, row, element)

    def _finish(self, table: Table, row: Any, element: OmeElement, *, fresh: bool = True) -> None:
        self._fill(table, row, element, fresh=fresh)
        self.rows.add(row)
        self._children(element, row)

    def _image(self, element: OmeElement, position: int) -> None:
        known = self.images.get(self._image_count)
        if known is None:
            row = Image(study=self.study, component=self.document.file.component, has_pixels=False)
            row.position = self._image_count
        else:
            row = known.image
        row.document = self.document
        self._image_count += 1
        self._finish(TABLES["Image"], row, element, fresh=known is None)
        if not element.all("Pixels") and known is not None:
            self._add_known(known)

    def _add_known(self, known: KnownImage) -> None:
        self.rows.add(known.pixels)
        for channel in known.channels:
            self.rows.add(channel)

    def _pixels(self, element: OmeElement, image: Image) -> None:
        known = self.images.get(self._image_count - 1)
        row = Pixels(size_x=0, size_y=0, dimension_order="") if known is None else known.pixels
        row.image = image
        self._fill(TABLES["Pixels"], row, element, fresh=known is None)
        self.rows.add(row)
        self._channels(element.all("Channel"), image, [] if known is None else known.channels)
        others = [child for child in element.children if child.entity != "Channel"]
        self._children(OmeElement("Pixels", children=others), row)
        for model, columns in ((PlaneTable, element.planes), (TiffDataTable, element.tiff_data)):
            if columns is not None:
                self.rows.add(column_table(model, image, columns))

    def _channels(self, elements: list[OmeElement], image: Image, there: list[Channel]) -> None:
        """A row of `there` for each element, another if there are too few; the rest of `there` nobody describes."""
        samples = [max(1, int(typed_integer(element, "SamplesPerPixel") or 1)) for element in elements]
        if sum(samples) != len(there):
            samples = [1] * len(elements)
        left = iter(there)
        for position, (element, count) in enumerate(zip(elements, samples, strict=True)):
            known = next(left, None)
            row = Channel(image=image) if known is None else known
            row.position = position
            self._finish(TABLES["Channel"], row, element, fresh=known is None)
            for _ in range(count - 1):
                if (more := next(left, None)) is not None:
                    self.rows.add(more)
        for more in left:
            self.rows.add(more)

    def _fill(self, table: Table, row: Any, element: OmeElement, *, fresh: bool) -> None:
        """Give the row what the element says, where facts have not; note what the columns would not give back."""
        for column in table.columns:
            text = element.values.get(column.attribute.name)
            if column.reference:
                if text is not None:
                    self._references.append((row, column, text, target_of(column.attribute.target)))
                continue
            self._set(row, column, text, fresh=fresh)
        if table.text is not None:
            self._set(row, table.text, element.text or None, fresh=fresh)
        for name in fill_units(table, row):
            _written(row)[name] = None
        if "ome_id" in table.fields and row.ome_id:
            self._by_id.setdefault((table.model, element.get("ID")), row)
        self._keep_extra(row, element.extra, "")

    def _set(self, row: Any, column: Column, text: str | None, *, fresh: bool) -> None:
        value = None if text is None else column_of(column, text)
        if value is not None and (fresh or getattr(row, column.name) in (None, "")):
            setattr(row, column.name, value)
            if column.name == "value" and (name := TYPED_VALUES.get(column.attribute.kind)):
                setattr(row, name, typed(column.attribute, text or ""))
        if text_of(column, getattr(row, column.name)) != text:
            _written(row)[column.attribute.name] = text

    def _resolve(self) -> None:
        """Turn IDs into foreign keys; one that nothing has stays a text."""
        for row, column, text, model in self._references:
            if isinstance(column, str):
                name, _, written = column.partition("|")
            else:
                name, written = column.name, column.attribute.name
            target = self._by_id.get((model, text))
            if target is None:
                _written(row)[written] = text
            else:
                setattr(row, f"{name}_id", target.pk)

    def _keep_extra(self, row: Any, extra: Extra | None, place: str) -> None:
        if extra is None:
            return
        found = [facts.KeyValue(EXTRA, f"{place}@{name}", value) for name, value in extra.attributes.items()]
        found += [facts.KeyValue(EXTRA, f"{place}element", xml) for xml in extra.elements]
        if extra.text:
            found.append(facts.KeyValue(EXTRA, f"{place}text", extra.text))
        if found:
            _written(self.document).setdefault("+", []).append(str(row.pk))
            self.rows.extras.append((entity_of(row), row.pk, found))


def entity_of(row: Any) -> str:
    """The entity as key-values name it: "light_source", "image"."""
    return snake(type(row).__name__)


def column_table(model: type[PlaneTable] | type[TiffDataTable], image: Image, columns: Columns) -> Any:
    """The row of an image's planes or TiffData."""
    rest = {str(number): plain(element) for number, element in columns.rest.items()}
    return model(image=image, count=columns.count, data=packed(columns), rest=rest or None)


def typed_integer(element: OmeElement, name: str) -> int | None:
    """An attribute that is a whole number, if it is one."""
    value = typed(ENTITIES[element.entity].by_name[name], element.get(name))
    return value if isinstance(value, int) else None


def _written(row: Any) -> dict[str, Any]:
    if row.as_written is None:
        row.as_written = {}
    found: dict[str, Any] = row.as_written
    return found


def fill_units(table: Table, row: Any) -> Iterator[str]:
    """Fill the units that the schema means where none is given, whose names are yielded, and the normalised values."""
    for quantity in table.quantities:
        value = getattr(row, quantity.number)
        if value is None:
            continue
        if not getattr(row, quantity.unit):
            setattr(row, quantity.unit, quantity.unit_default)
            yield quantity.unit_name
        found = normalise(value, getattr(row, quantity.unit)) if quantity.normalised else None
        if found is not None and quantity.normalised == f"{quantity.number}_{BASE_UNITS.get(found[1], '')}":
            setattr(row, quantity.normalised, found[0])
