"""Images and their OME metadata: what each image is, how its pixels lie, and where its bytes are."""

from typing import ClassVar

from django.db import models

from base.ids import new_id
from base.models import StoredFile
from catalogue.models.component import StudyComponent
from catalogue.models.files import CurrentManager, File
from catalogue.models.ome import Instrument, Objective
from catalogue.models.sample import Specimen
from catalogue.models.study import Study


class Image(models.Model):
    """One image. Its pixels never change under its id: a replaced file makes a new image."""

    class Type(models.TextChoices):
        PRIMARY = "primary"
        PROCESSED = "processed"
        ANNOTATION = "annotation"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    study = models.ForeignKey(Study, models.CASCADE, related_name="images")
    component = models.ForeignKey(StudyComponent, models.SET_NULL, null=True, related_name="images")
    specimen = models.ForeignKey(Specimen, models.SET_NULL, null=True, related_name="images")
    type = models.CharField(max_length=12, choices=Type, default=Type.PRIMARY)
    name = models.TextField(blank=True)
    description = models.TextField(blank=True)
    acquisition_date = models.CharField(max_length=40, blank=True)  # lexical form of the file, zone only if it had one
    ome_id = models.CharField(max_length=200, blank=True)
    instrument = models.ForeignKey(Instrument, models.SET_NULL, null=True, related_name="images")
    objective = models.ForeignKey(Objective, models.SET_NULL, null=True, related_name="images")
    stage_label = models.TextField(blank=True)
    position = models.PositiveIntegerField(default=0)  # place within its file
    created_at = models.DateTimeField(auto_now_add=True)
    removed_at = models.DateTimeField(null=True)

    objects = CurrentManager()
    everything = models.Manager()

    class Meta:
        ordering: ClassVar = ["id"]
        indexes: ClassVar = [models.Index(fields=["study", "id"]), models.Index(fields=["component", "id"])]

    def __str__(self) -> str:
        return self.name or str(self.id)


class ImageFile(models.Model):
    """A file from which an image's pixels or metadata come."""

    image = models.ForeignKey(Image, models.CASCADE, related_name="image_files")
    file = models.ForeignKey(File, models.CASCADE, related_name="image_files")
    series = models.CharField(max_length=300, blank=True)  # where in the file, e.g. "0" or "A/1/0"

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["image", "file"], name="image_file_once")]

    def __str__(self) -> str:
        return f"{self.file} {self.series}"


class Representation(models.Model):
    """A stored form of an image that can be opened: as deposited, or made later.

    `table` is the key of the chunk table, a file beside the registration (imaging.source.build_table).
    """

    image = models.ForeignKey(Image, models.CASCADE, related_name="representations")
    stored = models.ForeignKey(StoredFile, models.PROTECT, related_name="representations")
    format = models.CharField(max_length=100)
    series = models.CharField(max_length=300, blank=True)
    table = models.CharField(max_length=1000, blank=True)
    is_generated = models.BooleanField(default=False)
    level_count = models.PositiveSmallIntegerField(default=1)

    def __str__(self) -> str:
        return self.format


class Pixels(models.Model):
    """OME Pixels: sizes, type and scale. Quantities keep value and unit as given; *_um is normalised to micrometres."""

    image = models.OneToOneField(Image, models.CASCADE, primary_key=True, related_name="pixels")
    size_x = models.PositiveBigIntegerField()
    size_y = models.PositiveBigIntegerField()
    size_z = models.PositiveIntegerField(default=1)
    size_c = models.PositiveIntegerField(default=1)
    size_t = models.PositiveIntegerField(default=1)
    type = models.CharField(max_length=20)
    dimension_order = models.CharField(max_length=5, default="XYCZT")
    significant_bits = models.PositiveSmallIntegerField(null=True)
    interleaved = models.BooleanField(null=True)
    big_endian = models.BooleanField(null=True)
    physical_size_x = models.FloatField(null=True)
    physical_size_x_unit = models.CharField(max_length=20, blank=True)
    physical_size_x_um = models.FloatField(null=True)
    physical_size_y = models.FloatField(null=True)
    physical_size_y_unit = models.CharField(max_length=20, blank=True)
    physical_size_y_um = models.FloatField(null=True)
    physical_size_z = models.FloatField(null=True)
    physical_size_z_unit = models.CharField(max_length=20, blank=True)
    physical_size_z_um = models.FloatField(null=True)
    time_increment = models.FloatField(null=True)
    time_increment_unit = models.CharField(max_length=20, blank=True)

    def __str__(self) -> str:
        return f"{self.size_x} × {self.size_y} × {self.size_z}z × {self.size_c}c × {self.size_t}t {self.type}"


class Channel(models.Model):
    """OME Channel: how one channel of an image was taken, and how it is shown at first."""

    image = models.ForeignKey(Image, models.CASCADE, related_name="channels")
    index = models.PositiveIntegerField()
    ome_id = models.CharField(max_length=200, blank=True)
    name = models.TextField(blank=True)
    color = models.CharField(max_length=9, blank=True)  # #rrggbb
    fluor = models.TextField(blank=True)
    acquisition_mode = models.CharField(max_length=50, blank=True)
    contrast_method = models.CharField(max_length=50, blank=True)
    illumination_type = models.CharField(max_length=50, blank=True)
    emission_wavelength = models.FloatField(null=True)
    emission_wavelength_unit = models.CharField(max_length=20, blank=True)
    excitation_wavelength = models.FloatField(null=True)
    excitation_wavelength_unit = models.CharField(max_length=20, blank=True)
    pinhole_size = models.FloatField(null=True)
    pinhole_size_unit = models.CharField(max_length=20, blank=True)
    nd_filter = models.FloatField(null=True)
    samples_per_pixel = models.PositiveSmallIntegerField(null=True)
    active = models.BooleanField(default=True)  # whether it is shown at first
    window_min = models.FloatField(null=True)  # least and greatest value found
    window_max = models.FloatField(null=True)
    window_start = models.FloatField(null=True)  # contrast at first sight
    window_end = models.FloatField(null=True)

    class Meta:
        ordering: ClassVar = ["index"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["image", "index"], name="channel_once")]

    def __str__(self) -> str:
        return self.name or f"Channel {self.index}"


class PlaneTable(models.Model):
    """What exists per plane (exposure, position, time) as typed columns in one compact value, not a row a plane.

    `data` is a compressed .npz of the columns in imaging.facts.PlanesFacts.
    """

    image = models.OneToOneField(Image, models.CASCADE, primary_key=True, related_name="planes")
    count = models.PositiveBigIntegerField()
    data = models.BinaryField()

    def __str__(self) -> str:
        return f"{self.count} planes"
