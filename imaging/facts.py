"""What an image file says about itself, as frozen records that every reader returns.

Field names follow the OME model 2016-06; the values keep the unit and the lexical form the file gives.
"""

from dataclasses import dataclass

import numpy as np

from imaging.ome.document import OmeDocument


@dataclass(frozen=True)
class Quantity:
    """A number with the unit the file gives (OME symbol, e.g. "µm") and, where the file is text, its lexical form."""

    value: float
    unit: str
    text: str | None = None


@dataclass(frozen=True)
class KeyValue:
    """What no field fits: vendor and ImageJ keys, OME annotations, leftover attributes (name is then a path)."""

    namespace: str
    name: str
    value: str
    unit: str = ""


@dataclass(frozen=True)
class Window:
    """Display range of a channel: `low`..`high` is what is shown, `minimum`..`maximum` what the slider offers."""

    minimum: float
    maximum: float
    low: float
    high: float


@dataclass(frozen=True)
class ChannelFacts:
    """OME Channel. `color` is "#rrggbb"; `display` and `active` come from OMERO or ImageJ rendering settings."""

    index: int
    ome_id: str = ""
    name: str = ""
    color: str | None = None
    emission_wavelength: Quantity | None = None
    excitation_wavelength: Quantity | None = None
    fluor: str = ""
    acquisition_mode: str = ""
    contrast_method: str = ""
    illumination_type: str = ""
    pinhole_size: Quantity | None = None
    nd_filter: float | None = None
    samples_per_pixel: int = 1
    detector_ref: str = ""
    light_source_ref: str = ""
    filter_set_ref: str = ""
    display: Window | None = None
    active: bool | None = None
    key_values: tuple[KeyValue, ...] = ()


@dataclass(frozen=True, eq=False)
class PlanesFacts:
    """OME Plane values as columns of equal length, one row a plane; NaN where the file says nothing.

    the_z, the_c, the_t: int32; the others float64, in the unit named beside them.
    """

    the_z: np.ndarray
    the_c: np.ndarray
    the_t: np.ndarray
    delta_t: np.ndarray
    exposure_time: np.ndarray
    position_x: np.ndarray
    position_y: np.ndarray
    position_z: np.ndarray
    delta_t_unit: str = "s"
    exposure_time_unit: str = "s"
    position_x_unit: str = "reference frame"
    position_y_unit: str = "reference frame"
    position_z_unit: str = "reference frame"


@dataclass(frozen=True)
class ComponentFacts:
    """A part of an instrument. `kind` is its OME element ("Laser", "Objective"); `attributes` holds its own ones."""

    kind: str
    ome_id: str = ""
    manufacturer: str = ""
    model: str = ""
    serial_number: str = ""
    lot_number: str = ""
    attributes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class InstrumentFacts:
    """OME Instrument with its parts."""

    ome_id: str
    microscope: ComponentFacts | None = None
    objectives: tuple[ComponentFacts, ...] = ()
    detectors: tuple[ComponentFacts, ...] = ()
    light_sources: tuple[ComponentFacts, ...] = ()
    filters: tuple[ComponentFacts, ...] = ()
    dichroics: tuple[ComponentFacts, ...] = ()
    filter_sets: tuple[ComponentFacts, ...] = ()


@dataclass(frozen=True)
class ExperimenterFacts:
    """OME Experimenter as the file names them."""

    ome_id: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    institution: str = ""
    user_name: str = ""


@dataclass(frozen=True)
class WellFacts:
    """A well of a plate: `row` and `column` count from 0; `images` are the series paths of its fields."""

    path: str
    row: int
    column: int
    images: tuple[str, ...] = ()


@dataclass(frozen=True)
class PlateFacts:
    """A plate (NGFF 0.4 §plate): names of rows and columns as written on it."""

    name: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    wells: tuple[WellFacts, ...]


@dataclass(frozen=True)
class ImageFacts:
    """One image (OME Image and its Pixels). `series_path` says where in the file it is: "" for the only one,
    "1" for the second of a TIFF or of a bioformats2raw Zarr, "A/1/0" for a field of a plate.

    pixel_type: OME name (uint8, int16, float, double, bit, ...); chunk_shape: (y, x) or the Zarr chunk, level 0.
    """

    index: int
    size_x: int
    size_y: int
    size_z: int
    size_c: int
    size_t: int
    pixel_type: str
    ome_id: str = ""
    name: str = ""
    description: str = ""
    acquisition_date: str | None = None
    significant_bits: int | None = None
    dimension_order: str = "XYZCT"
    physical_size_x: Quantity | None = None
    physical_size_y: Quantity | None = None
    physical_size_z: Quantity | None = None
    time_increment: Quantity | None = None
    channels: tuple[ChannelFacts, ...] = ()
    planes: PlanesFacts | None = None
    experimenter_ref: str = ""
    instrument_ref: str = ""
    objective_settings: tuple[tuple[str, str], ...] = ()
    imaging_environment: tuple[tuple[str, str], ...] = ()
    stage_label: tuple[tuple[str, str], ...] = ()
    key_values: tuple[KeyValue, ...] = ()
    series_path: str = ""
    level_count: int = 1
    chunk_shape: tuple[int, ...] = ()
    labels: tuple[str, ...] = ()
    rois_count: int = 0


@dataclass(frozen=True)
class Finding:
    """What in a file may tell who a patient is (see `imaging.identifying`).

    kind: one of `identifying.KINDS`; where: attribute, key or picture; what: in words, never the value; advice: what to
    do about it.
    """

    kind: str
    where: str
    what: str
    advice: str


@dataclass(frozen=True)
class Removed:
    """What de-identification did to a file: to which tag, key or picture, its name, and how; never the value."""

    where: str
    name: str
    action: str


@dataclass(frozen=True)
class FileFacts:
    """All a file or folder says. `format` is its media type, e.g. "image/ome-zarr;version=0.5".

    ome is the whole of its OME-XML, in which every element and attribute is. beside: names, relative to its folder, of
    the other files that its images need, whether they are there or not. images may be empty if they are all another's.
    findings: what in it may tell who a patient is.
    """

    path: str
    format: str
    images: tuple[ImageFacts, ...]
    instruments: tuple[InstrumentFacts, ...] = ()
    experimenters: tuple[ExperimenterFacts, ...] = ()
    plate: PlateFacts | None = None
    ome: OmeDocument | None = None
    key_values: tuple[KeyValue, ...] = ()
    warnings: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
