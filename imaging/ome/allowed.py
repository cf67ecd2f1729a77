"""A document as the schema allows it, whatever a file says: what 2016-06 does not allow is taken out of its place and
told as key-values (MapAnnotations) of the nearest element that can have such. What was read is not changed."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from imaging.ome.columns import BadNumber, NumberColumn
from imaging.ome.document import Columns, OmeDocument, OmeElement
from imaging.ome.key_values import of_extra
from imaging.ome.model import ENTITIES, Attribute, Kind
from imaging.ome.some_images import PIXEL_TYPES, WHERE_PIXELS_ARE
from imaging.ome.validity import id_pattern, is_valid
from imaging.ome.write import write_ome

NAMESPACE = "openmicroscopy.org/OME#not-allowed"
NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# Of types that OME does not have, the one that holds the same range.
TYPES = PIXEL_TYPES | {"float16": "float", "bool": "bit", "complex64": "complex", "complex128": "double-complex"}
WIDEST = "double"
LEAST = {"PositiveInt": "1", "PositiveFloat": "1"}
STAND_INS = {Kind.INTEGER: "0", Kind.FLOAT: "0", Kind.BOOLEAN: "false"}


@dataclass(frozen=True)
class LeftOut:
    """A value that the schema does not allow, by its path from the element that it belongs to ("Pixels/@Type")."""

    path: str
    value: str

    def below(self, entity: str) -> "LeftOut":
        return LeftOut(f"{entity}/{self.path}", self.value)


def write_allowed(document: OmeDocument) -> bytes:
    """The document as OME-XML 2016-06 that is valid."""
    return write_ome(OmeDocument(_Fitting(document.root).root(), document.version))


class _Fitting:
    def __init__(self, root: OmeElement) -> None:
        self._root = root
        self._ids = _fitting_ids(root)
        self._seen: Counter[tuple[str, str]] = Counter()
        self._annotations: list[OmeElement] = []
        told = [one for holder in root.all("StructuredAnnotations") for one in holder.children]
        self._before = sum(one.get("Namespace") == NAMESPACE for one in told)  # it was written by this once already

    def root(self) -> OmeElement:
        found, left = self._element(self._root)
        assert found is not None
        if left:
            self._annotation(left)
        if self._annotations:
            holder = found.first("StructuredAnnotations") or OmeElement("StructuredAnnotations")
            others = [child for child in found.children if child.entity != "StructuredAnnotations"]
            holder = replace(holder, children=[*holder.children, *self._annotations])
            found = replace(found, children=[*others, holder])
        return found

    def _element(self, element: OmeElement) -> tuple[OmeElement | None, list[LeftOut]]:
        """The element as it may stand, None if it may not; and what was left out that it cannot tell itself."""
        values, left = self._values(element)
        children: list[OmeElement] = []
        for child in element.children:
            known = element.model.child_by_name.get(child.entity)
            is_second = known is not None and not known.many and any(one.entity == child.entity for one in children)
            found, below = (None, list(_all(child))) if known is None or is_second else self._element(child)
            left += [one.below(child.entity) for one in below]
            if found is not None:
                children.append(found)
        for attribute in element.model.attributes:
            if attribute.required and attribute.name not in values:
                if attribute.kind is Kind.REFERENCE:
                    return None, [*left, *_all(replace(element, values=values, children=children, extra=None))]
                given = element.get(attribute.name)
                values[attribute.name] = self._stand_in(attribute, given)
        left += [LeftOut(one.name, one.value) for one in of_extra(element.extra)] if element.extra else []
        if element.entity == "Pixels" and element.tiff_data is None and not element.all(*WHERE_PIXELS_ARE):
            children.append(OmeElement("MetadataOnly"))
        planes = element.planes and _planes(element.planes, left)
        if left and "AnnotationRef" in element.model.child_by_name:
            children.append(OmeElement("AnnotationRef", {"ID": self._annotation(left)}))
            left = []
        text = NOT_IN_XML.sub("\ufffd", element.text)
        return replace(element, values=values, children=children, text=text, extra=None, planes=planes), left

    def _values(self, element: OmeElement) -> tuple[dict[str, str], list[LeftOut]]:
        """The values that are allowed, and the others; a number goes with its unit."""
        attributes = element.model.by_name
        values: dict[str, str] = {}
        odd: dict[str, str] = {}
        for name, given in element.values.items():
            text = NOT_IN_XML.sub("\ufffd", self._ids.get((attributes[name].target, given), given))
            (values if is_valid(attributes[name], text) else odd)[name] = text
        if "ID" in values and attributes["ID"].kind is Kind.ID:
            values["ID"] = self._only(attributes["ID"].target, values["ID"])
        for name in list(odd):
            number = name if attributes[name].unit_default else name.removesuffix("Unit")
            if number in attributes and attributes[number].unit_default:
                odd |= {one: values.pop(one) for one in (number, f"{number}Unit") if one in values}
        return values, [LeftOut(_path(attributes[name]), text) for name, text in odd.items()]

    def _only(self, target: str, ome_id: str) -> str:
        """The ID, or another one if something before has it already; references go to that."""
        self._seen[target, ome_id] += 1
        number = self._seen[target, ome_id]
        return ome_id if number == 1 else self._only(target, f"{ome_id}-{number}")

    def _stand_in(self, attribute: Attribute, given: str) -> str:
        """What stands where a value has to be, and none is or another than may be."""
        if attribute.kind is Kind.ID:
            return self._only(attribute.target, f"{attribute.target}:unnamed")
        if attribute.type == "PixelType":
            return TYPES.get(given, WIDEST)
        if attribute.choices:
            return "Other" if "Other" in attribute.choices else attribute.choices[0]
        return LEAST.get(attribute.type) or STAND_INS.get(attribute.kind, "")

    def _annotation(self, left: list[LeftOut]) -> str:
        """Tell what was left out; the ID of the annotation."""
        ome_id = f"Annotation:not-allowed-{self._before + len(self._annotations)}"
        pairs = [OmeElement("M", {"K": one.path}, text=NOT_IN_XML.sub("\ufffd", one.value)) for one in left]
        value = OmeElement("Value", children=pairs)
        self._annotations.append(OmeElement("MapAnnotation", {"ID": ome_id, "Namespace": NAMESPACE}, [value]))
        return ome_id


def _fitting_ids(root: OmeElement) -> dict[tuple[str, str], str]:
    """What stands for IDs of a form that is not allowed, by what they are of; also where they are referred to."""
    found = {}
    for element in root.walk():
        attribute = element.model.by_name.get("ID")
        given = element.get("ID")
        if attribute is None or attribute.kind is not Kind.ID or not given:
            continue
        if id_pattern(attribute.target).fullmatch(given) is None:
            plain = "_".join(NOT_IN_XML.sub("\ufffd", given).split()) or "_"
            found[attribute.target, given] = f"{attribute.target}:{plain}"
    return found


def _path(attribute: Attribute) -> str:
    return attribute.name if attribute.element else f"@{attribute.name}"


def _all(element: OmeElement) -> Iterator[LeftOut]:
    """All that an element says which cannot stand."""
    yield from (LeftOut(_path(ENTITIES[element.entity].by_name[name]), text) for name, text in element.values.items())
    if element.text:
        yield LeftOut("", element.text)
    for child in element.children:
        yield from (one.below(child.entity) for one in _all(child))
    if element.extra is not None:
        yield from (LeftOut(one.name, one.value) for one in of_extra(element.extra))


def _planes(planes: Columns, left: list[LeftOut]) -> Columns:
    """The columns that are allowed; of others `left` gets the values of all planes in their order."""
    numbers, texts = dict(planes.numbers), dict(planes.texts)
    attributes = ENTITIES[planes.entity].by_name
    for name, column in planes.numbers.items():
        unit = texts.get(f"{name}Unit")
        is_odd = unit is not None and any(not is_valid(attributes[f"{name}Unit"], one) for one in unit.values)
        finite = None if is_odd else _finite(column)
        if finite is None or finite is not column:
            left.append(LeftOut(f"{planes.entity}/@{name}", " ".join(column.texts())))
        if finite is not None:
            numbers[name] = finite
        else:
            del numbers[name]
            if unit is not None:
                left.append(LeftOut(f"{planes.entity}/@{name}Unit", " ".join(unit.values)))
                del texts[f"{name}Unit"]
    for row, rest in planes.rest.items():
        odd = of_extra(rest.extra) if rest.extra else ()
        left += [LeftOut(f"{planes.entity}[{row + 1}]/{one.name}", one.value) for one in odd]
    rests = {row: replace(rest, extra=None) for row, rest in planes.rest.items()}
    return Columns(planes.entity, planes.count, numbers, texts, rests)


def _finite(column: NumberColumn) -> NumberColumn | None:
    """The column with no value where there is no number, itself if all are such; None if it has a text that is none."""
    try:
        numbers = column.numbers
    except BadNumber:
        return None
    if not np.isinf(numbers).any():
        return column
    return NumberColumn(integer=False, numbers=np.where(np.isinf(numbers), np.nan, numbers))
