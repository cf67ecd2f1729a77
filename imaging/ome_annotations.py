"""OME StructuredAnnotations, and whatever else of the tree nobody read, as key-values."""

from lxml import etree

from imaging.facts import KeyValue
from imaging.ome_elements import Reader

OME = "openmicroscopy.org/OME"
# These are read elsewhere, or hold pixels.
LEFT_OUT = frozenset({"TiffData", "BinData", "MetadataOnly", "Plane"})


def annotation_key_values(root: etree._Element, reader: Reader) -> dict[str, tuple[KeyValue, ...]]:
    """The key-values of each annotation by its ID; takes StructuredAnnotations out of the tree."""
    found: dict[str, tuple[KeyValue, ...]] = {}
    for number, holder in enumerate(list(root.findall("StructuredAnnotations"))):
        for position, annotation in enumerate(holder):
            ome_id = annotation.get("ID", f"{number}:{position}")
            found[ome_id] = found.get(ome_id, ()) + tuple(one_annotation(annotation))
        root.remove(holder)
    return found


def one_annotation(annotation: etree._Element) -> list[KeyValue]:
    """A pair for each key of a MapAnnotation, and for the key of Bio-Formats' original metadata; else one pair."""
    namespace = annotation.get("Namespace", "")
    value = annotation.find("Value")
    pairs: list[KeyValue] = []
    if annotation.tag == "MapAnnotation" and value is not None:
        pairs = [KeyValue(namespace, m.get("K", ""), m.text or "") for m in value.findall("M")]
    elif value is not None and (original := value.find("OriginalMetadata")) is not None:
        pairs = [KeyValue(namespace, original.findtext("Key", ""), original.findtext("Value", ""))]
    elif value is not None:
        text = "".join(etree.tostring(child, encoding="unicode") for child in value) if len(value) else value.text or ""
        pairs = [KeyValue(namespace, kind_of(annotation), text)]
    file = annotation.find("BinaryFile")
    if file is not None:
        pairs.append(KeyValue(namespace, kind_of(annotation), file.get("FileName", "")))
    description = annotation.findtext("Description")
    if description and description.strip():
        pairs.append(KeyValue(namespace, f"{kind_of(annotation)} description", description.strip()))
    return pairs


def kind_of(annotation: etree._Element) -> str:
    """ "Comment" for a CommentAnnotation, and so on."""
    return str(annotation.tag).removesuffix("Annotation")


def leftovers(element: etree._Element, prefix: str = "") -> tuple[KeyValue, ...]:
    """Attributes and texts still in the tree, each under its path from `element`."""
    pairs = [KeyValue(OME, f"{prefix}@{name}", str(value)) for name, value in element.attrib.items()]
    counts: dict[str, int] = {}
    for child in element:
        tag = str(child.tag)
        counts[tag] = counts.get(tag, 0) + 1
        if tag in LEFT_OUT:
            continue
        path = f"{prefix}{tag}" + (f"[{counts[tag]}]" if counts[tag] > 1 else "")
        if child.text and child.text.strip():
            pairs.append(KeyValue(OME, path, child.text.strip()))
        pairs.extend(leftovers(child, path + "/"))
    return tuple(pairs)
