"""The frozen shapes of images and files (record_schema 1), in the words of OME 2016-06."""

from dataclasses import dataclass

from publishing.shapes import Term


@dataclass(frozen=True)
class KeyValue:
    namespace: str
    name: str
    value: str
    unit: str = ""
    term: Term | None = None


@dataclass(frozen=True)
class Fact:
    """An attribute of OME ("Gain") with its value and unit."""

    name: str
    value: str
    unit: str = ""


@dataclass(frozen=True)
class ChannelRecord:
    """OME Channel, with the contrast in which it is shown at first."""

    index: int
    ome_id: str = ""
    name: str = ""
    color: str = ""
    fluor: str = ""
    acquisition_mode: str = ""
    contrast_method: str = ""
    illumination_type: str = ""
    emission_wavelength: float | None = None
    emission_wavelength_unit: str = ""
    excitation_wavelength: float | None = None
    excitation_wavelength_unit: str = ""
    pinhole_size: float | None = None
    pinhole_size_unit: str = ""
    nd_filter: float | None = None
    samples_per_pixel: int | None = None
    active: bool | None = None  # whether it is shown at first
    window_min: float | None = None
    window_max: float | None = None
    window_start: float | None = None
    window_end: float | None = None
    pockel_cell_setting: int | None = None
    detector: str = ""  # "manufacturer model (type)"
    detector_settings: tuple[Fact, ...] = ()
    light_source: str = ""
    light_source_settings: tuple[Fact, ...] = ()
    light_path: tuple[Fact, ...] = ()  # ExcitationFilterRef, DichroicRef, EmissionFilterRef with the part's text


@dataclass(frozen=True)
class ObjectiveRecord:
    """OME Objective."""

    ome_id: str = ""
    manufacturer: str = ""
    model: str = ""
    serial_number: str = ""
    lot_number: str = ""
    correction: str = ""
    immersion: str = ""
    lens_na: float | None = None
    nominal_magnification: float | None = None
    calibrated_magnification: float | None = None
    working_distance: float | None = None
    working_distance_unit: str = ""
    iris: bool | None = None


@dataclass(frozen=True)
class InstrumentRecord:
    """OME Instrument: its stand, and what else of it the file names."""

    ome_id: str = ""
    microscope_type: str = ""
    manufacturer: str = ""
    model: str = ""
    serial_number: str = ""
    lot_number: str = ""
    detectors: tuple[str, ...] = ()  # "manufacturer model (type)"
    light_sources: tuple[str, ...] = ()
    filters: tuple[str, ...] = ()
    dichroics: tuple[str, ...] = ()


@dataclass(frozen=True)
class ImageFile:
    """A file from which the image comes, and where in it."""

    id: str
    path: str
    series: str = ""


@dataclass(frozen=True)
class RepresentationRecord:
    """A stored form that can be opened. `stored` is base.StoredFile's id; the chunk table lies beside the image."""

    stored: str
    format: str
    series: str = ""
    level_count: int = 1
    is_generated: bool = False
    table: str = ""


@dataclass(frozen=True)
class LabelRecord:
    """A label image that an annotation says to be of the image, on its very grid."""

    name: str
    image: str
    representation: RepresentationRecord


@dataclass(frozen=True)
class ImageRecord:
    """One image: OME Image and Pixels. Sizes are in pixels; physical sizes as given, and in micrometres."""

    id: str
    component: str = ""
    specimen: str = ""
    is_labels: bool = False  # an annotation says that its pixels are numbers of objects
    name: str = ""
    description: str = ""
    acquisition_date: str = ""  # in the lexical form of the file
    ome_id: str = ""
    stage_label: str = ""
    format: str = ""
    size_x: int = 0
    size_y: int = 0
    size_z: int = 1
    size_c: int = 1
    size_t: int = 1
    pixel_type: str = ""
    dimension_order: str = ""
    significant_bits: int | None = None
    physical_size_x: float | None = None
    physical_size_x_unit: str = ""
    physical_size_x_um: float | None = None
    physical_size_y: float | None = None
    physical_size_y_unit: str = ""
    physical_size_y_um: float | None = None
    physical_size_z: float | None = None
    physical_size_z_unit: str = ""
    physical_size_z_um: float | None = None
    time_increment: float | None = None
    time_increment_unit: str = ""
    plane_count: int = 0  # planes of which something (exposure, position, time) is known
    channels: tuple[ChannelRecord, ...] = ()
    instrument: InstrumentRecord | None = None
    objective: ObjectiveRecord | None = None
    objective_settings: tuple[Fact, ...] = ()
    environment: tuple[Fact, ...] = ()  # OME ImagingEnvironment
    stage: tuple[Fact, ...] = ()  # OME StageLabel
    roi_count: int = 0
    key_values: tuple[KeyValue, ...] = ()
    files: tuple[ImageFile, ...] = ()
    representations: tuple[RepresentationRecord, ...] = ()
    labels: tuple[LabelRecord, ...] = ()

    @property
    def title(self) -> str:
        """How it is called where it is shown: an image without a name by its file's."""
        return self.name or (self.files[0].path.rsplit("/", 1)[-1] if self.files else "")

    @property
    def path(self) -> str:
        return f"/images/{self.id}"


@dataclass(frozen=True)
class FileRecord:
    """One file, or one folder that is read as a whole. `stored` is base.StoredFile's id."""

    id: str
    path: str
    bytes: int
    sha256: str  # of a folder: of its manifest
    stored: str
    media_type: str = ""
    format: str = ""
    component: str = ""
    is_folder: bool = False
    file_count: int = 1
    key_values: tuple[KeyValue, ...] = ()
    ome_document: str = ""  # catalogue.ome's reading of it, whose rows never change


@dataclass(frozen=True)
class WellRecord:
    """OME Well: `row` and `column` count from 0; `images` are the ids of its fields."""

    row: int
    column: int
    label: str
    images: tuple[str, ...] = ()


@dataclass(frozen=True)
class WellValues:
    """A key-value of the wells of a plate; `values` are in the order of the wells, "" where one has none."""

    namespace: str
    name: str
    values: tuple[str, ...]
    unit: str = ""


@dataclass(frozen=True)
class PlateRecord:
    """OME Plate: `rows` and `columns` are how many it has."""

    id: str
    name: str = ""
    description: str = ""
    external_identifier: str = ""
    screens: tuple[str, ...] = ()  # names
    rows: int = 0
    columns: int = 0
    rows_are_numbers: bool = False  # OME RowNamingConvention
    columns_are_letters: bool = False
    wells: tuple[WellRecord, ...] = ()
    values: tuple[WellValues, ...] = ()
