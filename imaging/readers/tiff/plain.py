"""Plain and ImageJ TIFF: what their tags and description say. Files named .ome.tif without OME-XML are read here."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tifffile

from imaging.facts import ChannelFacts, FileFacts, ImageFacts, KeyValue, Quantity, Window
from imaging.limits import check_chunk, file_size
from imaging.readers.resolution import CENTIMETRE, INCH, not_taken, pixel_size
from imaging.readers.tiff.dialects import dialect_of
from imaging.readers.tiff.directory import (
    TiffImage,
    check_pages,
    dtype_of,
    open_tiff,
    page_at,
    plain_images,
    unreadable_tags,
)

IMAGEJ = "imagej.net"
TIFF = "TIFF"

# ImageJ's names of units (ij.measure.Calibration), brought to OME's symbols.
UNITS = {
    "micron": "µm", "microns": "µm", "um": "µm", "µm": "µm", "\u03bcm": "µm", "\\u00b5m": "µm", "micrometer": "µm",
    "nm": "nm", "nanometer": "nm", "mm": "mm", "millimeter": "mm", "cm": "cm", "m": "m", "inch": "in", "pixel": "pixel",
    "sec": "s", "s": "s", "ms": "ms", "msec": "ms", "min": "min",
}  # fmt: skip
# Tags that say nothing beyond the fields, or only where bytes are.
SILENT_TAGS = frozenset({
    254, 256, 257, 258, 259, 262, 270, 273, 277, 278, 279, 282, 283, 284, 296, 317, 320, 322, 323, 324, 325, 330, 338,
    339, 347, 50838, 50839,
})  # fmt: skip
# ResolutionUnit 2 and 3 (TIFF 6.0): µm in an inch, in a centimetre.
MICROMETRES = {2: INCH, 3: CENTIMETRE}


def read(path: Path) -> FileFacts:
    """Facts of a TIFF without OME-XML; raises ImageError."""
    size = file_size(path)
    with open_tiff(path) as tif:
        warnings = [f"No OME-XML in {path.name}, though its name ends so; it is read as plain TIFF."]
        if ".ome." not in path.name.lower():
            warnings = []
        images = []
        for index, image in enumerate(found := plain_images(tif)):
            check_pages(image, path, size)
            warnings += [warning for warning in image.warnings if warning not in warnings]
            images.append(image_facts(tif, image, index, "" if len(found) == 1 else str(index), path))
        key_values = tag_key_values(page_at(tif, 0))
        dialect, notes = dialect_of(tif, found[0].sizes)
        warnings += unreadable_tags(tif, size)
    if dialect is not None:
        images[dialect.image] = dialect.describe(images[dialect.image])
        if dialect.in_description:
            key_values = tuple(pair for pair in key_values if pair.name != "ImageDescription")
        key_values += dialect.key_values
    return FileFacts(
        str(path), "image/tiff", tuple(images), dialect.instruments if dialect else (),
        dialect.experimenters if dialect else (), key_values=key_values, warnings=(*warnings, *notes),
    )  # fmt: skip


def image_facts(tif: tifffile.TiffFile, image: TiffImage, index: int, series_path: str, path: Path) -> ImageFacts:
    """One image of a plain or ImageJ TIFF."""
    key = image.key
    t, c, z = image.sizes
    imagej: dict[str, Any] = dict(tif.imagej_metadata or {})
    chunk = segment_shape(key)
    check_chunk(path, chunk[0] * chunk[1] * image.samples * dtype_of(key).itemsize)
    x, y = pixel_sizes(key, imagej)
    return ImageFacts(
        index=index, name=path.name, size_x=key.imagewidth, size_y=key.imagelength, size_z=z, size_c=c, size_t=t,
        pixel_type=ome_type(key), significant_bits=key.bitspersample,
        physical_size_x=x, physical_size_y=y,
        physical_size_z=imagej_quantity(imagej, "spacing", "unit") if z > 1 else None,
        time_increment=imagej_quantity(imagej, "finterval", "tunit", "s") if imagej.get("finterval") else None,
        channels=channels(image, imagej),
        key_values=(*imagej_key_values(imagej), *print_resolution(key, imagej)),
        series_path=series_path, level_count=len(image.levels), chunk_shape=chunk,
    )  # fmt: skip


def segment_shape(page: tifffile.TiffPage) -> tuple[int, int]:
    """(rows, columns) of a tile, or of a strip."""
    if page.is_tiled:
        return page.tilelength, page.tilewidth
    return min(page.rowsperstrip, page.imagelength), page.imagewidth


def ome_type(page: tifffile.TiffPage) -> str:
    """OME PixelType of a page."""
    if page.bitspersample == 1:
        return "bit"
    name = dtype_of(page).name
    names = {"float32": "float", "float64": "double", "complex64": "complex", "complex128": "double-complex"}
    return names.get(name, name)


def pixel_sizes(page: tifffile.TiffPage, imagej: dict[str, Any]) -> tuple[Quantity | None, Quantity | None]:
    """Pixel size in x and y: ImageJ's unit, else the TIFF's own inch or centimetre; a resolution of 1 says nothing."""
    unit = str(imagej.get("unit", ""))
    symbol = UNITS.get(unit.lower(), unit)
    sizes: list[Quantity | None] = []
    for tag in (282, 283):
        value = page.tags.valueof(tag)
        ratio = value[1] / value[0] if isinstance(value, tuple) and value[0] and value[1] else 0.0
        if not ratio or (ratio == 1.0 and not symbol):
            sizes.append(None)
        elif symbol:
            sizes.append(Quantity(ratio, symbol, f"{value[1]}/{value[0]}"))
        elif not imagej and (unit_size := MICROMETRES.get(int(page.resolutionunit))):
            size = pixel_size(1 / ratio, unit_size, rounded_to(value))
            sizes.append(Quantity(size, "µm", f"{value[1]}/{value[0]}") if size else None)
        else:
            sizes.append(None)
    return sizes[0], sizes[1]


def rounded_to(value: tuple[int, int]) -> float:
    """What a resolution is a multiple of; programs give it three decimals at most."""
    return max(1 / value[1], 0.001)


def print_resolution(page: tifffile.TiffPage, imagej: dict[str, Any]) -> tuple[KeyValue, ...]:
    """The resolution of a page, where it is no pixel size."""
    found = [page.tags.valueof(tag) for tag in (282, 283)]
    unit = MICROMETRES.get(int(page.resolutionunit))
    if imagej or unit is None or not all(isinstance(one, tuple) and one[0] > one[1] > 0 for one in found):
        return ()
    x, y = (one[0] / one[1] for one in found)
    return not_taken(TIFF, x, y, unit, max(map(rounded_to, found)))


def imagej_quantity(imagej: dict[str, Any], name: str, unit_name: str, default: str = "") -> Quantity | None:
    """A number of ImageJ's description with the unit named beside it."""
    value, unit = imagej.get(name), str(imagej.get(unit_name, default))
    if not isinstance(value, int | float) or not unit:
        return None
    return Quantity(float(value), UNITS.get(unit.lower(), unit), str(value))


def channels(image: TiffImage, imagej: dict[str, Any]) -> tuple[ChannelFacts, ...]:
    """Channels with ImageJ's labels, look-up tables and ranges; the samples of an RGB page are channels."""
    count = image.sizes[1]
    labels, luts, ranges = imagej.get("Labels"), imagej.get("LUTs"), imagej.get("Ranges")
    labels = [labels] if isinstance(labels, str) else list(labels or ())
    names = labels if len(labels) == count > 1 and image.sizes[2] == image.sizes[0] == 1 else [""] * count
    colors: Sequence[str | None] = [None] * count
    if int(image.key.photometric) in (2, 6) and image.samples in (3, 4) and count == image.samples:
        names = names if any(names) else ["Red", "Green", "Blue", "Alpha"][:count]
        colors = ["#ff0000", "#00ff00", "#0000ff", "#ffffff"][:count]
    if imagej.get("mode") in ("composite", "color") and isinstance(luts, list) and len(luts) == count:
        colors = ["#" + bytes(int(v) for v in np.asarray(lut)[:, -1]).hex() for lut in luts]
    facts = []
    for index in range(count):
        window = None
        if isinstance(ranges, tuple) and len(ranges) == 2 * count:
            low, high = float(ranges[2 * index]), float(ranges[2 * index + 1])
            window = Window(low, high, low, high)
        facts.append(ChannelFacts(index, name=names[index], color=colors[index], display=window))
    return tuple(facts)


def imagej_key_values(imagej: dict[str, Any]) -> tuple[KeyValue, ...]:
    """All of ImageJ's metadata; the lines "key = value" of its Info each give one."""
    pairs = []
    for name, value in imagej.items():
        if name == "Info":
            for line in str(value).splitlines():
                key, equals, text = line.partition(" = ")
                if line.strip():
                    pairs.append(KeyValue(IMAGEJ, key.strip() if equals else "Info", text if equals else line.strip()))
        elif name == "LUTs":
            continue  # they became the channels' colours
        elif isinstance(value, dict):
            pairs += [KeyValue(IMAGEJ, f"{name}/{key}", str(text)) for key, text in value.items()]
        elif isinstance(value, list | tuple):
            pairs.append(KeyValue(IMAGEJ, name, ", ".join(str(item) for item in value)))
        elif not isinstance(value, bytes | np.ndarray):
            pairs.append(KeyValue(IMAGEJ, name, str(value)))
    return tuple(pairs)


def tag_key_values(page: tifffile.TiffPage) -> tuple[KeyValue, ...]:
    """The first page's tags that say something, and its description if it is neither ImageJ's nor tifffile's."""
    pairs = []
    for tag in page.tags:
        if tag.code not in SILENT_TAGS and isinstance(tag.value, str | int | float):
            pairs.append(KeyValue(TIFF, tag.name, str(getattr(tag.value, "name", tag.value))))
    description = page.description.strip()
    if description and not description.startswith("ImageJ=") and not is_shape_note(description):
        pairs.append(KeyValue(TIFF, "ImageDescription", description))
    return tuple(pairs)


def is_shape_note(description: str) -> bool:
    """Whether a description is only tifffile's own note of the shape."""
    try:
        note = json.loads(description)
    except ValueError:
        return False
    return isinstance(note, dict) and set(note) <= {"shape", "axes", "truncated"}
