"""What is annotated in a file, and bytes that stand in the document itself."""

from typing import ClassVar

from django.db import models

from catalogue.models.ome.base import OmeRow
from catalogue.models.ome.instrument import LightSource
from catalogue.models.ome.people import Experimenter
from catalogue.models.ome.roi import Shape
from catalogue.models.ome.settings import ImagingEnvironment


class StructuredAnnotation(OmeRow):
    """One of the 11 annotations of OME, as `kind` says (TagAnnotation, MapAnnotation …).

    `value` is its value as text (of an XMLAnnotation: XML); numbers and truth values stand also in columns of theirs.
    """

    kind = models.CharField(max_length=30)
    ome_id = models.CharField(max_length=200, blank=True)
    namespace = models.TextField(blank=True)
    annotator = models.ForeignKey(Experimenter, models.SET_NULL, null=True, related_name="+")
    description = models.TextField(blank=True)
    value = models.TextField(blank=True)
    value_long = models.BigIntegerField(null=True)
    value_double = models.FloatField(null=True)
    value_boolean = models.BooleanField(null=True)
    has_map = models.BooleanField(default=False)  # of a MapAnnotation: its entries are MapEntry rows


class AnnotationRef(OmeRow):
    """That an annotation is of something: `owner` is the id of that row, of whichever table."""

    target: ClassVar[str] = "annotation"
    owner = models.UUIDField()
    annotation = models.ForeignKey(StructuredAnnotation, models.CASCADE, null=True, related_name="references")

    class Meta(OmeRow.Meta):
        indexes: ClassVar = [models.Index(fields=["owner"])]


class MapEntry(OmeRow):
    """M: a named text of a MapAnnotation, a generic light source or the environment."""

    parents = ("annotation", "light_source", "imaging_environment")
    annotation = models.ForeignKey(StructuredAnnotation, models.CASCADE, null=True, related_name="entries")
    light_source = models.ForeignKey(LightSource, models.CASCADE, null=True, related_name="entries")
    imaging_environment = models.ForeignKey(ImagingEnvironment, models.CASCADE, null=True, related_name="entries")
    k = models.TextField(blank=True)
    value = models.TextField(blank=True)


class BinaryFile(OmeRow):
    """A file that a FileAnnotation brings."""

    parents = ("annotation",)
    annotation = models.ForeignKey(StructuredAnnotation, models.CASCADE, related_name="binary_files")
    file_name = models.TextField(blank=True)
    size = models.BigIntegerField(null=True)
    mime_type = models.TextField(blank=True)


class External(OmeRow):
    """Where a file is that is not in the document."""

    parents = ("binary_file",)
    binary_file = models.ForeignKey(BinaryFile, models.CASCADE, related_name="externals")
    href = models.TextField(blank=True)
    sha1 = models.CharField(max_length=40, blank=True)
    compression = models.CharField(max_length=20, blank=True)


class BinData(OmeRow):
    """Bytes that stand in the document: a mask, a plane of pixels, or a file. Kept as they are, compressed or not."""

    parents = ("shape", "pixels", "binary_file")
    shape = models.ForeignKey(Shape, models.CASCADE, null=True, related_name="bin_data")
    pixels = models.ForeignKey("catalogue.Pixels", models.CASCADE, null=True, related_name="bin_data")
    binary_file = models.ForeignKey(BinaryFile, models.CASCADE, null=True, related_name="bin_data")
    compression = models.CharField(max_length=20, blank=True)
    big_endian = models.BooleanField(null=True)
    length = models.BigIntegerField(null=True)
    data = models.BinaryField(default=b"")
