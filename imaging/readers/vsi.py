"""Olympus (Evident) VSI, decoded by slideio. The pixels lie in ETS files in the folder `_name_` beside it."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import slideio

from imaging import identifying
from imaging.errors import ImageError
from imaging.facts import (
    ChannelFacts,
    ComponentFacts,
    FileFacts,
    ImageFacts,
    InstrumentFacts,
    KeyValue,
    PlanesFacts,
    Quantity,
)
from imaging.limits import file_size
from imaging.pixels import Planes, Shape5
from imaging.places import Files, FilesBeside, files_at
from imaging.readers.vendor import library_errors
from imaging.readers.vsi_properties import NAMESPACE, Properties, properties_of
from imaging.sources.planes import planes_table
from imaging.table import Table

FAMILY = "vsi"
FORMAT = "image/vnd.olympus.vsi"
DRIVER = "VSI"
METRES = 1e6  # in micrometres
OME_TYPES = {"float32": "float", "float64": "double"}
SMALLEST = 512
MOST_PLANES = 100_000  # whose times are asked for


def read(path: Path) -> FileFacts:
    """Facts of a file's scans; raises ImageError."""
    slide = open_slide(path)
    with library_errors(path, "VSI"):
        scenes = [slide.get_scene(number) for number in range(slide.num_scenes)]
        said = properties_of(slide.raw_metadata)
        images = tuple(_image(path, number, scene, len(scenes)) for number, scene in enumerate(scenes))
        if len(scenes) == 1:
            images = (_with_properties(images[0], scenes[0], said),)
        pictures = {name.lower(): name for name in slide.get_aux_image_names()}
        magnification = float(scenes[0].magnification or 0) if scenes else 0.0
    if not images:
        raise ImageError(path=str(path), field="VSI file", reason="holds no scan.")
    attributes = (("NominalMagnification", f"{magnification:g}"),)
    plain = ComponentFacts("Objective", "Objective:0", attributes=attributes) if magnification else None
    objective = said.objective or plain
    instrument = InstrumentFacts(
        "Instrument:0", ComponentFacts("Microscope", "", "Olympus"), (objective,) if objective else ()
    )  # fmt: skip
    pictures_beside = [KeyValue(NAMESPACE, f"associated image/{name}", name) for name in pictures.values()]
    advice = "Export the slide anew without its label, or as OME-Zarr or OME-TIFF, which have none."
    return FileFacts(
        str(path), FORMAT, images, (instrument,), said.people, beside=tuple(_beside(path)),
        key_values=(*said.key_values, *pictures_beside),
        findings=tuple(identifying.pictures(pictures, advice=advice)),
    )  # fmt: skip


def make_tables(path: Path, series: Sequence[str]) -> Iterator[Table]:
    """The tables of scans by their numbers; raises ImageError."""
    slide = open_slide(path)
    names = [path.name, *_beside(path)]
    files: Files = FilesBeside(path, path.name) if len(names) > 1 else files_at(path)
    for one in series:
        number = int(one) if one.isdecimal() else 0 if one == "" else -1
        if not 0 <= number < slide.num_scenes:
            raise ImageError(path=str(path), field="series", reason=f"there is no image {one!r} in it.")
        with library_errors(path, "VSI"):
            scene = slide.get_scene(number)
            levels, dtype, channels = levels_of(scene), _dtype(scene), scene.num_channels
        yield planes_table(files, names, family=FAMILY, series=one, levels=levels, dtype=dtype, samples=channels)


def open_planes(path: Path, header: dict[str, Any]) -> Planes:
    """The pixels of a scan, for a limited process; raises ImageError."""
    slide = open_slide(path)
    with library_errors(path, "VSI"):
        return ScenePlanes(path, slide, slide.get_scene(int(header["series"] or 0)))


def open_slide(path: Path, driver: str = DRIVER) -> Any:
    """slideio's slide; raises ImageError, also if the folder of the pixels is missing."""
    file_size(path)
    folder = path.with_name(f"_{path.stem}_")
    if driver == DRIVER and not folder.is_dir():
        reason = f"its pixels are in the folder “{folder.name}” beside it, which is not there; upload that folder too."
        raise ImageError(path=str(path), field="companion folder", reason=reason)
    with library_errors(path, "VSI"):
        return slideio.open_slide(str(path), driver)


class ScenePlanes:
    """See pixels.Planes: a scene of slideio, whose levels are scaled by it from its own."""

    def __init__(self, path: Path, slide: Any, scene: Any) -> None:
        self._path, self._slide, self._scene = path, slide, scene

    def read(self, level: int, t: int, c0: int, c1: int, z: int, y0: int, y1: int, x0: int, x1: int) -> np.ndarray:
        """See pixels.Planes."""
        step = 2**level
        _, _, width, height = self._scene.rect
        box = (
            x0 * step,
            y0 * step,
            min((x1 - x0) * step, width - x0 * step),
            min((y1 - y0) * step, height - y0 * step),
        )
        with library_errors(self._path, "VSI"):
            found = self._scene.read_block(
                box, size=(x1 - x0, y1 - y0), channel_indices=list(range(c0, c1)), slices=(z, z + 1), frames=(t, t + 1)
            )
        return np.asarray(found).reshape(y1 - y0, x1 - x0, c1 - c0).transpose(2, 0, 1)

    def close(self) -> None:
        """See pixels.Planes; slideio closes by itself."""


def levels_of(scene: Any) -> list[Shape5]:
    """The scene and each half as large, down to one small picture."""
    _, _, width, height = scene.rect
    t, c, z = max(1, scene.num_t_frames), scene.num_channels, max(1, scene.num_z_slices)
    levels: list[Shape5] = [(t, c, z, height, width)]
    while max(levels[-1][3:]) > SMALLEST:
        levels.append((t, c, z, -(-levels[-1][3] // 2), -(-levels[-1][4] // 2)))
    return levels


def _dtype(scene: Any) -> str:
    return str(np.dtype(scene.get_channel_data_type(0)).name)


def _beside(path: Path) -> list[str]:
    """Names of the files in the folder of the pixels, relative to the file's own."""
    folder = path.with_name(f"_{path.stem}_")
    if not folder.is_dir():
        return []
    return sorted(one.relative_to(path.parent).as_posix() for one in folder.rglob("*") if one.is_file())


def _image(path: Path, number: int, scene: Any, count: int) -> ImageFacts:
    t, c, z, y, x = levels_of(scene)[0]
    dtype = _dtype(scene)
    across, along = scene.resolution
    step, interval = scene.z_resolution or 0, scene.t_resolution or 0
    return ImageFacts(
        index=number, name=scene.name or path.name, size_x=x, size_y=y, size_z=z, size_c=c, size_t=t,
        pixel_type=OME_TYPES.get(dtype, dtype),
        physical_size_x=_micrometres(across), physical_size_y=_micrometres(along),
        physical_size_z=_micrometres(step) if z > 1 else None,
        time_increment=Quantity(interval, "s") if t > 1 and interval > 0 else None,
        channels=tuple(ChannelFacts(index, name=scene.get_channel_name(index) or "") for index in range(c)),
        instrument_ref="Instrument:0", objective_settings=(("ID", "Objective:0"),) if scene.magnification else (),
        series_path="" if count == 1 else str(number),
        level_count=len(levels_of(scene)), chunk_shape=(SMALLEST, SMALLEST),
    )  # fmt: skip


def _with_properties(image: ImageFacts, scene: Any, said: Properties) -> ImageFacts:
    """The only image of a file, with what its tags say of channels and planes, on the microscope's clock."""
    taken = datetime.fromtimestamp(scene.acquisition_time, UTC) if scene.acquisition_time > 0 else None
    channels = image.channels
    if len(said.wavelengths) == len(channels):
        waves = [Quantity(value, "nm") if value > 0 else None for value in said.wavelengths]
        channels = tuple(
            replace(one, emission_wavelength=wave) for one, wave in zip(channels, waves, strict=True)
        )  # fmt: skip
    return replace(
        image, channels=channels, planes=_planes(image, scene, said),
        acquisition_date=taken.replace(tzinfo=None).isoformat() if taken else None,
        experimenter_ref=said.people[0].ome_id if said.people else "",
        objective_settings=(("ID", "Objective:0"),) if said.objective else image.objective_settings,
    )  # fmt: skip


def _planes(image: ImageFacts, scene: Any, said: Properties) -> PlanesFacts | None:
    """Time (s) and exposure (µs) of each plane, None where neither is said."""
    sizes = (image.size_t, image.size_c, image.size_z)
    has_times = scene.has_plane_timestamps and math.prod(sizes) <= MOST_PLANES
    has_exposures = len(said.exposures) == image.size_c
    if not has_times and not has_exposures:
        return None
    the_t, the_c, the_z = (axis.ravel().astype(np.int32) for axis in np.indices(sizes))
    unknown = np.full(len(the_t), np.nan)
    places = zip(the_t.tolist(), the_c.tolist(), the_z.tolist(), strict=True)
    times = np.array([scene.get_plane_timestamp(*place) for place in places]) if has_times else unknown
    exposures = np.array(said.exposures)[the_c] if has_exposures else unknown
    return PlanesFacts(
        the_z, the_c, the_t, times, exposures, unknown, unknown, unknown, exposure_time_unit="µs"
    )  # fmt: skip


def _micrometres(metres: float) -> Quantity | None:
    return Quantity(metres * METRES, "µm") if metres and metres > 0 else None
