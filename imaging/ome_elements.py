"""Taking values out of an OME-XML tree, so that what stays behind is what nobody read."""

from lxml import etree

from imaging.errors import ImageError
from imaging.facts import Quantity


class Reader:
    """Takes attributes and elements away from the tree of one file; a value that cannot be is an ImageError."""

    def __init__(self, path: str) -> None:
        self.path = path

    def fail(self, element: etree._Element, name: str, reason: str) -> ImageError:
        """The error for an attribute, naming it and its line."""
        line = f" (line {element.sourceline})" if element.sourceline else ""
        return ImageError(path=self.path, field=f"OME-XML {tag_of(element)}/@{name}{line}", reason=reason)

    def take(self, element: etree._Element, *names: str) -> str:
        """The first of the named attributes that is there, else ""."""
        for name in names:
            value = element.attrib.pop(name, None)
            if value is not None:
                return str(value)
        return ""

    def take_child_text(self, element: etree._Element, *names: str) -> str:
        """The text of the first child so named that is there, else ""."""
        for name in names:
            child = element.find(name)
            if child is not None and len(child) == 0 and not child.attrib:
                element.remove(child)
                return child.text or ""
        return ""

    def take_child_id(self, element: etree._Element, name: str) -> str:
        """The ID of a reference such as <InstrumentRef ID=.../>, else ""."""
        child = element.find(name)
        if child is None:
            return ""
        ome_id = self.take(child, "ID")
        if not child.attrib and len(child) == 0:
            element.remove(child)
        return ome_id

    def integer(self, element: etree._Element, *names: str, least: int = 0) -> int | None:
        """An integer attribute, or None if it is not there."""
        text = self.take(element, *names)
        if not text:
            return None
        try:
            value = int(text)
        except ValueError as error:
            raise self.fail(element, names[0], f"{text!r} is not a whole number; correct it in the file.") from error
        if value < least:
            raise self.fail(element, names[0], f"is {value}, but must be {least} or more; correct it in the file.")
        return value

    def required_size(self, element: etree._Element, name: str) -> int:
        """A size in pixels, which must be there and positive."""
        value = self.integer(element, name, least=1)
        if value is None:
            raise self.fail(element, name, "is missing; without it the image has no size.")
        return value

    def number(self, element: etree._Element, *names: str) -> float | None:
        """A real attribute, or None if it is not there."""
        text = self.take(element, *names)
        if not text:
            return None
        try:
            return float(text)
        except ValueError as error:
            raise self.fail(element, names[0], f"{text!r} is not a number; correct it in the file.") from error

    def quantity(self, element: etree._Element, *names: str, unit: str) -> Quantity | None:
        """A real attribute with the unit that `<name>Unit` gives, or the schema's default `unit`."""
        text = next((element.get(name, "") for name in names if element.get(name)), "")
        value = self.number(element, *names)
        given = self.take(element, names[0] + "Unit")
        return None if value is None else Quantity(value, given or unit, text)


def tag_of(element: etree._Element) -> str:
    """The element's name."""
    return str(element.tag)


def remove(element: etree._Element) -> None:
    """Take an element out of its parent."""
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)


def flat_attributes(element: etree._Element) -> tuple[tuple[str, str], ...]:
    """All attributes and texts of an element and those below it, as ("TransmittanceRange/CutIn", "505") pairs."""
    pairs = [(str(name), str(value)) for name, value in element.attrib.items()]
    for child in element:
        if child.text and child.text.strip():
            pairs.append((str(child.tag), child.text.strip()))
        for name, value in flat_attributes(child):
            pairs.append(
                (str(child.tag) if name == "ID" and len(child.attrib) == 1 else f"{tag_of(child)}/{name}", value)
            )
    return tuple(pairs)
