"""OME-XML of older schemas (2003-FC to 2015-01) brought to 2016-06.

What was renamed or moved since is (`moves`); what 2016-06 has no place for goes into XMLAnnotations (`set_aside`).
Source of what changed: the documentation of the OME model, "Schemas" (ome-model.readthedocs.io).
"""

import re
from dataclasses import dataclass

from lxml import etree

from imaging.errors import ImageError
from imaging.ome.model import NAMESPACE
from imaging.ome.moves import move_all
from imaging.ome.set_aside import Leftovers

VERSION = r"(?:\d{4}-)?(?:FC|[RI][CR]\d+)|\d{4}-\d{2}"
OLDER = re.compile(rf"openmicroscopy\.org/(?:XMLschemas|Schemas)/OME/({VERSION})/?(?:ome\.xsd)?$", re.I)
FAMILY = re.compile(r"openmicroscopy\.org/(?:XMLschemas|Schemas)/", re.I)
CURRENT = "2016-06"
KEEP = ("CustomAttributes", "SemanticTypeDefinitions", "AnalysisModuleLibrary")


@dataclass(frozen=True)
class Upgraded:
    """A document of the schema `version`, now as one of 2016-06."""

    data: bytes
    version: str
    warnings: tuple[str, ...] = ()


def is_older(namespace: str) -> bool:
    """Whether the namespace is that of an OME schema before 2016-06."""
    found = OLDER.search(namespace)
    return found is not None and (not found[1][:4].isdecimal() or found[1] < CURRENT)


def upgrade(data: bytes, *, path: str, encoding: str | None = None) -> Upgraded:
    """The document, of the encoding given or that it names, in 2016-06; raises ImageError if it is not well-formed."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True, remove_comments=True, remove_pis=True,
        encoding=encoding,
    )  # fmt: skip
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        reason = f"is not well-formed XML ({error}); export the image again."
        raise ImageError(path=path, field="OME-XML", reason=reason) from error
    if root.getroottree().docinfo.doctype:
        raise ImageError(path=path, field="OME-XML", reason="has a document type (DOCTYPE), which OME-XML never has.")
    namespace = etree.QName(root).namespace or ""
    found = OLDER.search(namespace)
    version = found[1] if found else ""
    contents = _plain_names(root)
    move_all(root)
    leftovers = Leftovers(namespace, version)
    leftovers.take_all(root)
    for value, children in contents:
        value.extend(children)
    for element in _entities(root):
        element.tag = f"{{{NAMESPACE}}}{element.tag!s}"
    warnings = [f"The OME-XML is of the schema {version}; it is read as one of {CURRENT}."]
    if leftovers.count:
        things = f"{leftovers.count} values or parts" if leftovers.count > 1 else "1 value or part"
        warnings.append(f"It has {things} for which {CURRENT} has no place, kept as XML annotations.")
    return Upgraded(etree.tostring(root, encoding="UTF-8"), version, tuple(warnings))


def _plain_names(root: etree._Element) -> list[tuple[etree._Element, list[etree._Element]]]:
    """Take the namespace off all names of OME's schemas. The content of XMLAnnotations is none of them: it is taken
    out, and returned with the elements that it belongs to."""
    contents = []
    waiting = [root]
    names: dict[str, str] = {}
    while waiting:
        element = waiting.pop()
        tag = str(element.tag)
        if tag not in names:
            uri, _, local = tag.rpartition("}")
            names[tag] = local if FAMILY.search(uri) else tag
        element.tag = names[tag]
        if element.tag == "XmlAnnotation":
            element.tag = "XMLAnnotation"
        if is_content(element):
            children = list(element)
            contents.append((element, children))
            for child in children:
                element.remove(child)
        elif element.tag not in KEEP:
            waiting += element
    return contents


def _entities(root: etree._Element) -> list[etree._Element]:
    """All elements but the content of XMLAnnotations."""
    found, waiting = [], [root]
    while waiting:
        element = waiting.pop()
        found.append(element)
        if not is_content(element):
            waiting += element
    return found


def is_content(element: etree._Element) -> bool:
    """Whether an element of a plain name is the Value of an XMLAnnotation, in which anything may stand."""
    parent = element.getparent()
    return element.tag == "Value" and parent is not None and str(parent.tag).rpartition("}")[2] == "XMLAnnotation"
