"""What a DICOM header says of an image, without what may name a person (PS3.15, basic profile).

Values that the profile protects never leave this module: only the names of the attributes that hold some.
"""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pydicom
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.errors import InvalidDicomError
from pydicom.multival import MultiValue
from pydicom.uid import UID

from imaging.errors import ImageError
from imaging.readers.dicom.profile import DUMMY, DUMMY_TEXT, is_protected

pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE  # values are given as they stand
MAX_VALUES = 20_000  # of one header
MAX_DEPTH = 12
_BINARY = {"OB", "OD", "OF", "OL", "OV", "OW", "UN"}
_FRAMES = "PerFrameFunctionalGroupsSequence"  # an item for each frame: not the header's, but the pixels'
_PEOPLE = ("Patient", "Physician", "Person", "Operator", "Institution", "Accession", "Address", "Telephone",
           "Admission", "Birth", "Insurance", "Issuer", "Requesting", "Visit", "Order", "StudyID", "Reviewer", "Author",
           "Creator", "Participant", "Subject", "Custodial", "Interpreter", "Consult", "Station", "Name")  # fmt: skip
# PS3.3 and PS3.6: units of attributes that have one and do not say it.
UNITS: dict[str, str] = {
    **dict.fromkeys(("SliceThickness", "SpacingBetweenSlices", "PixelSpacing", "ImagerPixelSpacing", "TableHeight",
                     "DataCollectionDiameter", "ReconstructionDiameter", "DistanceSourceToDetector", "FocalSpots",
                     "DistanceSourceToPatient", "ImagedVolumeWidth", "ImagedVolumeHeight", "ImagedVolumeDepth",
                     "ImagePositionPatient", "SliceLocation"), "mm"),
    **dict.fromkeys(("ExposureTime", "RepetitionTime", "EchoTime", "InversionTime", "TriggerTime"), "ms"),
    **dict.fromkeys(("FlipAngle", "GantryDetectorTilt"), "deg"),
    "KVP": "kV", "XRayTubeCurrent": "mA", "Exposure": "mAs", "MagneticFieldStrength": "T", "ImagingFrequency": "MHz",
    "PixelBandwidth": "Hz", "SAR": "W/kg", "dBdt": "T/s", "FrameTime": "ms", "IlluminationWaveLength": "nm",
}  # fmt: skip


@dataclass(frozen=True)
class DicomValue:
    """A value of the header. `name` is its keyword, after those of the sequences around it, e.g. "A/B"."""

    name: str
    value: str
    unit: str = ""


@dataclass(frozen=True)
class DicomFacts:
    """A header. `identifying` and `left_out` are keywords of attributes that hold values which are not given on.

    identifying: what names people, places or cases; left_out: dates, UIDs, free texts and private attributes.
    frames_show_text: the file says that its pixels show identifying text.
    """

    sop_class: str
    series: str  # UID of its series: tells series apart, and is not to be given on
    values: tuple[DicomValue, ...]
    identifying: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    frames_show_text: bool = False

    def get(self, name: str) -> str:
        """The first value of this name, or nothing."""
        return next((one.value for one in self.values if one.name == name), "")


def is_dicom(path: Path) -> bool:
    """Whether the file has DICOM's preamble (PS3.10, section 7.1)."""
    with path.open("rb") as file:
        return file.read(132)[128:] == b"DICM"


def read_dicom(path: Path, *, name: str = "") -> DicomFacts:
    """The header of a file; its pixels are not read. Raises ImageError."""
    name = name or str(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # texts in an unknown encoding are taken as Latin-1
            return _facts(pydicom.dcmread(path, stop_before_pixels=True, defer_size=1 << 20), name)
    except InvalidDicomError as error:
        raise ImageError(path=name, field="DICOM", reason="is no DICOM file: it has no preamble.") from error
    except (OSError, ValueError, TypeError, KeyError, AttributeError, NotImplementedError, RecursionError,
            EOFError, LookupError, OverflowError, MemoryError) as error:  # fmt: skip
        reason = f"its header is broken: {error}. Export it again, or check it with dciodvfy."
        raise ImageError(path=name, field="DICOM", reason=reason) from error


def _facts(dataset: Dataset, name: str) -> DicomFacts:
    values: list[DicomValue] = []
    identifying: dict[str, None] = {}
    left_out: dict[str, None] = {}
    for path, element in _elements(dataset, name):
        if len(values) >= MAX_VALUES:
            raise ImageError(path=name, field="DICOM", reason=f"its header has more than {MAX_VALUES} values.")
        keyword = element.keyword or f"({element.tag.group:04X},{element.tag.element:04X})"
        if _is_kept(element, dataset):
            text = _text(element)
            if text:
                values.append(DicomValue(f"{path}{keyword}", text, UNITS.get(keyword, "")))
        elif (_text(element) and not _is_dummy(element)) or (element.VR == "SQ" and element.value):
            (identifying if _names_people(element) else left_out)[keyword if element.keyword else "private"] = None
    uid = dataset.get("SOPClassUID")
    return DicomFacts(
        sop_class=UID(str(uid)).name if uid else "",
        series=str(dataset.get("SeriesInstanceUID", "")),
        values=tuple(values),
        identifying=tuple(identifying),
        left_out=tuple(left_out),
        frames_show_text=str(dataset.get("BurnedInAnnotation", "")).upper() == "YES",
    )


def _elements(dataset: Dataset, name: str, path: str = "", depth: int = 0) -> Iterator[tuple[str, DataElement]]:
    """Every element with a value, those of sequences after the keyword of theirs."""
    if depth > MAX_DEPTH:
        raise ImageError(path=name, field="DICOM", reason="its sequences are nested too deeply.")
    for element in dataset:
        if element.VR in _BINARY:
            continue
        if element.VR != "SQ" or is_protected(int(element.tag)):
            yield path, element
        elif element.keyword != _FRAMES:
            inner = f"{path}{element.keyword.removesuffix('Sequence')}"
            for number, item in enumerate(element.value, 1):
                place = f"{inner}[{number}]/" if len(element.value) > 1 else f"{inner}/"
                yield from _elements(item, name, place, depth + 1)


_DESCRIPTIONS = {"StudyDescription", "SeriesDescription", "ProtocolName", "SpecimenShortDescription",
                 "SpecimenDetailedDescription", "OpticalPathDescription", "DerivationDescription"}  # fmt: skip


def _is_kept(element: DataElement, dataset: Dataset) -> bool:
    """What the profile does not protect; descriptions too, where the file says that identities were taken out."""
    if element.VR in {"PN", "DA", "TM", "DT"}:
        return False
    if element.VR == "UI":
        return element.keyword == "SOPClassUID"
    if element.keyword in _DESCRIPTIONS:
        return str(dataset.get("PatientIdentityRemoved", "")).upper() == "YES"
    return not is_protected(int(element.tag))


def _is_dummy(element: DataElement) -> bool:
    """Whether it has only what de-identification put there."""
    return _text(element) == DUMMY.get(element.VR, DUMMY_TEXT)


def _names_people(element: DataElement) -> bool:
    """Whether what is protected is more than a date, an address of data or a setting."""
    if element.VR == "PN" or element.tag.group == 0x0010:
        return True
    is_text = element.VR not in {"DA", "TM", "DT", "UI"} and not element.tag.is_private
    return is_text and any(word in element.keyword for word in _PEOPLE) and element.keyword not in _DESCRIPTIONS


def _text(element: DataElement) -> str:
    value = element.value
    if value is None:
        return ""
    parts = value if isinstance(value, MultiValue | list) else [value]
    return "\\".join(str(part) for part in parts).strip("\\ \0")
