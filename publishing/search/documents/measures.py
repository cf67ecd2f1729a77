"""Numbers of an image by which it is searched, in the units of fields.FIELDS, and what it comes with."""

import math
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from catalogue.rules.annotation import LABEL_IMAGE
from imaging.units import normalise
from publishing.image_shapes import ImageRecord
from publishing.shapes import StudyRecord

LABELS, ROIS, PLATE, TRACKS = "labels", "ROIs", "plate", "tracks"
ANNOTATIONS, RESULTS = "annotations", "analysis results"
_HELD = {LABEL_IMAGE: LABELS, "ROI set": ROIS}
_TYPES = {"segmentation_mask": LABELS, "tracks": TRACKS, "bounding_boxes": ROIS, "geometrical_annotations": ROIS,
          "point_annotations": ROIS}  # fmt: skip


def dimensions_of(image: ImageRecord) -> str:
    """ "2D" or "3D", with "+t" if it is a series in time."""
    return ("3D" if image.size_z > 1 else "2D") + ("+t" if image.size_t > 1 else "")


def numbers_of(image: ImageRecord) -> dict[str, tuple[float, ...]]:
    """Of a field with several numbers all of them; nothing for what is not known."""
    objective = image.objective
    sizes = [size for size in (image.physical_size_x_um, image.physical_size_y_um) if size]
    found: dict[str, Iterable[float | None]] = {
        "channels": (image.size_c,),
        "width": (image.size_x or None,),
        "height": (image.size_y or None,),
        "planes": (image.size_z,),
        "timepoints": (image.size_t,),
        "pixel_size": (min(sizes, default=None),),
        "step_size": (image.physical_size_z_um,),
        "emission": (_um(one.emission_wavelength, one.emission_wavelength_unit) for one in image.channels),
        "excitation": (_um(one.excitation_wavelength, one.excitation_wavelength_unit) for one in image.channels),
        "na": (objective.lens_na if objective else None,),
        "magnification": (objective.nominal_magnification or objective.calibrated_magnification,) if objective else (),
        "acquired": (seconds_of(image.acquisition_date),),
    }
    return {
        name: kept
        for name, some in found.items()
        if (kept := tuple(sorted({float(one) for one in some if one is not None and math.isfinite(one)})))
    }


def _um(value: float | None, unit: str) -> float | None:
    normal = normalise(value, unit or "nm") if value is not None else None
    return normal[0] if normal and normal[1] == "µm" else None


def seconds_of(lexical: str) -> float | None:
    """Seconds since 1970 UTC of an ISO 8601 time, one without a zone taken as UTC; None if it is none."""
    try:
        moment = datetime.fromisoformat(lexical.strip())
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def annotated_of(study: StudyRecord) -> Mapping[str, frozenset[str]]:
    """What is said to be there for images (MIFA annotations), by the path of the image's file."""
    found: dict[str, frozenset[str]] = {}
    for one in study.annotations:
        there = {ANNOTATIONS, _HELD.get(one.held_in, ""), _TYPES.get(one.annotation_type, "")} - {""}
        found[one.source_image] = found.get(one.source_image, frozenset()) | there
    return found


def comes_with(image: ImageRecord, annotated: Mapping[str, frozenset[str]]) -> set[str]:
    """What there is beside an image's pixels: labels, ROIs, annotations, tracks."""
    there = {one for file in image.files for one in annotated.get(file.path, ())}
    if image.roi_count:
        there.add(ROIS)
    if any(pair.namespace == "ngff" and pair.name == "label image" for pair in image.key_values):
        there.add(LABELS)
    return there
