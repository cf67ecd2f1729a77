"""OME-XML to facts. Every value that is read is taken out of the tree; what is left becomes key-values, so that
nothing is dropped. Schemas 2008-09 to 2016-06 (openmicroscopy.org/Schemas/OME): names that changed are tried in turn.
"""

import re
from dataclasses import dataclass

from lxml import etree

from imaging.errors import ImageError
from imaging.facts import ExperimenterFacts, ImageFacts, InstrumentFacts, KeyValue
from imaging.limits import MAX_XML_BYTES
from imaging.ome_annotations import annotation_key_values, leftovers
from imaging.ome_elements import Reader, tag_of
from imaging.ome_image import TiffData, image_facts
from imaging.ome_instrument import instrument_facts

VERSION = re.compile(r"/OME/(\d{4}-\d{2}|\w+)/?$")


@dataclass(frozen=True)
class OmeDocument:
    """All of one OME-XML. tiff_data holds the TiffData blocks of each image, in the order of `images`.

    binary_only names the file that holds the metadata, if this one holds only pixels (OME BinaryOnly).
    """

    version: str
    uuid: str
    images: tuple[ImageFacts, ...]
    tiff_data: tuple[tuple[TiffData, ...], ...]
    instruments: tuple[InstrumentFacts, ...]
    experimenters: tuple[ExperimenterFacts, ...]
    key_values: tuple[KeyValue, ...]
    binary_only: str = ""


def parse_ome_xml(data: bytes, *, path: str) -> OmeDocument:
    """Parse OME-XML of a file; raises ImageError (field "OME-XML") with the line of the fault."""
    root = parse_tree(data, path)
    namespace = etree.QName(root).namespace or ""
    version = VERSION.search(namespace)
    for element in root.iter(etree.Element):
        element.tag = str(element.tag).rpartition("}")[2]
    if root.tag != "OME":
        raise ImageError(
            path=path, field="OME-XML", reason=f"its root is <{tag_of(root)}>, not <OME>; export it again."
        )
    reader = Reader(path)
    root.attrib.pop("{http://www.w3.org/2001/XMLSchema-instance}schemaLocation", None)
    binary_only = root.find("BinaryOnly")
    annotations = annotation_key_values(root, reader)
    instruments = tuple(instrument_facts(element, reader) for element in root.findall("Instrument"))
    experimenters = tuple(experimenter_facts(element, reader) for element in root.findall("Experimenter"))
    rois = {element.get("ID", "") for element in root.findall("ROI")}
    images, tiff_data = [], []
    referenced: set[str] = set()
    for index, element in enumerate(root.findall("Image")):
        facts, blocks, refs = image_facts(element, index, reader, annotations, rois)
        images.append(facts)
        tiff_data.append(blocks)
        referenced |= refs
    loose = tuple(kv for ome_id, kvs in annotations.items() if ome_id not in referenced for kv in kvs)
    for element in root.findall("ROI"):
        root.remove(element)
    return OmeDocument(
        version=version.group(1) if version else "",
        uuid=root.get("UUID", ""),
        images=tuple(images),
        tiff_data=tuple(tiff_data),
        instruments=instruments,
        experimenters=experimenters,
        key_values=loose + leftovers(root),
        binary_only="" if binary_only is None else binary_only.get("MetadataFile", ""),
    )


def parse_tree(data: bytes, path: str) -> etree._Element:
    """The XML tree, without entities, network or document types."""
    if len(data) > MAX_XML_BYTES:
        raise ImageError(path=path, field="OME-XML", reason=f"has {len(data)} bytes, more than {MAX_XML_BYTES}.")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(data.rstrip(b"\0 \n\r\t"), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None) or 1
        message = str(getattr(error, "msg", None) or error)
        reason = f"is not well-formed XML (line {line}: {message}); export the image again."
        raise ImageError(path=path, field="OME-XML", reason=reason) from error
    if root.getroottree().docinfo.doctype:
        raise ImageError(path=path, field="OME-XML", reason="has a document type (DOCTYPE), which OME-XML never has.")
    return root


def experimenter_facts(element: etree._Element, reader: Reader) -> ExperimenterFacts:
    """OME Experimenter; before 2010 its names were child elements."""

    def take(*names: str) -> str:
        return reader.take(element, *names) or reader.take_child_text(element, *names)

    return ExperimenterFacts(
        ome_id=take("ID"),
        first_name=take("FirstName"),
        last_name=take("LastName"),
        email=take("Email"),
        institution=take("Institution"),
        user_name=take("UserName", "OMEName"),
    )
