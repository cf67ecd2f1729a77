"""What an older document says and 2016-06 has no place for, or does not allow, becomes XMLAnnotations."""

from collections import Counter

from lxml import etree

from imaging.ome.model import ENTITIES, Kind
from imaging.ome.validity import id_pattern, is_valid

Element = etree._Element

# What must be there since, where an older schema did not ask for it.
REQUIRED = {("Mask", "Width"): "1", ("Mask", "Height"): "1", ("StageLabel", "Name"): "", ("BinData", "Length"): "0"}


class Leftovers:
    """Takes them out of a tree of plain names; `count` is how many things were found no place."""

    def __init__(self, namespace: str, version: str) -> None:
        self.namespace = namespace
        self.version = version
        self.count = 0
        self.annotations: list[Element] = []

    def take_all(self, root: Element) -> None:
        """Leave in the tree only what 2016-06 allows; the rest becomes annotations of what it belongs to."""
        _name_ids(root)
        self._take(root)
        if self.annotations:
            holder = root.find("StructuredAnnotations")
            if holder is None:
                holder = etree.SubElement(root, "StructuredAnnotations")
            holder.extend(self.annotations)

    def _take(self, element: Element) -> None:
        model = ENTITIES[str(element.tag)]
        unknown: list[Element] = []
        counts: Counter[str] = Counter()
        for child in list(element) if len(element) else ():
            tag = str(child.tag)
            counts[tag] += 1
            known = model.child_by_name.get(tag)
            value = model.by_name.get(tag)
            if known is not None and (known.many or counts[tag] == 1):
                self._take(child)
            elif not (value is not None and value.element and counts[tag] == 1 and self._is_value(child)):
                unknown.append(child)
        odd: dict[str, str] = {}
        for name, text in element.attrib.items():
            attribute = model.by_name.get(str(name))
            if attribute is None or attribute.element:
                if element.getparent() is not None or not str(name).endswith("schemaLocation"):
                    odd[str(name)] = str(text)
                del element.attrib[name]
            elif not is_valid(attribute, str(text)):
                odd[str(name)] = str(text)
                self._replace(element, str(name))
        if unknown or odd:
            self._annotate(element, unknown, odd)
        self._complete(element)

    def _is_value(self, child: Element) -> bool:
        parent = child.getparent()
        assert parent is not None
        attribute = ENTITIES[str(parent.tag)].by_name[str(child.tag)]
        if attribute.kind is Kind.XML:
            return True
        return not len(child) and not child.attrib and (attribute.required or is_valid(attribute, child.text or ""))

    def _replace(self, element: Element, name: str) -> None:
        """Put a value that is allowed in place of one that is not: "Other" or the only one, if there is such."""
        attribute = ENTITIES[str(element.tag)].by_name[name]
        if "Other" in attribute.choices:
            element.set(name, "Other")
        elif len(attribute.choices) == 1:
            element.set(name, attribute.choices[0])
        elif not attribute.required:
            del element.attrib[name]

    def _complete(self, element: Element) -> None:
        """Add what 2016-06 asks for and older schemas did not."""
        for (entity, name), value in REQUIRED.items():
            if element.tag == entity and name not in element.attrib:
                element.set(name, value)
        if element.tag == "Pixels" and not any(c.tag in ("BinData", "TiffData", "MetadataOnly") for c in element):
            etree.SubElement(element, "MetadataOnly")
        if element.tag == "ROI" and element.find("Union") is None:
            self._complete(etree.SubElement(element, "Union"))
        if element.tag == "Union" and not len(element):
            roi = element.getparent()
            ome_id = "" if roi is None else roi.get("ID", "").replace(" ", "_")
            text = "A shape of the file that OME 2016-06 has no kind for; see the annotation."
            etree.SubElement(element, "Label", ID=f"Shape:{ome_id}", X="0", Y="0", Text=text)
        if element.tag == "Plate":
            for index, sample in enumerate(element.iter("WellSample")):
                if "Index" not in sample.attrib:
                    sample.set("Index", str(index))

    def _annotate(self, element: Element, unknown: list[Element], odd: dict[str, str]) -> None:
        """Make an XMLAnnotation of parts and attributes, for the nearest element around that can have one."""
        self.count += len(unknown) + len(odd)
        aside = etree.Element(f"{{{self.namespace}}}{element.tag!s}", odd, nsmap={None: self.namespace})
        for part in unknown:
            part.tail = None
            for below in part.iter(etree.Element):
                if not str(below.tag).startswith("{"):
                    below.tag = f"{{{self.namespace}}}{below.tag!s}"
            aside.append(part)
        ome_id = f"Annotation:{self.version}-{len(self.annotations)}"
        annotation = etree.Element("XMLAnnotation", ID=ome_id, Namespace=self.namespace)
        etree.SubElement(annotation, "Value").append(aside)
        self.annotations.append(annotation)
        owner: Element | None = element
        while owner is not None and "AnnotationRef" not in ENTITIES[str(owner.tag)].child_by_name:
            owner = owner.getparent()
        if owner is not None:
            etree.SubElement(owner, "AnnotationRef", ID=ome_id)


def _name_ids(root: Element) -> None:
    """Give every entity an ID of the form that 2016-06 asks for, and change the references to it."""
    renamed: dict[tuple[str, str], str] = {}
    numbers: Counter[str] = Counter()
    for element in root.iter(*ENTITIES):
        attribute = ENTITIES[str(element.tag)].by_name.get("ID")
        if attribute is None or attribute.kind is not Kind.ID:
            continue
        given = element.get("ID", "")
        if not given:
            element.set("ID", f"{attribute.target}:unnamed-{numbers[attribute.target]}")
            numbers[attribute.target] += 1
        elif id_pattern(attribute.target).fullmatch(given) is None:
            fitting = f"{attribute.target}:{'_'.join(given.split())}"
            renamed[attribute.target, given] = fitting
            element.set("ID", fitting)
    for element in root.iter(*ENTITIES) if renamed else ():
        for attribute in ENTITIES[str(element.tag)].attributes:
            if attribute.kind is Kind.REFERENCE and (attribute.target, element.get(attribute.name, "")) in renamed:
                element.set(attribute.name, renamed[attribute.target, element.get(attribute.name, "")])
