"""OME-XML in, in one pass and without a tree of its own beside the document."""

import re
from collections import Counter
from xml.parsers import expat

from imaging.errors import ImageError
from imaging.limits import MAX_XML_BYTES
from imaging.ome.document import Extra, OmeDocument, OmeElement
from imaging.ome.fragments import XSI_NAMESPACE, FragmentWriter, clark, split_name
from imaging.ome.model import ENTITIES, NAMESPACE, Kind
from imaging.ome.rows import ColumnsBuilder
from imaging.ome.upgrade import is_older, upgrade

VERSION = re.compile(r"/OME/(\d{4}-\d{2}|\w+)/?(?:ome\.xsd)?$", re.IGNORECASE)
MAX_DEPTH = 200
MAX_WARNINGS = 20
COLUMNS = {"Plane": "planes", "TiffData": "tiff_data"}
ATTRIBUTES = {name: frozenset(a.name for a in e.attributes if not a.element) for name, e in ENTITIES.items()}
SCHEMA_LOCATION = f"{XSI_NAMESPACE} schemaLocation"


class OlderSchemaError(Exception):
    """The document is of a schema before 2016-06."""


def read_ome(data: bytes | str, *, path: str) -> OmeDocument:
    """The document of OME-XML of any schema. What the schema does not know is kept as `extra`, with a warning.

    A str is taken as it is, whatever encoding it names. Raises ImageError (field "OME-XML") with the line of the fault.
    No entity, document type or address is followed.
    """
    encoding = "utf-8" if isinstance(data, str) else None
    data = data.encode("utf-8", "replace") if isinstance(data, str) else data
    if not data.startswith((b"\xff\xfe", b"\xfe\xff")):  # not UTF-16, of which a zero is part
        data = data.rstrip(b"\0 \n\r\t")
    if len(data) > MAX_XML_BYTES:
        raise ImageError(path=path, field="OME-XML", reason=f"has {len(data)} bytes, more than {MAX_XML_BYTES}.")
    try:
        return _Parser(path, encoding).parse(data)
    except OlderSchemaError:
        upgraded = upgrade(data, path=path, encoding=encoding)
        document = _Parser(path, keep_lines=False).parse(upgraded.data)
        return OmeDocument(document.root, upgraded.version, (*upgraded.warnings, *document.warnings))


class _Parser:
    """One document. The state is what is open: entities, and in the last of them a row, a value or an unknown part."""

    def __init__(self, path: str, encoding: str | None = None, *, keep_lines: bool = True) -> None:
        self.path = path
        self.keep_lines = keep_lines
        self.namespace = NAMESPACE
        self.version = ""
        self.root: OmeElement | None = None
        self.stack: list[OmeElement] = []
        self.texts: list[str] = []
        self.value = ""  # name of the element of one value that is open
        self.fragment: FragmentWriter | None = None  # an unknown part, or the content of the value if `value`
        self.builders: dict[str, ColumnsBuilder] = {}  # of the Pixels that are open
        self.rows: ColumnsBuilder | None = None
        self.row: list[str] | None = None  # attributes of the Plane or TiffData that is open
        self.rest: OmeElement | None = None  # what it has beyond
        self.row_name = ""  # the parser's name of the row begun last, while nothing else has begun
        self.declarations: list[tuple[str | None, str | None]] = []
        self.tags: dict[str, str] = {}
        self.unknown: Counter[str] = Counter()
        self.parser = expat.ParserCreate(encoding, " ")

    def parse(self, data: bytes) -> OmeDocument:
        """The document; raises ImageError, or OlderSchemaError as soon as the root is seen."""
        parser = self.parser
        parser.namespace_prefixes = True
        parser.ordered_attributes = True
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._doctype
        parser.StartNamespaceDeclHandler = lambda prefix, uri: self.declarations.append((prefix, uri))
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self.texts.append
        try:
            parser.Parse(data, True)
        except (expat.ExpatError, LookupError, ValueError) as error:  # the latter two: an encoding that nobody knows
            message = expat.ErrorString(error.code) if isinstance(error, expat.ExpatError) else str(error)
            reason = f"is not well-formed XML (line {parser.CurrentLineNumber}: {message}); export the image again."
            raise self._fail(reason) from error
        assert self.root is not None
        return OmeDocument(self.root, self.version, self._warnings())

    def _fail(self, reason: str) -> ImageError:
        return ImageError(path=self.path, field="OME-XML", reason=reason)

    def _doctype(self, *_: object) -> None:
        raise ImageError(
            path=self.path, field="OME-XML", reason="has a document type (DOCTYPE), which OME-XML never has."
        )

    def _start(self, name: str, attributes: list[str]) -> None:
        """An element begins; `attributes` are names and values in turn."""
        if name == self.row_name and self.row is None and not self.declarations:  # one of 100,000, maybe
            if self.texts:
                if not "".join(self.texts).isspace():
                    self._take_text(self.stack[-1])
                self.texts.clear()
            assert self.rows is not None
            self.rows.add(attributes)
            self.row = attributes
            return
        self.row_name = ""
        declarations, self.declarations = self.declarations, []
        if self.fragment is not None or self.value:
            self._start_within(name, attributes, declarations)
            return
        if not self.stack:
            self._start_root(name, attributes)
            return
        parent, tag = self.stack[-1], self._tag(name)
        if self.texts:
            self._take_text(parent)
        if tag in COLUMNS and parent.entity == "Pixels":
            self._start_row(tag, attributes)
            self.row_name = name
            return
        if self.row is not None and self.rest is None:
            if tag == "UUID" and attributes[::2] in ([], ["FileName"]) and "UUID" not in self.row[::2]:
                self.value = tag
                self.row += ["UUID/FileName", *attributes[1:]] if attributes else []
                return
            assert self.rows is not None
            parent = self.rest = self.rows.rest_of_last()
            self.stack.append(parent)
        self._start_part(parent, name, attributes, declarations)

    def _tag(self, name: str) -> str:
        """The name of an element of OME, or "" if it is of another namespace."""
        tag = self.tags.get(name)
        if tag is None:
            uri, local, _ = split_name(name)
            tag = self.tags[name] = local if uri == self.namespace else ""
        return tag

    def _start_part(
        self, parent: OmeElement, name: str, attributes: list[str], declarations: list[tuple[str | None, str | None]]
    ) -> None:
        """A part of an entity begins: another one, a value, or what the schema does not know."""
        model, tag = ENTITIES[parent.entity], self._tag(name)
        value = model.by_name.get(tag)
        if tag in model.child_by_name:
            element = self._element(tag, attributes)
            parent.children.append(element)
            self.stack.append(element)
        elif value is not None and value.element and not attributes and tag not in parent.values:
            self.value = tag
            self.fragment = FragmentWriter(self.namespace) if value.kind is Kind.XML else None
        else:
            self.unknown[f"{parent.entity}/{split_name(name)[1]}"] += 1
            self.fragment = FragmentWriter(self.namespace)
            self.fragment.start(name, attributes, declarations)

    def _start_within(
        self, name: str, attributes: list[str], declarations: list[tuple[str | None, str | None]]
    ) -> None:
        """An element begins within one that the schema does not know, or that should hold one value."""
        if self.fragment is None:  # the value is none: it is kept as an unknown element
            self.fragment = FragmentWriter(self.namespace)
            self.fragment.start(f"{self.namespace} {self.value}", [], ())
            self.unknown[f"{self.stack[-1].entity}/{self.value}/{split_name(name)[1]}"] += 1
            self.value = ""
        self._text_of(self.fragment)
        self.fragment.start(name, attributes, declarations)
        if len(self.fragment.open) > MAX_DEPTH:
            line = self.parser.CurrentLineNumber
            raise self._fail(f"is nested deeper than {MAX_DEPTH} elements (line {line}); export the image again.")

    def _start_root(self, name: str, attributes: list[str]) -> None:
        uri, local, _ = split_name(name)
        if local != "OME":
            raise self._fail(f"its root is <{local}>, not <OME>; export it again.")
        if is_older(uri):
            raise OlderSchemaError
        version = VERSION.search(uri)
        self.namespace, self.version = uri, version.group(1) if version else ""
        pairs = list(zip(attributes[::2], attributes[1::2], strict=True))
        kept = [pair for pair in pairs if not pair[0].startswith(SCHEMA_LOCATION)]
        self.root = self._element("OME", [part for pair in kept for part in pair])
        self.stack.append(self.root)

    def _start_row(self, entity: str, attributes: list[str]) -> None:
        if self.rows is None or self.rows.entity != entity:
            self.rows = self.builders.get(entity) or ColumnsBuilder(entity)
            self.builders[entity] = self.rows
        self.row, self.rest = attributes, None
        self.rows.add(attributes)

    def _finish_rows(self, pixels: OmeElement) -> None:
        for entity, builder in self.builders.items():
            columns = builder.finish()
            setattr(pixels, COLUMNS[entity], columns)
            for rest in columns.rest.values():
                if rest.extra is not None:
                    self.unknown.update(f"{entity}/@{attribute}" for attribute in rest.extra.attributes)
        self.builders, self.rows, self.row_name = {}, None, ""

    def _element(self, entity: str, attributes: list[str]) -> OmeElement:
        values = dict(zip(attributes[::2], attributes[1::2], strict=True))
        element = OmeElement(entity, values, line=self.parser.CurrentLineNumber if self.keep_lines else 0)
        unknown = values.keys() - ATTRIBUTES[entity]
        if unknown:
            element.extra = Extra({clark(name): values.pop(name) for name in attributes[::2] if name in unknown})
            self.unknown.update(f"{entity}/@{split_name(name)[1]}" for name in unknown)
        return element

    def _end(self, name: str) -> None:
        """The element that is open ends."""
        if name == self.row_name and not self.texts:
            self.row = None
            return
        if self.fragment is not None:
            self._end_within(self.fragment)
            return
        text = "".join(self.texts)
        if self.value:
            self.texts.clear()
            if self.row is not None and self.rest is None:
                self.row += [self.value, text]
            else:
                self.stack[-1].values[self.value] = text
            self.value = ""
        elif self.row is not None and self.stack[-1].entity in ("Pixels", self.rows.entity if self.rows else ""):
            self._end_row()
        else:
            element = self.stack[-1]
            if text:
                self._take_text(element)
            if element.entity == "Pixels":
                self._finish_rows(element)
            self.stack.pop()

    def _end_row(self) -> None:
        assert self.rows is not None
        if self.texts and "".join(self.texts).strip():
            self._take_text(self.rows.rest_of_last())
        self.texts.clear()
        if self.rest is not None:
            self.stack.pop()
        self.row = self.rest = None

    def _end_within(self, fragment: FragmentWriter) -> None:
        self._text_of(fragment)
        if not fragment.open:
            self.stack[-1].values[self.value] = fragment.result()
            self.fragment, self.value = None, ""
            return
        fragment.end()
        if not fragment.open and not self.value:
            extra_of(self.stack[-1]).elements.append(fragment.result())
            self.fragment = None

    def _text_of(self, fragment: FragmentWriter) -> None:
        fragment.text("".join(self.texts))
        self.texts.clear()

    def _take_text(self, element: OmeElement) -> None:
        """The text so far belongs to the element, or, between the elements of others, is only white space."""
        text = "".join(self.texts)
        self.texts.clear()
        if ENTITIES[element.entity].text is not None:
            element.text += text
        elif text.strip():
            extra_of(element).text += text.strip()
            self.unknown[f"{element.entity}, text {text.strip()[:20]!r}"] += 1

    def _warnings(self) -> tuple[str, ...]:
        warnings = [
            f"OME-XML {place} is not in the OME schema 2016-06; it is kept as it is."
            + (f" (It is there {count} times.)" if count > 1 else "")
            for place, count in self.unknown.most_common(MAX_WARNINGS)
        ]
        if len(self.unknown) > MAX_WARNINGS:
            warnings.append(f"OME-XML has {len(self.unknown)} things that are not in the OME schema; all are kept.")
        return tuple(warnings)


def extra_of(element: OmeElement) -> Extra:
    """The element's `extra`, made if there is none."""
    if element.extra is None:
        element.extra = Extra()
    return element.extra
