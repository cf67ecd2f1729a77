"""Copies of files without what may tell who a patient is, and a log of what was taken out.

May enter: a module per family of formats that makes such a copy. Pixels of the images are never changed.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

from imaging.deidentifying.dicom import deidentify_dicom
from imaging.deidentifying.slides import deidentify_slide
from imaging.errors import ImageError
from imaging.facts import Removed
from imaging.identifying import blocking
from imaging.readers import family_of, read_facts

__all__ = ["can_deidentify", "deidentify"]
FAMILIES: Mapping[str, Callable[[Path, Path, bytes], list[Removed]]] = {
    "dicom": deidentify_dicom,
    "slides": deidentify_slide,
}


def can_deidentify(format: str) -> bool:
    """Whether files of this media type can be de-identified here."""
    return format == "application/dicom" or format in {
        "image/vnd.aperio.svs", "image/vnd.hamamatsu.ndpi", "image/vnd.leica.scn", "image/vnd.akoya.qptiff",
    }  # fmt: skip


def deidentify(path: Path, out: Path, salt: bytes) -> tuple[Removed, ...]:
    """Write a copy of a file without what may tell who a patient is, and say what was removed.

    DICOM by the basic profile (PS3.15, annex E), slides without label, macro and map pictures, names and dates. salt:
    the same for all files of a study, so that their new UIDs fit together, and secret. Raises ImageError, also if
    something that blocks publication would be left but for text in the pixels; then there is no copy.
    """
    make = FAMILIES.get(family_of(path).name)
    if make is None:
        reason = "files of this format cannot be de-identified here; export it anew without names and labels."
        raise ImageError(path=str(path), field="format", reason=reason)
    try:
        log = make(path, out, salt)
        left = [one for one in blocking(read_facts(out).findings) if one.kind != "burned-in"]
        if left:
            reason = f"{left[0].where} {left[0].what}, and could not be removed. {left[0].advice}"
            raise ImageError(path=str(path), field="de-identification", reason=reason)
    except OSError as error:
        out.unlink(missing_ok=True)
        reason = f"the copy could not be written ({error.strerror})."
        raise ImageError(path=str(path), field="de-identification", reason=reason) from error
    except ImageError:
        out.unlink(missing_ok=True)
        raise
    return tuple(log)
