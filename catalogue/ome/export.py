"""OME-XML of what a file says, made of its rows: a companion to it, whether or not it has OME metadata of its own."""

from base.errors import NotFound
from catalogue.models import File, OmeDocument
from catalogue.ome.read import document_of
from imaging.ome.document import OmeElement
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
        for element in document.root.all(*PEOPLE):
            element.values = {"ID": element.get("ID")}
    return write_ome(document)


def _say_where_pixels_are(pixels: OmeElement) -> None:
    """The schema wants to know where the pixels are; a file of another format has them elsewhere."""
    if pixels.tiff_data is None and not pixels.all("BinData", "TiffData", "MetadataOnly"):
        channels = len(pixels.all("Channel"))
        pixels.children.insert(channels, OmeElement("MetadataOnly"))
