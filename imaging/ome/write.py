"""An OME document out as OME-XML 2016-06: elements in the order of the schema, values as they were given."""

from collections.abc import Iterable

from imaging.ome.document import Columns, Extra, OmeDocument, OmeElement
from imaging.ome.fragments import XSI_NAMESPACE, escape_attribute, escape_text
from imaging.ome.model import ENTITIES, NAMESPACE, Kind

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
ROOT = f' xmlns="{NAMESPACE}" xmlns:xsi="{XSI_NAMESPACE}" xsi:schemaLocation="{NAMESPACE} {NAMESPACE}/ome.xsd"'
LAST = 1_000  # rank of what the schema does not know


def write_ome(document: OmeDocument) -> bytes:
    """The document as UTF-8; valid where its content is. What came as `extra` stands last in its element."""
    return (HEAD + _element(document.root, ROOT) + "\n").encode()


def _element(element: OmeElement, namespaces: str = "") -> str:
    attributes, content = _inside(element)
    return _tag(element.entity, namespaces + attributes, content)


def _inside(element: OmeElement) -> tuple[str, str]:
    """Attributes and content."""
    model = ENTITIES[element.entity]
    attributes, parts = [], []
    for name, value in element.values.items():
        attribute = model.by_name[name]
        if attribute.element:
            text = value if attribute.kind is Kind.XML else escape_text(value)
            parts.append((model.ranks[name], f"<{name}>{text}</{name}>"))
        else:
            attributes.append(f' {name}="{escape_attribute(value)}"')
    parts += [(model.ranks.get(child.entity, LAST), _element(child)) for child in element.children]
    for columns in (element.tiff_data, element.planes):
        if columns is not None:
            parts.append((model.ranks[columns.entity], _rows(columns)))
    if element.extra is not None:
        attributes.append(_extra_attributes(element.extra))
        parts += [(LAST, part) for part in (*element.extra.elements, escape_text(element.extra.text))]
    parts.sort(key=lambda part: part[0])
    return "".join(attributes), escape_text(element.text) + "".join(text for _, text in parts)


def _tag(name: str, attributes: str, content: str) -> str:
    return f"<{name}{attributes}>{content}</{name}>" if content else f"<{name}{attributes}/>"


def _extra_attributes(extra: Extra) -> str:
    written = []
    for number, (name, value) in enumerate(extra.attributes.items()):
        uri, _, local = name.rpartition("}")
        if uri:
            written.append(f' xmlns:ns{number}="{escape_attribute(uri[1:])}"')
            local = f"ns{number}:{local}"
        written.append(f' {local}="{escape_attribute(value)}"')
    return "".join(written)


def _rows(columns: Columns) -> str:
    attributes: list[Iterable[str]] = [
        [f' {name}="{escape_attribute(text)}"' if text else "" for text in column.texts()]
        for name, column in columns.numbers.items()
    ]
    texts = {name: column.texts() for name, column in columns.texts.items()}
    uuids, files = texts.pop("UUID", None), texts.pop("UUID/FileName", None)
    attributes += [
        ["" if text is None else f' {name}="{escape_attribute(text)}"' for text in column]
        for name, column in texts.items()
    ]
    rows = ["".join(row) for row in zip(*attributes, strict=True)] if attributes else [""] * columns.count
    contents = [""] * columns.count
    if uuids is not None:
        contents = [_uuid(uuid, file) for uuid, file in zip(uuids, files or [None] * len(uuids), strict=True)]
    for row, rest in columns.rest.items():
        head, content = _inside(rest)
        rows[row] += head
        contents[row] += content
    return "".join(_tag(columns.entity, row, content) for row, content in zip(rows, contents, strict=True))


def _uuid(uuid: str | None, file: str | None) -> str:
    if uuid is None:
        return ""
    return _tag("UUID", "" if file is None else f' FileName="{escape_attribute(file)}"', escape_text(uuid))
