"""OME-XML of what a file says, made of its rows: a companion to it, whether or not it has OME metadata of its own."""

import uuid

from base.errors import NotFound
from catalogue.models import File, OmeDocument
from catalogue.ome.read import document_of
from imaging.ome.allowed import write_allowed
from imaging.ome.document import OmeElement
from imaging.ome.some_images import Written, only_images
from imaging.ome.write import write_ome

PEOPLE = ("Experimenter", "ExperimenterGroup")
CREATOR = "Vitrine"


def export(file: File, *, people: bool = True) -> bytes:
    """OME-XML 2016-06 of the newest reading of a file. Raises NotFound where it was not read as an image.

    With `people` False, what it says of experimenters and groups is left out but for their IDs.
    """
    row = file.ome_documents.order_by("-created_at", "-pk").first()
    if row is None:
        raise NotFound(f"Nothing was read from {file.path} that OME-XML could hold.", file=file.path)
    return export_document(row, people=people)


def export_document(row: OmeDocument, *, people: bool = True) -> bytes:
    """OME-XML of one reading, such as the one that a published version names (`FileRecord.ome_document`)."""
    document = document_of(row)
    for image in document.root.all("Image"):
        for pixels in image.all("Pixels"):
            _say_where_pixels_are(pixels)
    if not row.version:
        document.root.values.setdefault("Creator", CREATOR)
    if not people:
        _leave_out_people(document.root)
    return write_ome(document) if row.version else write_allowed(document)


def export_image(row: OmeDocument, image_id: uuid.UUID, written: Written | None = None) -> bytes:
    """OME-XML of one image of a reading and of what belongs to it, without people; its pixels are elsewhere, or as they
    were `written` into a TIFF.

    Raises NotFound if the reading says nothing of it.
    """
    document = document_of(row, image_id)
    if not document.root.all("Image"):
        raise NotFound("The metadata of this image's file was read anew; open the image again.")
    if not row.version:
        document.root.values.setdefault("Creator", CREATOR)
    _leave_out_people(document.root)
    return write_allowed(only_images(document, [0], written))


def _leave_out_people(root: OmeElement) -> None:
    """What the file says of experimenters and groups, but for their IDs; also where it is said in annotations of them
    (what older schemas said of people becomes such)."""
    people = root.all(*PEOPLE)
    said = {ref.get("ID") for one in people for ref in one.all("AnnotationRef")}
    for one in people:
        one.values, one.children, one.extra = {"ID": one.get("ID")}, [], None
    others = {ref.get("ID") for one in root.walk() for ref in one.all("AnnotationRef")}
    for holder in root.all("StructuredAnnotations"):
        holder.children = [one for one in holder.children if one.get("ID") not in said - others]


def _say_where_pixels_are(pixels: OmeElement) -> None:
    """The schema wants to know where the pixels are; a file of another format has them elsewhere."""
    if pixels.tiff_data is None and not pixels.all("BinData", "TiffData", "MetadataOnly"):
        channels = len(pixels.all("Channel"))
        pixels.children.insert(channels, OmeElement("MetadataOnly"))
