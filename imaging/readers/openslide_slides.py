"""Slides that OpenSlide decodes: MIRAX, Hamamatsu VMS and VMU, Ventana BIF, Sakura, and the rest of its formats.

Many keep their pixels in files beside the one that is opened. OpenSlide gives 8-bit colour, here on its background.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import openslide

from imaging import identifying
from imaging.errors import ImageError
from imaging.facts import ChannelFacts, ComponentFacts, FileFacts, ImageFacts, InstrumentFacts, KeyValue, Quantity
from imaging.limits import file_size
from imaging.pixels import Planes, Shape5
from imaging.places import Files, FilesBeside, files_at
from imaging.readers.slides.headers import american_date, sorted_out, tiff_date
from imaging.readers.vendor import library_errors
from imaging.sources.planes import planes_table
from imaging.table import Table

FAMILY = "openslide"
NAMESPACE = "openslide"
FORMATS = {
    "mirax": "image/vnd.3dhistech.mirax", "hamamatsu": "image/vnd.hamamatsu.vms", "ventana": "image/vnd.ventana.bif",
    "sakura": "image/vnd.sakura.svslide", "trestle": "image/vnd.trestle.tiff",
}  # fmt: skip
DATES = ("mirax.GENERAL.SLIDE_CREATIONDATETIME", "tiff.DateTime")
NOT_SAID = ("openslide.associated.", "openslide.comment", "tiff.ImageDescription")  # sizes; texts that repeat the keys
CHUNK = 512


def read(path: Path) -> FileFacts:
    """Facts of a slide; what may name a patient is told of, not given. Raises ImageError."""
    with _opened(path) as slide:
        properties = dict(slide.properties)
        associated = {name: picture.size for name, picture in slide.associated_images.items()}
        sizes = slide.level_dimensions
    kept, withheld, dates = sorted_out(
        (name, value) for name, value in properties.items() if not name.startswith(NOT_SAID)
    )
    pairs = [KeyValue(NAMESPACE, name, value) for name, value in kept]
    pairs += [
        KeyValue(NAMESPACE, f"associated image/{name}", f"{x} x {y}", "pixel") for name, (x, y) in associated.items()
    ]
    advice = "Export the slide anew without its label, or as OME-Zarr or OME-TIFF, which have none."
    findings = (
        *identifying.names((name for name, _ in withheld), advice=advice),
        *identifying.pictures(associated, advice=advice), *identifying.dates(name for name, _ in dates),
    )  # fmt: skip
    keys = ", ".join(name for name, _ in withheld)
    warning = f"Values of the scanner's header that may name a person or a case were not taken over: {keys}."
    vendor = properties.get(openslide.PROPERTY_NAME_VENDOR, "")
    return FileFacts(
        str(path), FORMATS.get(vendor, f"image/x-{vendor or 'slide'}"), (_image(path, properties, sizes),),
        (_instrument(properties, vendor),), key_values=tuple(pairs), warnings=(warning,) if keys else (),
        beside=tuple(_beside(path)), findings=findings,
    )  # fmt: skip


def make_tables(path: Path, series: Sequence[str]) -> Iterator[Table]:
    """The table of a slide's scan; raises ImageError."""
    names = [path.name, *_beside(path)]
    files: Files = FilesBeside(path, path.name) if len(names) > 1 else files_at(path)
    for one in series:
        if one:
            raise ImageError(path=str(path), field="series", reason=f"there is no image {one!r} in it, only one.")
        with _opened(path) as slide:
            levels: list[Shape5] = [(1, 3, 1, height, width) for width, height in slide.level_dimensions]
        yield planes_table(
            files, names, family=FAMILY, series=one, levels=levels, dtype="uint8", samples=3, chunk=(CHUNK, CHUNK)
        )


def open_planes(path: Path, header: dict[str, Any]) -> Planes:
    """The pixels, for a limited process; raises ImageError."""
    return _Planes(path, _opened(path))


class _Planes:
    """See pixels.Planes."""

    def __init__(self, path: Path, slide: openslide.OpenSlide) -> None:
        self._path = path
        self._slide = slide
        color = slide.properties.get(openslide.PROPERTY_NAME_BACKGROUND_COLOR, "ffffff")
        self._background = np.frombuffer(bytes.fromhex(color), np.uint8).astype(np.uint16)

    def read(self, level: int, t: int, c0: int, c1: int, z: int, y0: int, y1: int, x0: int, x1: int) -> np.ndarray:
        """See pixels.Planes."""
        scale = self._slide.level_downsamples[level]
        with library_errors(self._path, "slide"):
            found = self._slide.read_region((round(x0 * scale), round(y0 * scale)), level, (x1 - x0, y1 - y0))
        rgba = np.asarray(found)
        alpha = rgba[:, :, 3:].astype(np.uint16)
        if (alpha < 255).any():
            mixed = (rgba[:, :, :3] * alpha + self._background * (255 - alpha) + 127) // 255
            return mixed.astype(np.uint8).transpose(2, 0, 1)[c0:c1]
        return rgba[:, :, :3].transpose(2, 0, 1)[c0:c1]

    def close(self) -> None:
        """See pixels.Planes."""
        self._slide.close()


def _opened(path: Path) -> openslide.OpenSlide:
    file_size(path)
    folder = path.with_suffix("")
    if path.suffix.lower() == ".mrxs" and not (folder / "Slidedat.ini").is_file():
        reason = f"its pixels are in the folder “{folder.name}” beside it, which is not there; upload that folder too."
        raise ImageError(path=str(path), field="companion folder", reason=reason)
    if openslide.OpenSlide.detect_format(path) is None:
        reason = "OpenSlide does not know it as a slide, or a file that belongs to it is missing beside it."
        raise ImageError(path=str(path), field="slide file", reason=reason)
    with library_errors(path, "slide"):
        return openslide.OpenSlide(path)


def _beside(path: Path) -> list[str]:
    """Names of the files beside it that a slide needs, relative to its folder."""
    ending = path.suffix.lower()
    if ending == ".mrxs":
        folder = path.with_suffix("")
        return (
            sorted(f"{folder.name}/{one.name}" for one in folder.iterdir() if one.is_file()) if folder.is_dir() else []
        )
    if ending in (".vms", ".vmu"):
        lines = path.read_text("latin-1").splitlines()
        values = [line.partition("=")[2].strip() for line in lines]
        return sorted({one for one in values if one and "/" not in one and (path.parent / one).is_file()})
    return []


def _image(path: Path, properties: dict[str, str], sizes: Sequence[tuple[int, int]]) -> ImageFacts:
    width, height = sizes[0]
    names = zip(("Red", "Green", "Blue"), ("#ff0000", "#00ff00", "#0000ff"), strict=True)
    date = next((properties[name] for name in DATES if properties.get(name)), "")
    day, _, time = date.partition(" ")
    return ImageFacts(
        index=0, name=path.name, size_x=width, size_y=height, size_z=1, size_c=3, size_t=1, pixel_type="uint8",
        significant_bits=8, acquisition_date=tiff_date(date) or american_date(day, time),
        physical_size_x=_size(properties.get(openslide.PROPERTY_NAME_MPP_X)),
        physical_size_y=_size(properties.get(openslide.PROPERTY_NAME_MPP_Y)),
        channels=tuple(ChannelFacts(index, name=name, color=color) for index, (name, color) in enumerate(names)),
        instrument_ref="Instrument:0",
        objective_settings=(("ID", "Objective:0"),) if properties.get(openslide.PROPERTY_NAME_OBJECTIVE_POWER) else (),
        level_count=len(sizes), chunk_shape=(CHUNK, CHUNK),
    )  # fmt: skip


def _size(text: str | None) -> Quantity | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return Quantity(value, "µm", text) if 0 < value < float("inf") else None


def _instrument(properties: dict[str, str], vendor: str) -> InstrumentFacts:
    power = properties.get(openslide.PROPERTY_NAME_OBJECTIVE_POWER)
    objective = ComponentFacts("Objective", "Objective:0", attributes=(("NominalMagnification", power or ""),))
    scanner = ComponentFacts("Microscope", "", vendor.capitalize(), properties.get("tiff.Model", ""))
    return InstrumentFacts("Instrument:0", scanner, (objective,) if power else ())
