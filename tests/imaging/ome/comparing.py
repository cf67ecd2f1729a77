"""All OME-XML of the real input, and how two documents are compared: whether every element and attribute is there."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import tifffile
from lxml import etree

from imaging.ome.model import ENTITIES, NAMESPACE

XSI = "{http://www.w3.org/2001/XMLSchema-instance}"


def documents(shared: Path) -> Iterator[tuple[str, bytes]]:
    """Name and OME-XML of each document: files of their own, in OME-TIFFs, and beside the arrays of OME-Zarrs."""
    for path in sorted((shared / "reference/ome/samples").iterdir()):
        yield path.name, path.read_bytes()
    for path in sorted((shared / "samples").rglob("*.ome.xml")):
        yield path.relative_to(shared / "samples").as_posix(), path.read_bytes()
    for path in sorted((shared / "samples").rglob("*.tif*")):
        xml = description(path)
        if "<OME" in xml[:4000]:
            yield path.relative_to(shared / "samples").as_posix(), xml.encode()


def description(path: Path) -> str:
    """The first page's description of a TIFF."""
    with tifffile.TiffFile(path) as tif:
        page = tif.pages[0]
        assert isinstance(page, tifffile.TiffPage)
        return page.description.strip()


@cache
def schema(shared: Path) -> etree.XMLSchema:
    """The OME XML schema 2016-06."""
    tree = etree.parse(shared / "reference/ome/ome-2016-06.xsd")
    for imported in tree.getroot().findall("{*}import"):  # of xml:lang and the like, which it does not use
        tree.getroot().remove(imported)
    return etree.XMLSchema(tree)


def faults(shared: Path, xml: bytes) -> list[str]:
    """What of a document the schema does not allow."""
    found = schema(shared)
    found.validate(parse(xml))
    return [f"line {fault.line}: {fault.message}" for fault in found.error_log]


def parse(xml: bytes) -> etree._Element:
    """The tree, without comments, processing instructions, and white space between elements."""
    parser = etree.XMLParser(remove_comments=True, remove_pis=True, huge_tree=True)
    root = etree.fromstring(xml.rstrip(b"\0 \n"), parser)
    root.attrib.pop(f"{XSI}schemaLocation", None)
    for element in root.iter(etree.Element):
        if not (element.text or "").strip() and (len(element) or holds_no_text(element)):
            element.text = None
        if not (element.tail or "").strip():
            element.tail = None
    return root


def holds_no_text(element: etree._Element) -> bool:
    """Whether an element without others in it is an entity, so that white space in it says nothing."""
    name = etree.QName(element)
    entity = ENTITIES.get(name.localname) if name.namespace == NAMESPACE and name.localname != "Value" else None
    return entity is not None and entity.text is None


def canonical(xml: bytes, *, ordered: bool = True) -> str:
    """The document as canonical XML 2.0 (C14N) with its prefixes rewritten, but for what `parse` leaves out.

    With `ordered` False the elements within each other are sorted, and texts between them gathered, for documents that
    do not keep to the schema.
    """
    root = parse(xml)
    if not ordered:
        for element in reversed(list(root.iter(etree.Element))):
            if len(element):
                element.text = "".join(text.strip() for text in (element.text or "", *(c.tail or "" for c in element)))
            for child in element:
                child.tail = None
            element[:] = sorted(element, key=rewritten)
    return rewritten(root)


def rewritten(element: etree._Element) -> str:
    """An element as canonical XML, whatever its prefixes were."""
    return etree.canonicalize(etree.tostring(element, encoding="unicode"), rewrite_prefixes=True)


def document(body: str, version: str = "2016-06") -> bytes:
    """A document of a schema around some XML."""
    namespace = NAMESPACE.replace("2016-06", version)
    return f'<OME xmlns="{namespace}">{body}</OME>'.encode()
