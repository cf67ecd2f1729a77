"""DICOM by the Basic Application Level Confidentiality Profile (PS3.15, annex E): removed, emptied, dummy or new UID.

Table E.1-1 leaves a choice by what the image's kind requires (X/Z/D): here what is required to be there (type 2) is
emptied, what must have a value (type 1) gets a dummy, all else is removed. Private attributes, curves and overlays go.
"""

import hashlib
import hmac
import struct
import warnings
from pathlib import Path
from typing import BinaryIO

import pydicom
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset, FileDataset
from pydicom.errors import InvalidDicomError
from pydicom.multival import MultiValue
from pydicom.sequence import Sequence
from pydicom.uid import UID, ExplicitVRBigEndian, ImplicitVRLittleEndian

from imaging.errors import ImageError
from imaging.facts import Removed
from imaging.readers.dicom.frames import UNDEFINED, element_head, fragments
from imaging.readers.dicom.image import BROKEN, WHOLE_SLIDE, open_image
from imaging.readers.dicom.profile import DUMMY, DUMMY_TEXT, is_protected

COPIED = 4 << 20  # bytes at once
# Actions Z and Z/D of table E.1-1 of attributes of type 2, by tag.
EMPTIED = frozenset({
    0x00080020, 0x00080030, 0x00080050, 0x00080090, 0x0008009C, 0x00080023, 0x00080033, 0x00100010, 0x00100020,
    0x00100030, 0x00100040, 0x00180010, 0x00200010, 0x00400513, 0x00400555, 0x00400562, 0x00400610, 0x00402016,
    0x00402017, 0x00700084,
})  # fmt: skip
# Those that must have a value: in specimens, and in images of whole slides (PS3.3, A.32.8).
DUMMIES = frozenset({0x00400512, 0x00400551, 0x0040A123, 0x0040A075, 0x0040A073, 0x0070031A, 0x0008002A, 0x00181000})
DUMMIES_OF_SLIDES = frozenset({0x00080023, 0x00080033})
METHOD = "DICOM PS3.15 Basic Application Level Confidentiality Profile"


def deidentify_dicom(path: Path, out: Path, salt: bytes) -> list[Removed]:
    """See `deidentify`. The bytes of the pixels are copied as they are."""
    image = open_image(path)
    kinds = [kind for kind in image.dataset.get("ImageType") or () if kind in ("LABEL", "OVERVIEW")]
    if image.is_slide and kinds:
        reason = "shows the slide's label or the whole slide; remove the file, the slide's scan does not need it."
        raise ImageError(path=str(path), field="Image Type", reason=reason)
    log: list[Removed] = []
    try:
        with warnings.catch_warnings(), path.open("rb") as file:
            warnings.simplefilter("ignore")
            dataset = pydicom.dcmread(file, stop_before_pixels=True)
            start = file.tell()
            end = _end_of_pixels(file, dataset)
            _clean(dataset, salt, log, "", is_slide=str(dataset.get("SOPClassUID", "")) == WHOLE_SLIDE)
            _clean_meta(dataset, log)
            _mark(dataset)
            dataset.save_as(out, enforce_file_format=True)
            _append(file, start, end, out)
    except (InvalidDicomError, *BROKEN) as error:
        if isinstance(error, OSError):
            raise
        reason = f"its header cannot be rewritten ({str(error)[:200]}); export the file again."
        raise ImageError(path=str(path), field="DICOM", reason=reason) from error
    return log


def new_uid(uid: str, salt: bytes) -> UID:
    """Always the same UID for one and the same salt, from which the old one cannot be found (PS3.5, B.2)."""
    digest = hmac.new(salt, uid.encode(), hashlib.sha256).digest()
    return UID(f"2.25.{int.from_bytes(digest[:16])}")


def _clean(dataset: Dataset, salt: bytes, log: list[Removed], place: str, *, is_slide: bool) -> None:
    for tag in list(dataset.keys()):
        element = dataset[tag]
        name = element.keyword or "private attribute"
        where = f"{place}({element.tag.group:04X},{element.tag.element:04X})"
        if element.VR == "SQ" and not is_protected(int(tag)):
            for item in element.value:
                _clean(item, salt, log, f"{where}/", is_slide=is_slide)
        elif is_protected(int(tag)) or element.VR == "PN":
            log.append(Removed(where, name, _act(dataset, element, salt, is_slide=is_slide)))


def _act(dataset: Dataset, element: DataElement, salt: bytes, *, is_slide: bool) -> str:
    """Do to an attribute what the profile asks for, and say what it was."""
    tag = int(element.tag)
    if element.VR == "UI" and not element.tag.is_private:
        values = element.value if isinstance(element.value, MultiValue) else [element.value]
        replaced = [new_uid(str(value), salt) for value in values if value]
        element.value = replaced if len(replaced) != 1 else replaced[0]
        return "replaced by a new UID"
    if tag in DUMMIES or (is_slide and tag in DUMMIES_OF_SLIDES):
        element.value = Sequence() if element.VR == "SQ" else DUMMY.get(element.VR, DUMMY_TEXT)
        return "replaced by a dummy value"
    if tag in EMPTIED:
        element.value = Sequence() if element.VR == "SQ" else None
        return "emptied"
    del dataset[element.tag]
    return "removed"


def _clean_meta(dataset: FileDataset, log: list[Removed]) -> None:
    """The file's own header: its UID follows the image's, and nothing of who sent it stays."""
    dataset.preamble = b"\0" * 128
    meta = dataset.file_meta
    for tag in list(meta.keys()):
        if int(tag) in range(0x00020016, 0x00020103):
            log.append(Removed(f"({tag.group:04X},{tag.element:04X})", meta[tag].keyword or "private", "removed"))
            del meta[tag]
    if "MediaStorageSOPInstanceUID" in meta:
        log.append(Removed("(0002,0003)", "MediaStorageSOPInstanceUID", "replaced by a new UID"))
    meta.MediaStorageSOPInstanceUID = dataset.get("SOPInstanceUID", "2.25.0")


def _mark(dataset: FileDataset) -> None:
    """Say in the file that identities were removed, and how (PS3.15, E.1.1; codes of PS3.16, CID 7050)."""
    dataset.PatientIdentityRemoved = "YES"
    dataset.DeidentificationMethod = METHOD[:64]
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator = "113100", "DCM"
    code.CodeMeaning = "Basic Application Confidentiality Profile"
    dataset.DeidentificationMethodCodeSequence = Sequence([code])
    dataset.LongitudinalTemporalInformationModified = "REMOVED"


def _end_of_pixels(file: BinaryIO, dataset: FileDataset) -> int:
    """Where the element that begins here ends; the file stands at its start again after."""
    start = file.tell()
    syntax = dataset.file_meta.get("TransferSyntaxUID", ImplicitVRLittleEndian)
    order = ">" if syntax == ExplicitVRBigEndian else "<"
    _, length = element_head(file, order, implicit=syntax == ImplicitVRLittleEndian)
    end = file.tell() + length
    if length == UNDEFINED:
        size = file.seek(0, 2)
        file.seek(start + 12)
        end = start + 12
        for offset, nbytes in fragments(file, size):
            end = offset + nbytes
        end += struct.calcsize("<HHI")  # the delimiter
    file.seek(start)
    return end


def _append(file: BinaryIO, start: int, end: int, out: Path) -> None:
    file.seek(start)
    with out.open("ab") as copy:
        left = end - start
        while left > 0 and (data := file.read(min(left, COPIED))):
            copy.write(data)
            left -= len(data)
