"""What every table of an OME entity shares, and the document that its rows come from."""

from typing import ClassVar

from django.db import models

from base.ids import new_id
from catalogue.models.files import File


class OmeDocument(models.Model):
    """OME: all that one reading of a file said in OME's words. Its rows do not change; a new reading makes a new one.

    `version` is the schema that the file itself was written in, empty where the file has no OME metadata.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    file = models.ForeignKey(File, models.CASCADE, related_name="ome_documents")
    version = models.CharField(max_length=20, blank=True)
    uuid = models.TextField(blank=True)
    creator = models.TextField(blank=True)
    structured_annotations = models.BooleanField(default=False)  # whether there is such an element, be it empty
    as_written = models.JSONField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"OME {self.version} of {self.file_id}"


class OmeRow(models.Model):
    """An element of a document.

    `position` is its place among its parent's elements. `as_written` holds, by name, the texts that the columns would
    not give back as they were ("1.50", a reference to what is not there), and null for what was not written at all.
    """

    parents: ClassVar[tuple[str, ...]] = ()  # the columns of which one names the element above
    target: ClassVar[str] = ""  # of a reference: the column that names what it refers to

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    document = models.ForeignKey(OmeDocument, models.CASCADE, related_name="+")
    position = models.PositiveIntegerField(default=0)
    as_written = models.JSONField(null=True)

    class Meta:
        abstract = True
        ordering: ClassVar = ["position", "id"]


class BinaryOnly(OmeRow):
    """Names the file that holds the metadata, where this one holds only pixels."""

    metadata_file = models.TextField(blank=True)
    uuid = models.TextField(blank=True)


class Rights(OmeRow):
    rights_holder = models.TextField(blank=True)
    rights_held = models.TextField(blank=True)
