"""XML that others wrote, read within bounds: no entities, no document types, nothing fetched."""

from collections.abc import Iterator
from pathlib import Path

from lxml import etree

from catalogue.exchange.dossier import CannotRead

MAX_BYTES = 200_000_000
HEAD = 4096
Element = etree._Element


def load(path: Path, name: str) -> Element:
    """The root element. Raises CannotRead, naming the file and the line."""
    if (size := path.stat().st_size) > MAX_BYTES:
        raise CannotRead(f"“{name}” has {size:,} bytes; at most {MAX_BYTES:,} of metadata are read.", file=name)
    data = path.read_bytes()
    refused = (f"“{name}” declares a document type or entities (<!DOCTYPE …>), by which a file can reach for others or "
               "grow without end. Take that out; metadata needs none.")  # fmt: skip
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise CannotRead(refused, file=name)
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        line = error.lineno or 1
        reason = f"“{name}” is no whole XML: line {line}: {error.msg}. Is it complete?"
        raise CannotRead(reason, file=name, row=line) from error
    if root.getroottree().docinfo.doctype:  # in an encoding where its bytes look otherwise
        raise CannotRead(refused, file=name)
    return root


def head(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(HEAD).replace(b"\0", b"").decode("utf-8", errors="replace")


def local(element: Element) -> str:
    """The element's name without its namespace."""
    return etree.QName(element).localname


def children(element: Element, *names: str) -> list[Element]:
    return [child for child in element if local(child) in names]


def below(element: Element, *names: str) -> Iterator[Element]:
    return (found for found in element.iter(etree.Element) if local(found) in names)


def text(element: Element | None) -> str:
    return (element.text or "").strip() if element is not None else ""


def leaves(element: Element, path: str = "", skip: frozenset[Element] = frozenset()) -> Iterator[tuple[str, str]]:
    """Every attribute and text of an element and below, by its place; a second one of a name has a number."""
    path = path or local(element)
    for key, value in element.attrib.items():
        name = etree.QName(str(key))
        if str(value).strip() and name.localname != "schemaLocation":
            yield f"{path}/@{name.localname}", str(value)
    if text(element):
        yield path, text(element)
    counts: dict[str, int] = {}
    for child in element:
        number = counts[local(child)] = counts.get(local(child), 0) + 1
        if child not in skip:
            yield from leaves(child, f"{path}/{local(child)}" + (f"[{number}]" if number > 1 else ""), skip)
        if child.tail and child.tail.strip():
            yield path, child.tail.strip()
