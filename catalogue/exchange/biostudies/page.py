"""PageTab as frozen data, parsed from JSON: a submission, its sections, attributes, links and files."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from catalogue.exchange.dossier import CannotRead


@dataclass(frozen=True)
class Attribute:
    """A name and a value, each with qualifiers. A reference's value is the accno of a section."""

    name: str
    value: str
    is_reference: bool = False
    name_qualifiers: tuple[tuple[str, str], ...] = ()
    value_qualifiers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class PageLink:
    url: str
    attributes: tuple[Attribute, ...] = ()


@dataclass(frozen=True)
class PageFile:
    path: str
    size: int | None = None
    type: str = ""
    attributes: tuple[Attribute, ...] = ()


@dataclass(frozen=True)
class Section:
    type: str
    accno: str = ""
    attributes: tuple[Attribute, ...] = ()
    sections: tuple["Section", ...] = ()
    links: tuple[PageLink, ...] = ()
    files: tuple[PageFile, ...] = ()
    others: tuple[tuple[str, str], ...] = ()  # keys of the JSON that PageTab does not have


@dataclass(frozen=True)
class Submission:
    accno: str
    attributes: tuple[Attribute, ...]
    study: Section
    others: tuple[tuple[str, str], ...] = ()


class Parser:
    """Parses one file. Every method raises CannotRead with the place at which the JSON is not PageTab."""

    def __init__(self, file: str) -> None:
        self.file = file

    def submission(self, value: Any) -> Submission:
        given = self._object(value, "the submission")
        if "section" not in given:
            raise CannotRead(
                f"“{self.file}” is no BioStudies submission: it has no “section” with the study in it.", file=self.file
            )
        known = {"accno", "attributes", "section", "type"}
        return Submission(
            self._text(given.get("accno"), "accno"),
            self.attributes(given.get("attributes"), "attributes"),
            self._section(given["section"], "section"),
            _others(given, known),
        )

    def files(self, value: Any, where: str = "") -> Iterator[PageFile]:
        """A file list, or the files of a section; lists in the list are tables of files."""
        for number, item in enumerate(self._list(value, where or "the file list")):
            place = f"{where}[{number}]"
            if isinstance(item, list):
                yield from self.files(item, place)
                continue
            given = self._object(item, place)
            path = self._text(given.get("path") or given.get("name"), f"{place}.path")
            if not path:
                raise CannotRead(f"“{self.file}”: the file at {place} has no path.", file=self.file)
            size = given.get("size")
            bytes_ = size if isinstance(size, int) and not isinstance(size, bool) and size >= 0 else None
            attributes = self.attributes(given.get("attributes"), f"{place}.attributes")
            extra = _others(
                given, {"path", "size", "type", "attributes"} | ({"name"} if not given.get("path") else set())
            )
            if bytes_ is None and size is not None:
                extra = (*extra, ("size", str(size)))
            attributes += tuple(Attribute(name, text) for name, text in extra)
            yield PageFile(path, bytes_, self._text(given.get("type"), f"{place}.type"), attributes)

    def attributes(self, value: Any, where: str) -> tuple[Attribute, ...]:
        found = []
        for number, item in enumerate(self._list(value, where)):
            place = f"{where}[{number}]"
            given = self._object(item, place)
            reference = given.get("reference", given.get("isReference"))
            found.append(Attribute(
                self._text(given.get("name"), f"{place}.name"),
                self._text(given.get("value"), f"{place}.value"),
                reference is True or str(reference).lower() == "true",
                self._qualifiers(given.get("nmqual"), f"{place}.nmqual"),
                self._qualifiers(given.get("valqual"), f"{place}.valqual"),
            ))  # fmt: skip
        return tuple(found)

    def _section(self, value: Any, where: str) -> Section:
        given = self._object(value, where)
        known = {"type", "accno", "attributes", "subsections", "links", "files"}
        return Section(
            self._text(given.get("type"), f"{where}.type"),
            self._text(given.get("accno"), f"{where}.accno"),
            self.attributes(given.get("attributes"), f"{where}.attributes"),
            tuple(self._sections(given.get("subsections"), f"{where}.subsections")),
            tuple(self._links(given.get("links"), f"{where}.links")),
            tuple(self.files(given.get("files"), f"{where}.files")),
            _others(given, known),
        )

    def _sections(self, value: Any, where: str) -> Iterator[Section]:
        for number, item in enumerate(self._list(value, where)):
            place = f"{where}[{number}]"
            if isinstance(item, list):  # a table of sections
                yield from self._sections(item, place)
            else:
                yield self._section(item, place)

    def _links(self, value: Any, where: str) -> Iterator[PageLink]:
        for number, item in enumerate(self._list(value, where)):
            place = f"{where}[{number}]"
            if isinstance(item, list):
                yield from self._links(item, place)
                continue
            given = self._object(item, place)
            attributes = self.attributes(given.get("attributes"), f"{place}.attributes")
            attributes += tuple(Attribute(*other) for other in _others(given, {"url", "attributes"}))
            yield PageLink(self._text(given.get("url"), f"{place}.url"), attributes)

    def _qualifiers(self, value: Any, where: str) -> tuple[tuple[str, str], ...]:
        pairs = (self._object(item, where) for item in self._list(value, where))
        return tuple((self._text(it.get("name"), where), self._text(it.get("value"), where)) for it in pairs)

    def _object(self, value: Any, where: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise CannotRead(f"“{self.file}”: {where} should be a group of values in braces.", file=self.file)
        return value

    def _list(self, value: Any, where: str) -> list[Any]:
        if value is None:
            return []
        if not isinstance(value, list):
            raise CannotRead(f"“{self.file}”: {where} should be a list in square brackets.", file=self.file)
        return value

    def _text(self, value: Any, where: str) -> str:
        if value is None:
            return ""
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, str | int | float):
            return str(value)
        raise CannotRead(f"“{self.file}”: {where} should be a text.", file=self.file)


def _others(given: dict[str, Any], known: set[str]) -> tuple[tuple[str, str], ...]:
    """What PageTab has no place for; kept, as text."""
    return tuple((key, value if isinstance(value, str) else str(value)) for key, value in given.items()
                 if key not in known and value not in (None, "", [], {}))  # fmt: skip
