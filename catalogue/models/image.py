"""Images and their OME metadata: what each image is, how its pixels lie, and where its bytes are."""

from typing import ClassVar

from django.db import models

from base.ids import new_id
from base.models import StoredFile
from catalogue.models.component import StudyComponent
from catalogue.models.files import File
from catalogue.models.ome.base import OmeDocument
from catalogue.models.ome.experiment import Experiment
from catalogue.models.ome.instrument import FilterSet, Instrument
from catalogue.models.ome.people import Experimenter, ExperimenterGroup
from catalogue.models.ome.settings import ImagingEnvironment, ObjectiveSettings
from catalogue.models.sample import Specimen
from catalogue.models.study import Study


class ImageQuerySet(models.QuerySet["Image"]):
    """Questions about images, asked in micrometres, whatever unit the file gave."""

    def pixel_size_below(self, um: float) -> "ImageQuerySet":
        """Those sampled finer than this in x and y."""
        return self.filter(pixels__physical_size_x_um__lt=um, pixels__physical_size_y_um__lt=um)

    def pixel_size_above(self, um: float) -> "ImageQuerySet":
        """Those sampled coarser than this in x and y."""
        return self.filter(pixels__physical_size_x_um__gt=um, pixels__physical_size_y_um__gt=um)

    def step_below(self, um: float) -> "ImageQuerySet":
        """Stacks whose planes lie closer than this."""
        return self.filter(pixels__size_z__gt=1, pixels__physical_size_z_um__lt=um)

    def emission_between(self, low_um: float, high_um: float) -> "ImageQuerySet":
        """Those with a channel seen within these wavelengths."""
        seen = Channel.objects.filter(image=models.OuterRef("pk"), emission_wavelength_um__range=(low_um, high_um))
        return self.filter(models.Exists(seen))

    def with_numerical_aperture(self, least: float) -> "ImageQuerySet":
        """Those taken with an objective of at least this numerical aperture."""
        used = ObjectiveSettings.objects.filter(image=models.OuterRef("pk"), objective__lens_na__gte=least)
        return self.filter(models.Exists(used))

    def warmer_than(self, celsius: float) -> "ImageQuerySet":
        """Those taken in an environment warmer than this."""
        warm = ImagingEnvironment.objects.filter(image=models.OuterRef("pk"), temperature_celsius__gt=celsius)
        return self.filter(models.Exists(warm))


_ImageManager = models.Manager.from_queryset(ImageQuerySet)


class ImageManager(_ImageManager["Image"]):
    """The images of the working copy that can be looked at: not those that were removed from it but belong to a
    published version, nor those that a file only describes."""

    def get_queryset(self) -> ImageQuerySet:
        return ImageQuerySet(self.model, using=self._db).filter(removed_at=None, has_pixels=True)


class Image(models.Model):
    """One image: OME Image. Its pixels never change under its id: a replaced file makes a new image."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    study = models.ForeignKey(Study, models.CASCADE, related_name="images")
    component = models.ForeignKey(StudyComponent, models.SET_NULL, null=True, related_name="images")
    specimen = models.ForeignKey(Specimen, models.SET_NULL, null=True, related_name="images")
    name = models.TextField(blank=True)
    description = models.TextField(blank=True)
    acquisition_date = models.CharField(max_length=40, blank=True)  # lexical form of the file, zone only if it had one
    ome_id = models.CharField(max_length=200, blank=True)
    document = models.ForeignKey(OmeDocument, models.SET_NULL, null=True, related_name="images")
    experimenter = models.ForeignKey(Experimenter, models.SET_NULL, null=True, related_name="+")
    experimenter_group = models.ForeignKey(ExperimenterGroup, models.SET_NULL, null=True, related_name="+")
    experiment = models.ForeignKey(Experiment, models.SET_NULL, null=True, related_name="+")
    instrument = models.ForeignKey(Instrument, models.SET_NULL, null=True, related_name="images")
    as_written = models.JSONField(null=True)  # as of OmeRow
    has_pixels = models.BooleanField(default=True)  # False: the file describes it, but its pixels are not there
    position = models.PositiveIntegerField(default=0)  # place within its file
    created_at = models.DateTimeField(auto_now_add=True)
    removed_at = models.DateTimeField(null=True)

    objects = ImageManager()
    everything = models.Manager()

    class Meta:
        ordering: ClassVar = ["id"]
        indexes: ClassVar = [models.Index(fields=["study", "id"]), models.Index(fields=["component", "id"])]

    def __str__(self) -> str:
        return self.name or str(self.id)

    @property
    def title(self) -> str:
        """How it is called where it is shown: an image without a name by its file's."""
        link = None if self.name else self.image_files.select_related("file").first()
        return link.file.path.rsplit("/", 1)[-1] if link else self.name


class ImageFile(models.Model):
    """A file from which an image's pixels or metadata come: the one by which it is opened, and `is_part` those of a
    set that this one needs."""

    image = models.ForeignKey(Image, models.CASCADE, related_name="image_files")
    file = models.ForeignKey(File, models.CASCADE, related_name="image_files")
    series = models.CharField(max_length=300, blank=True)  # where in the file, e.g. "0" or "A/1/0"
    is_part = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["image", "file"], name="image_file_once")]

    def __str__(self) -> str:
        return f"{self.file} {self.series}"


class Representation(models.Model):
    """A stored form of an image that can be opened: as deposited, or made later.

    `table` is the key of the chunk table, a file beside the registration (imaging.source.build_table). `document`: the
    reading whose metadata was written into a form that was made.
    """

    image = models.ForeignKey(Image, models.CASCADE, related_name="representations")
    stored = models.ForeignKey(StoredFile, models.PROTECT, related_name="representations")
    format = models.CharField(max_length=100)
    series = models.CharField(max_length=300, blank=True)
    table = models.CharField(max_length=1000, blank=True)
    is_generated = models.BooleanField(default=False)
    document = models.ForeignKey(OmeDocument, models.SET_NULL, null=True, related_name="+")
    level_count = models.PositiveSmallIntegerField(default=1)

    def __str__(self) -> str:
        return self.format


class Pixels(models.Model):
    """OME Pixels: sizes, type and scale. Quantities keep value and unit as given; *_um is normalised to micrometres."""

    image = models.OneToOneField(Image, models.CASCADE, primary_key=True, related_name="pixels")
    ome_id = models.CharField(max_length=200, blank=True)
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
    time_increment_s = models.FloatField(null=True)
    metadata_only = models.BooleanField(default=False)  # OME MetadataOnly
    as_written = models.JSONField(null=True)  # as of OmeRow

    class Meta:
        indexes: ClassVar = [models.Index(fields=["physical_size_x_um"])]

    def __str__(self) -> str:
        return f"{self.size_x} × {self.size_y} × {self.size_z}z × {self.size_c}c × {self.size_t}t {self.type}"


class ChannelManager(models.Manager["Channel"]):
    """The channels that the pixels have."""

    def get_queryset(self) -> models.QuerySet["Channel"]:
        return super().get_queryset().filter(index__isnull=False)


class Channel(models.Model):
    """OME Channel: how one channel of an image was taken, and how it is shown at first.

    A channel of several samples (RGB) has a row for each. `position` is its place among the elements of Pixels, None
    for a row that none describes; `index` its place in the pixels, None for one that they do not have.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    image = models.ForeignKey(Image, models.CASCADE, related_name="channels")
    index = models.PositiveIntegerField(null=True)
    position = models.PositiveIntegerField(null=True)
    as_written = models.JSONField(null=True)  # as of OmeRow
    ome_id = models.CharField(max_length=200, blank=True)
    name = models.TextField(blank=True)
    color = models.CharField(max_length=9, blank=True)  # #rrggbb
    fluor = models.TextField(blank=True)
    acquisition_mode = models.CharField(max_length=50, blank=True)
    contrast_method = models.CharField(max_length=50, blank=True)
    illumination_type = models.CharField(max_length=50, blank=True)
    emission_wavelength = models.FloatField(null=True)
    emission_wavelength_unit = models.CharField(max_length=20, blank=True)
    emission_wavelength_um = models.FloatField(null=True)
    excitation_wavelength = models.FloatField(null=True)
    excitation_wavelength_unit = models.CharField(max_length=20, blank=True)
    excitation_wavelength_um = models.FloatField(null=True)
    pinhole_size = models.FloatField(null=True)
    pinhole_size_unit = models.CharField(max_length=20, blank=True)
    pinhole_size_um = models.FloatField(null=True)
    nd_filter = models.FloatField(null=True)
    pockel_cell_setting = models.IntegerField(null=True)
    filter_set = models.ForeignKey(FilterSet, models.SET_NULL, null=True, related_name="channels")
    samples_per_pixel = models.PositiveSmallIntegerField(null=True)
    active = models.BooleanField(default=True)  # whether it is shown at first
    window_min = models.FloatField(null=True)  # least and greatest value found
    window_max = models.FloatField(null=True)
    window_start = models.FloatField(null=True)  # contrast at first sight
    window_end = models.FloatField(null=True)

    objects = ChannelManager()
    everything = models.Manager()

    class Meta:
        ordering: ClassVar = ["index"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["image", "index"], name="channel_once")]

    def __str__(self) -> str:
        return self.name or f"Channel {self.index}"


class ColumnTable(models.Model):
    """Elements of which an image may have 100,000, as typed columns in one compact value, not a row each.

    `data` is a compressed .npz (catalogue.ome.columns), by the names of the attributes. OME elements below them that
    few have (HashSHA1, AnnotationRef) are in `rest`, by their number.
    """

    count = models.PositiveBigIntegerField()
    data = models.BinaryField()
    rest = models.JSONField(null=True)

    class Meta:
        abstract = True


class PlaneTable(ColumnTable):
    """OME Plane: exposure, position and time of each plane."""

    image = models.OneToOneField(Image, models.CASCADE, primary_key=True, related_name="planes")

    def __str__(self) -> str:
        return f"{self.count} planes"


class TiffDataTable(ColumnTable):
    """OME TiffData: which page of which file holds which planes."""

    image = models.OneToOneField(Image, models.CASCADE, primary_key=True, related_name="tiff_data")

    def __str__(self) -> str:
        return f"{self.count} blocks"
