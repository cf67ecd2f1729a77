"""The OME document of rows: what `write` was given, with no file read."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import QuerySet

from catalogue.models import Channel, Image, KeyValue, OmeDocument, Pixels, PlaneTable, TiffDataTable
from catalogue.models.ome import AnnotationRef
from catalogue.ome.columns import unpacked
from catalogue.ome.tables import CONTAINERS, MODELS, TABLES, Column, Table
from catalogue.ome.values import text_of
from catalogue.ome.write import EXTRA, entity_of
from imaging.ome import document as ome
from imaging.ome.document import Extra, OmeElement
from imaging.ome.model import ENTITIES

BATCH = 500


def document_of(row: OmeDocument, image_id: UUID | None = None) -> ome.OmeDocument:
    """The document that a file gave, from its rows alone. The number of queries does not grow with it.

    image_id: the one image that is wanted; of the others nothing is read.
    """
    return ome.OmeDocument(_Reader(row, image_id).root(), row.version)


class _Reader:
    def __init__(self, document: OmeDocument, image_id: UUID | None) -> None:
        self.document = document
        self.image_id = image_id
        self.rows: dict[type[models.Model], list[Any]] = {}
        for name, model in MODELS.items():
            if model is not OmeDocument:
                self._load(name, model)
        self.by_pk = {row.pk: row for model, rows in self.rows.items() if model is not Pixels for row in rows}
        self.below: dict[tuple[Any, str], list[Any]] = defaultdict(list)
        for model, rows in self.rows.items():
            self._index(model, rows)
        images = [row.pk for row in self.rows[Image]]
        self.planes = {row.image_id: row for row in _of_images(PlaneTable, images)}
        self.tiff_data = {row.image_id: row for row in _of_images(TiffDataTable, images)}
        self.extras = self._extras()

    def root(self) -> OmeElement:
        return self._element("OME", self.document)

    def _load(self, name: str, model: type[models.Model]) -> list[Any]:
        """The rows of a table; it is not asked where no row stands that they could be below."""
        if model not in self.rows:
            self.rows[model] = []  # for a table that is below itself
            above = [one for one in TABLES[name].parents if one is not model]
            if not above or any(self._load(_entity_of(one), one) for one in above):
                self.rows[model] = list(self._rows(name, model))
        return self.rows[model]

    def _rows(self, name: str, model: type[models.Model]) -> QuerySet[Any]:
        """Those of the document; if one image is wanted, of what hangs on images only what hangs on that one."""
        found = _rows(model, self.document)
        above = TABLES[name].parents
        if self.image_id is None:
            return found
        if model is Image:
            return found.filter(pk=self.image_id)
        if len(above) == 1 and (one := next(iter(above))) in (Image, Channel):
            return found.filter(**{f"{above[one]}__in": [row.pk for row in self.rows[one]]})
        return found

    def _index(self, model: type[models.Model], rows: list[Any]) -> None:
        """File the rows by the row above and their entity."""
        name = _entity_of(model)
        columns = [f"{column}_id" for column in TABLES[name].parents.values()]
        for row in rows:
            entity = row.kind if TABLES[name].has_kind else name
            above = row.owner if model is AnnotationRef else self.document.pk
            for column in columns:
                above = getattr(row, column) or above
            self.below[above, entity].append(row)

    def _element(self, entity: str, row: Any) -> OmeElement:
        table = TABLES[entity]
        written: dict[str, Any] = row.as_written or {}
        element = OmeElement(entity)
        for column in table.columns:
            text = self._text(row, column, written)
            if text is not None:
                element.values[column.attribute.name] = text
        if table.text is not None:
            element.text = self._text(row, table.text, written) or ""
        element.children = self._children(table, row, written)
        if isinstance(row, Pixels):
            self._compact(element, row.image_id)
        element.extra = self._extra(row, "")
        return element

    def _text(self, row: Any, column: Column, written: dict[str, Any]) -> str | None:
        name = column.attribute.name
        if name in written:
            found: str | None = written[name]
            return found
        if column.reference:
            return self._id(getattr(row, f"{column.name}_id"))
        return text_of(column, getattr(row, column.name))

    def _id(self, pk: Any) -> str | None:
        """The OME ID of a row."""
        target = self.by_pk.get(pk)
        if target is None:
            return None
        found: str = (target.as_written or {}).get("ID", target.ome_id)
        return found

    def _children(self, table: Table, row: Any, written: dict[str, Any]) -> list[OmeElement]:
        found: list[tuple[int, int, OmeElement]] = []
        for child in table.entity.children:
            if child.entity in CONTAINERS:
                if getattr(row, CONTAINERS[child.entity]):
                    found.append((child.rank, 0, self._container(child.entity, row)))
            elif child.entity in table.references:
                for one in self._references(table, row, child.entity, written):
                    found.append((child.rank, 0, one))
            else:
                for one in self.below.get((row.pk, child.entity), ()):
                    found.append((child.rank, getattr(one, "position", 0), self._element(child.entity, one)))
        found.sort(key=lambda it: it[:2])
        return [element for _, _, element in found]

    def _container(self, entity: str, row: Any) -> OmeElement:
        element = OmeElement(entity, extra=self._extra(row, f"{entity}/"))
        below = [
            (one.position, child.entity, one)
            for child in ENTITIES[entity].children
            for one in self.below.get((row.pk, child.entity), ())
        ]
        below.sort(key=lambda it: it[0])
        element.children = [self._element(name, one) for _, name, one in below]
        return element

    def _references(self, table: Table, row: Any, name: str, written: dict[str, Any]) -> Iterator[OmeElement]:
        ids = written.get(name)
        if ids is None:
            ids = self._id(getattr(row, f"{table.references[name]}_id"))
        if ids is None:
            return
        for text in [ids] if isinstance(ids, str) else ids:
            yield OmeElement(name, {"ID": text}, extra=self._extra(row, f"{name}/"))

    def _compact(self, element: OmeElement, image: UUID) -> None:
        if (planes := self.planes.get(image)) is not None:
            element.planes = unpacked("Plane", planes.count, bytes(planes.data), planes.rest)
        if (blocks := self.tiff_data.get(image)) is not None:
            element.tiff_data = unpacked("TiffData", blocks.count, bytes(blocks.data), blocks.rest)

    def _extras(self) -> dict[tuple[str, UUID], list[tuple[str, str]]]:
        marked = (self.document.as_written or {}).get("+", [])
        found: dict[tuple[str, UUID], list[tuple[str, str]]] = defaultdict(list)
        for start in range(0, len(marked), BATCH):
            pairs = KeyValue.objects.filter(entity_id__in=marked[start : start + BATCH], key__namespace=EXTRA)
            for entity, pk, name, value in pairs.values_list("entity", "entity_id", "key__name", "value__text"):
                found[entity, pk].append((name, value))
        return found

    def _extra(self, row: Any, place: str) -> Extra | None:
        extra = Extra()
        for name, value in self.extras.get((entity_of(row), row.pk), ()):
            part = name.removeprefix(place)
            if not name.startswith(place) or ("/" in part and not part.startswith("@")):
                continue
            if part.startswith("@"):
                extra.attributes[part[1:]] = value
            elif part == "element":
                extra.elements.append(value)
            elif part == "text":
                extra.text = value
        return extra if extra.attributes or extra.elements or extra.text else None


def _entity_of(model: type[models.Model]) -> str:
    """An entity that is in this table."""
    return next(entity for entity, one in MODELS.items() if one is model)


def _rows(model: type[models.Model], document: OmeDocument) -> QuerySet[Any]:
    if model is Image:
        return Image.everything.filter(document=document).order_by("position")
    if model is Pixels:
        return Pixels.objects.filter(image__document=document)
    if model is Channel:
        found = Channel.everything.filter(image__document=document, position__isnull=False)
        return found.order_by("image", "position")
    return model._default_manager.filter(document=document).order_by("position", "pk")


def _of_images(model: Any, images: Sequence[UUID]) -> Iterator[Any]:
    for start in range(0, len(images), BATCH):
        yield from model.objects.filter(image__in=images[start : start + BATCH])
