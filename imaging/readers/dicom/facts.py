"""A DICOM file as facts, without any value that PS3.15 protects."""

from pathlib import Path

from pydicom.dataset import Dataset

from imaging import identifying
from imaging.facts import (
    ChannelFacts,
    ComponentFacts,
    FileFacts,
    Finding,
    ImageFacts,
    InstrumentFacts,
    KeyValue,
    Quantity,
    Window,
)
from imaging.limits import file_size
from imaging.readers.dicom.headers import DicomFacts, read_dicom
from imaging.readers.dicom.image import DicomImage, level_of
from imaging.readers.dicom.series import levels_of

NAMESPACE = "dicom"
FORMAT = "application/dicom"  # RFC 3240
TYPES = {"u1": "uint8", "u2": "uint16", "u4": "uint32", "i1": "int8", "i2": "int16", "i4": "int32", "f4": "float",
         "f8": "double"}  # fmt: skip


def read(path: Path) -> FileFacts:
    """Facts of a file; of a whole slide's largest level with those beside it. Raises ImageError."""
    file_size(path)
    levels = levels_of(path)
    own = next(level for level in levels if level.path == path)
    header = read_dicom(path)
    pairs = tuple(KeyValue(NAMESPACE, one.name, one.value, one.unit) for one in header.values)
    if own is not levels[0]:
        note = f"This is a smaller level of the slide in {levels[0].path.name}, and shown with it."
        return FileFacts(
            str(path), FORMAT, (), key_values=pairs, warnings=(note, *_privacy(header)), findings=_findings(own, header)
        )
    for level in levels:
        level_of(level)  # says what is wrong with its frames
    return FileFacts(
        str(path), FORMAT, (_image(own, header, len(levels)),), _instruments(header),
        key_values=pairs, warnings=(*_warnings(own, header), *_privacy(header)),
        beside=tuple(level.path.name for level in levels[1:]), findings=_findings(own, header),
    )  # fmt: skip


def _image(image: DicomImage, header: DicomFacts, levels: int) -> ImageFacts:
    t, c, z, y, x = image.sizes
    dataset = image.dataset
    height, width = _spacing(dataset)
    bit = dataset.get("BitsAllocated") == 1
    return ImageFacts(
        index=0, name=image.path.name, size_x=x, size_y=y, size_z=z, size_c=c, size_t=t,
        pixel_type="bit" if bit else TYPES.get(image.frames.dtype[1:], "uint8"), significant_bits=image.bits,
        physical_size_x=width, physical_size_y=height, physical_size_z=_step(dataset) if z > 1 else None,
        time_increment=_quantity(dataset.get("FrameTime"), "ms") if t > 1 else None,
        channels=_channels(image, dataset), instrument_ref="Instrument:0" if _instruments(header) else "",
        objective_settings=(("ID", "Objective:0"),) if _lens(header) else (),
        level_count=levels, chunk_shape=image.tile,
    )  # fmt: skip


def _quantity(value: object, unit: str) -> Quantity | None:
    try:
        number = float(str(value))
    except ValueError:
        return None
    return Quantity(number, unit, str(value)) if 0 < number < float("inf") else None


def _measures(dataset: Dataset) -> Dataset:
    """Pixel Measures of all frames, where there are (PS3.3, C.7.6.16.2.1)."""
    shared = (dataset.get("SharedFunctionalGroupsSequence") or [Dataset()])[0]
    found: Dataset = (shared.get("PixelMeasuresSequence") or [Dataset()])[0]
    return found


def _spacing(dataset: Dataset) -> tuple[Quantity | None, Quantity | None]:
    """Height and width of a pixel: between rows, then between columns (PS3.3, 10.7.1.3)."""
    for found in (dataset.get("PixelSpacing"), _measures(dataset).get("PixelSpacing"),
                  dataset.get("ImagerPixelSpacing")):  # fmt: skip
        if found is not None and len(found) == 2:
            return _quantity(found[0], "mm"), _quantity(found[1], "mm")
    return None, None


def _step(dataset: Dataset) -> Quantity | None:
    for place in (dataset, _measures(dataset)):
        for name in ("SpacingBetweenSlices", "SliceThickness"):
            if step := _quantity(place.get(name), "mm"):
                return step
    return None


def _channels(image: DicomImage, dataset: Dataset) -> tuple[ChannelFacts, ...]:
    """Samples of colour, else optical paths with the light they were taken with."""
    if image.samples > 1:
        names = ("Red", "Green", "Blue", "Alpha")
        colors = ("#ff0000", "#00ff00", "#0000ff", "#ffffff")
        return tuple(
            ChannelFacts(index, name=names[index % image.samples], color=colors[index % image.samples])
            for index in range(image.sizes[1])
        )
    window = _window(dataset)
    paths = list(dataset.get("OpticalPathSequence") or [])
    found = []
    for index in range(image.sizes[1]):
        path = paths[index] if index < len(paths) else Dataset()
        wavelength = _quantity(path.get("IlluminationWaveLength"), "nm")
        name = f"Optical path {path.OpticalPathIdentifier}" if path.get("OpticalPathIdentifier") else ""
        found.append(ChannelFacts(index, name=name, excitation_wavelength=wavelength, display=window))
    return tuple(found)


def _window(dataset: Dataset) -> Window | None:
    """The first window, as stored values: the header gives it after rescaling (PS3.3, C.11.2)."""
    numbers = []
    for name, fallback in (("WindowCenter", None), ("WindowWidth", None), ("RescaleSlope", 1), ("RescaleIntercept", 0)):
        value = dataset.get(name, fallback)
        value = value[0] if isinstance(value, list) or hasattr(value, "append") else value
        try:
            numbers.append(float(str(value)))
        except ValueError:
            return None
    center, width, slope, intercept = numbers
    if width <= 0 or not slope:
        return None
    low, high = sorted((value - intercept) / slope for value in (center - width / 2, center + width / 2))
    return Window(low, high, low, high)


def _lens(header: DicomFacts) -> tuple[tuple[str, str], ...]:
    found = []
    for name, attribute in (
        ("ObjectiveLensPower", "NominalMagnification"),
        ("ObjectiveLensNumericalAperture", "LensNA"),
    ):
        value = next((one.value for one in header.values if one.name.rpartition("/")[2] == name), "")
        if value:
            found.append((attribute, value))
    return tuple(found)


def _instruments(header: DicomFacts) -> tuple[InstrumentFacts, ...]:
    made_by, model = header.get("Manufacturer"), header.get("ManufacturerModelName")
    lens = _lens(header)
    if not (made_by or model or lens):
        return ()
    scanner = ComponentFacts("Microscope", "", made_by, model)
    objectives = (ComponentFacts("Objective", "Objective:0", attributes=lens),) if lens else ()
    return (InstrumentFacts("Instrument:0", scanner, objectives),)


def _warnings(image: DicomImage, header: DicomFacts) -> tuple[str, ...]:
    """What is in the file, and not done to the pixels."""
    dataset, found = image.dataset, []
    if image.photometric == "MONOCHROME1":
        found.append("Low values are meant to be bright (MONOCHROME1); the pixels are given as they are stored.")
    if image.photometric == "PALETTE COLOR":
        found.append("Pixels are numbers of a palette, which is not applied; they are given as they are stored.")
    slope, intercept = dataset.get("RescaleSlope"), dataset.get("RescaleIntercept")
    if slope is not None and (float(slope), float(intercept or 0)) != (1.0, 0.0):
        unit = f" ({header.get('RescaleType')})" if header.get("RescaleType") else ""
        found.append(
            f"Values{unit} are stored value × {slope} + {intercept or 0} (Rescale Slope and Intercept); the pixels are "
            "given as they are stored."
        )
    tags = dataset.keys()  # its values are not parsed
    overlays = sum(1 for tag in tags if tag.group in range(0x6000, 0x6100, 2) and tag.element == 0x0010)
    if overlays:
        found.append(f"The file has {overlays} overlay(s) drawn over the image, which are not shown.")
    return tuple(found)


def _findings(image: DicomImage, header: DicomFacts) -> tuple[Finding, ...]:
    """What may tell who the patient is."""
    removed = str(image.dataset.get("PatientIdentityRemoved", "")).upper() == "YES"
    found = (identifying.pseudonyms if removed else identifying.names)(header.identifying)
    if image.is_slide:
        kinds = {"LABEL": "label", "OVERVIEW": "macro"}
        said = [kinds[one] for one in image.dataset.get("ImageType") or () if one in kinds]
        found += identifying.pictures(said, advice="Remove this file; the slide's scan does not need it.")
    if header.frames_show_text:
        found.append(identifying.burned_in())
    days = [one for one in header.left_out if one.endswith(("Date", "Time", "DateTime"))]
    texts = [one for one in header.left_out if one not in days and not one.endswith(("UID", "UIDs"))]
    return (*found, *identifying.dates(days), *identifying.texts(texts))


def _privacy(header: DicomFacts) -> tuple[str, ...]:
    found = []
    if header.identifying:
        names = ", ".join(header.identifying)
        found.append(f"Values that may name a person or a case were not taken over: {names}.")
    if header.frames_show_text:
        found.append("The file says that its pixels show identifying text (Burned In Annotation).")
    return tuple(found)
