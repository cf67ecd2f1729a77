"""Numbers and quantities of a document, with an error that names file, place and line where one is none."""

from imaging.errors import ImageError
from imaging.facts import Quantity
from imaging.ome.document import OmeElement
from imaging.ome.model import ENTITIES, real


class Values:
    """Takes numbers from the elements of one file. Raises ImageError."""

    def __init__(self, path: str) -> None:
        self.path = path

    def fail(self, element: OmeElement, name: str, reason: str) -> ImageError:
        """The error for a value."""
        line = f" (line {element.line})" if element.line else ""
        return ImageError(path=self.path, field=f"OME-XML {element.entity}/@{name}{line}", reason=reason)

    def integer(self, element: OmeElement, name: str, *, least: int = 0) -> int | None:
        """A whole number, or None if it is not given."""
        text = element.get(name)
        if not text:
            return None
        try:
            value = int(text)
        except ValueError as error:
            raise self.fail(element, name, f"{text!r} is not a whole number; correct it in the file.") from error
        if value < least:
            raise self.fail(element, name, f"is {value}, but must be {least} or more; correct it in the file.")
        return value

    def size(self, element: OmeElement, name: str) -> int:
        """A size in pixels, which must be there and positive."""
        value = self.integer(element, name, least=1)
        if value is None:
            raise self.fail(element, name, "is missing; without it the image has no size.")
        return value

    def number(self, element: OmeElement, name: str) -> float | None:
        """A number, or None if it is not given."""
        text = element.get(name)
        if not text:
            return None
        try:
            return real(text)
        except ValueError as error:
            raise self.fail(element, name, f"{text!r} is not a number; correct it in the file.") from error

    def quantity(self, element: OmeElement, name: str) -> Quantity | None:
        """A number with the unit given, or else the schema's."""
        value = self.number(element, name)
        if value is None:
            return None
        unit = element.get(f"{name}Unit") or ENTITIES[element.entity].by_name[name].unit_default
        return Quantity(value, unit, element.get(name))
