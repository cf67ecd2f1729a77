"""The model as data says exactly what the XSD says."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree

from imaging.ome.model import CHOICES_OF, ENTITIES, GROUPS, Attribute, Entity, Kind, typed
from imaging.ome.validity import is_valid

XSD = "{http://www.w3.org/2001/XMLSchema}"
BASES = {"LightSource": "LightSourceSpec", "Annotation": "AnnotationSpec", "Shape": "ShapeSpec"}


class Xsd:
    """The schema, read as a person would: each element with what its bases give it."""

    def __init__(self, path: Path) -> None:
        self.root = etree.parse(path).getroot()
        self.types = {found.get("name", ""): found for found in self.root.findall(f"{XSD}complexType")}
        self.simple = {found.get("name", ""): found for found in self.root.findall(f"{XSD}simpleType")}
        self.elements = {
            element.get("name", ""): content
            for element in self.root.iter(f"{XSD}element")
            if (content := self.content(element)) is not None and element.get("abstract") != "true"
        }

    def content(self, element: etree._Element) -> etree._Element | None:
        """The complex type of an element, or None if it holds one value."""
        if element.get("name") in (None, "Value") and element.get("type") != "Map":
            return None
        if element.get("name") == "MetadataOnly":
            return element
        return self.types.get(element.get("type", "")) if element.get("type") else element.find(f"{XSD}complexType")

    def parts(self, node: etree._Element, tag: str) -> Iterator[etree._Element]:
        """Attributes or elements of a type, those of its bases first."""
        for child in node:
            if child.tag == XSD + tag:
                yield child
            elif child.tag == f"{XSD}extension":
                base = self.types.get(child.get("base", ""))
                yield from self.parts(base, tag) if base is not None else ()
                yield from self.parts(child, tag)
            elif child.tag in {XSD + name for name in ("complexContent", "simpleContent", "sequence", "choice")}:
                yield from self.parts(child, tag)

    def choices(self, node: etree._Element) -> list[str]:
        """The values that the type of an attribute or element allows, if it lists them."""
        named = self.simple.get(node.get("type", ""))
        return [found.get("value", "") for found in (node if named is None else named).iter(f"{XSD}enumeration")]


@pytest.fixture(scope="module")
def xsd(shared: Path) -> Xsd:
    return Xsd(shared / "reference/ome/ome-2016-06.xsd")


def attributes_of(entity: Entity) -> dict[str, Attribute]:
    return {attribute.name: attribute for attribute in entity.attributes if not attribute.element}


def test_every_entity_is_there(xsd: Xsd) -> None:
    assert set(ENTITIES) == set(xsd.elements) - {"Description"}


def test_every_attribute_with_its_type_choices_and_default(xsd: Xsd) -> None:
    for name, content in xsd.elements.items():
        own = attributes_of(ENTITIES[name])
        said = {found.get("name", ""): found for found in xsd.parts(content, "attribute")}
        assert set(own) == set(said), name
        for attribute, found in said.items():
            ours = own[attribute]
            assert ours.required == (found.get("use") == "required"), (name, attribute)
            assert ours.default == found.get("default"), (name, attribute)
            assert list(ours.choices) == xsd.choices(found), (name, attribute)
            if found.get("type") and not ours.choices:
                assert ours.type == found.get("type", "").removeprefix("xsd:").replace(
                    "UniversallyUniqueIdentifier", "UUID"
                ), (name, attribute)


def test_every_element_in_order_with_how_often(xsd: Xsd) -> None:
    for name, content in xsd.elements.items():
        entity = ENTITIES[name]
        order: list[str] = []
        for found in xsd.parts(content, "element"):
            tag = str(found.get("ref") or found.get("name"))
            tag = tag.removesuffix("Group") if tag in ("LightSourceGroup", "ShapeGroup") else tag
            for part in GROUPS.get(tag, (tag,)):
                order.append(part)
                many = found.get("maxOccurs") == "unbounded" or name == "StructuredAnnotations"
                if part in entity.by_name:
                    assert entity.by_name[part].element
                else:
                    assert entity.child_by_name[part].many == many, (name, part)
                optional = found.get("minOccurs") == "0" or name in ("StructuredAnnotations", "Plane")
                said = entity.by_name.get(part) or entity.child_by_name[part]
                assert said.required == (not optional and part != "BinaryOnly"), (name, part)
        assert set(order) == set(entity.ranks), name
        assert [entity.ranks[part] for part in order] == sorted(entity.ranks.values()), name


def test_units_of_the_schema(xsd: Xsd) -> None:
    for name, choices in CHOICES_OF.items():
        if name.startswith("Units"):
            assert list(choices) == [found.get("value") for found in xsd.simple[name].iter(f"{XSD}enumeration")]
    for entity in ENTITIES.values():
        for attribute in entity.attributes:
            if attribute.unit_default:
                unit = entity.by_name[f"{attribute.name}Unit"]
                assert unit.default == attribute.unit_default
                assert unit.type.startswith("Units")


def test_references_say_what_they_are_of() -> None:
    assert ENTITIES["ImageRef"].is_reference
    assert ENTITIES["ImageRef"].refers_to == "Image"
    assert (ENTITIES["LightSourceSettings"].refers_to, ENTITIES["Pump"].refers_to) == ("LightSource", "LightSource")
    assert not ENTITIES["LightSourceSettings"].is_reference
    assert ENTITIES["Image"].refers_to == ""
    assert ENTITIES["CommentAnnotation"].by_name["Annotator"].target == "Experimenter"
    for entity in ENTITIES.values():
        assert entity.refers_to in ("", *ENTITIES, *GROUPS)


@pytest.mark.parametrize(
    ("entity", "name", "text", "value"),
    [
        ("Pixels", "SizeX", "12", 12), ("Pixels", "SizeX", "1_2", None), ("Pixels", "BigEndian", "1", True),
        ("Pixels", "BigEndian", "yes", None), ("Pixels", "PhysicalSizeX", "1e-2", 0.01), ("Channel", "Color", "-1", -1),
        ("Plane", "DeltaT", "INF", float("inf")), ("Plane", "DeltaT", "infinity", None), ("Image", "Name", "12", "12"),
    ],
)  # fmt: skip
def test_typed_values(entity: str, name: str, text: str, value: object) -> None:
    assert typed(ENTITIES[entity].by_name[name], text) == value


@pytest.mark.parametrize(
    ("entity", "name", "good", "bad"),
    [
        ("Pixels", "SizeX", "1", "0"), ("Pixels", "PhysicalSizeX", "0.1", "0"), ("Plane", "TheZ", "0", "-1"),
        ("Image", "ID", "Image:0", "0"), ("ROI", "ID", "x", "x y"), ("Image", "ID", "urn:lsid:a.b:Image:1", "Imag:0"),
        ("Image", "AcquisitionDate", "2008-09-01T10:00:00", "1 September"), ("Objective", "Iris", "true", "on"),
        ("ImagingEnvironment", "Humidity", "0.5", "50"), ("Experiment", "Type", "FP FRET", "FP PCR"),
        ("External", "SHA1", "0" * 40, "0"),
        ("OME", "UUID", "urn:uuid:01234567-89ab-cdef-0123-456789abcdef", "0"),
    ],
)  # fmt: skip
def test_what_values_are_allowed(entity: str, name: str, good: str, bad: str) -> None:
    attribute = ENTITIES[entity].by_name[name]
    assert is_valid(attribute, good)
    assert not is_valid(attribute, bad)


def test_kinds_of_texts() -> None:
    assert {entity.name: entity.text.kind for entity in ENTITIES.values() if entity.text} == {
        "M": Kind.TEXT, "UUID": Kind.TEXT, "BinData": Kind.BASE64,
    }  # fmt: skip
    assert set(BASES.values()) <= {base for entity in ENTITIES.values() for base in entity.bases}
