"""What no field of the facts holds, as key-values: annotations, and the other values of an image by their place."""

from collections.abc import Collection, Iterator, Mapping

from lxml import etree

from imaging.facts import KeyValue
from imaging.ome.document import Extra, OmeElement
from imaging.ome.model import NAMESPACE

OME = "openmicroscopy.org/OME"
LEFT_OUT = frozenset({"BinData", "MetadataOnly"})  # they hold pixels
Annotations = Mapping[str, tuple[KeyValue, ...]]


def annotation_key_values(root: OmeElement) -> dict[str, tuple[KeyValue, ...]]:
    """The key-values of each annotation by its ID."""
    found: dict[str, tuple[KeyValue, ...]] = {}
    for holder in root.all("StructuredAnnotations"):
        for position, annotation in enumerate(holder.children):
            ome_id = annotation.get("ID") or f"#{position}"
            found[ome_id] = found.get(ome_id, ()) + tuple(_of_annotation(annotation))
    return found


def _of_annotation(annotation: OmeElement) -> Iterator[KeyValue]:
    """A pair for each key of a MapAnnotation, and for the key of Bio-Formats' original metadata; else one pair."""
    namespace, kind = annotation.get("Namespace"), annotation.entity.removesuffix("Annotation")
    if annotation.entity == "MapAnnotation":
        for value in annotation.all("Value"):
            yield from (KeyValue(namespace, pair.get("K"), pair.text) for pair in value.children)
    elif annotation.entity == "XMLAnnotation":
        yield _of_xml(namespace, kind, annotation.get("Value"))
    elif "Value" in annotation.values:
        yield KeyValue(namespace, kind, annotation.get("Value"))
    for file in annotation.all("BinaryFile"):
        yield KeyValue(namespace, kind, file.get("FileName"))
    if description := annotation.get("Description").strip():
        yield KeyValue(namespace, f"{kind} description", description)


def _of_xml(namespace: str, kind: str, content: str) -> KeyValue:
    if "OriginalMetadata" in content:
        original = parse_fragment(content).find("{*}OriginalMetadata")
        if original is not None:
            key, value = original.findtext("{*}Key", ""), original.findtext("{*}Value", "")
            return KeyValue(namespace, key, value)
    return KeyValue(namespace, kind, content.strip())


def parse_fragment(content: str) -> etree._Element:
    """Content that stands as XML text in a document, in an element of its own."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True)
    return etree.fromstring(f'<Value xmlns="{NAMESPACE}">{content}</Value>', parser)


def leftovers(
    element: OmeElement, used: Mapping[str, Collection[str]], *, but: Collection[str] = (), prefix: str = ""
) -> Iterator[KeyValue]:
    """The values below `element` that are not `used` (names by entity), each under its path from there.

    but: entities, or IDs of references, that are left out.
    """
    model, taken = element.model, used.get(element.entity, ())
    for name, value in element.values.items():
        if name not in taken and value.strip():
            path = name if model.by_name[name].element else f"@{name}"
            yield KeyValue(OME, prefix + path, value.strip() if model.by_name[name].element else value)
    if element.text.strip():
        yield KeyValue(OME, prefix.rstrip("/"), element.text.strip())
    counts: dict[str, int] = {}
    for child in element.children:
        number = counts[child.entity] = counts.get(child.entity, 0) + 1
        if child.entity not in LEFT_OUT and child.entity not in but and child.get("ID") not in but:
            place = f"{prefix}{child.entity}" + (f"[{number}]" if number > 1 else "")
            yield from leftovers(child, used, but=but, prefix=f"{place}/")
    if element.extra is not None:
        yield from of_extra(element.extra, prefix)


def of_extra(extra: Extra, prefix: str = "") -> Iterator[KeyValue]:
    """Attributes and texts that the schema does not know, under their paths."""
    for name, value in extra.attributes.items():
        yield KeyValue(OME, f"{prefix}@{name.rpartition('}')[2]}", value)
    if extra.text:
        yield KeyValue(OME, prefix.rstrip("/"), extra.text)
    for content in extra.elements:
        yield from _of_tree(parse_fragment(content), prefix)


def _of_tree(element: etree._Element, prefix: str) -> Iterator[KeyValue]:
    counts: dict[str, int] = {}
    for child in element.iterchildren(etree.Element):
        tag = etree.QName(child).localname
        number = counts[tag] = counts.get(tag, 0) + 1
        path = f"{prefix}{tag}" + (f"[{number}]" if number > 1 else "")
        if child.text and child.text.strip():
            yield KeyValue(OME, path, child.text.strip())
        for name, value in child.attrib.items():
            yield KeyValue(OME, f"{path}/@{etree.QName(name).localname}", str(value))
        yield from _of_tree(child, f"{path}/")
