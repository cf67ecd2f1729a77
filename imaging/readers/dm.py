"""DigitalMicrograph 3 and 4 (Gatan): micrographs, diffraction patterns, spectrum images of electron microscopes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from imaging.errors import ImageError
from imaging.facts import (
    ChannelFacts,
    ComponentFacts,
    ExperimenterFacts,
    FileFacts,
    ImageFacts,
    InstrumentFacts,
    KeyValue,
    PlanesFacts,
    Quantity,
    Window,
)
from imaging.limits import check_extent
from imaging.pixels import Shape5
from imaging.places import files_at
from imaging.readers.dm_tags import Stored, Tags, read_tags
from imaging.segment_table import plane_level, segment_table
from imaging.table import Table

GATAN = "gatan.com/dm"
# DataType of an image: dtype, samples.
TYPES = {
    1: ("i2", 1), 2: ("f4", 1), 6: ("u1", 1), 7: ("i4", 1), 9: ("i1", 1), 10: ("u2", 1), 11: ("u4", 1), 12: ("f8", 1),
    14: ("u1", 1), 23: ("u1", 4), 39: ("i8", 1), 40: ("u8", 1),
}  # fmt: skip
COMPLEX = (3, 5, 13, 27, 28)
PIXEL_TYPES = {"f4": "float", "f8": "double"}
BGRA = (("Blue", "#0000ff"), ("Green", "#00ff00"), ("Red", "#ff0000"), ("Alpha", "#ffffff"))
LENGTHS = {"nm": "nm", "µm": "µm", "\u03bcm": "µm", "um": "µm", "Å": "Å", "A": "Å", "pm": "pm", "mm": "mm", "m": "m"}
FILETIME_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
MAX_PLANES = 10_000_000


@dataclass(frozen=True)
class DmImage:
    """An image of the list: its tags, sizes along its own axes (x first), and where its pixels lie."""

    series: str
    tags: Tags
    sizes: tuple[int, ...]
    dtype: str
    samples: int
    stored: Stored

    @property
    def shape(self) -> Shape5:
        """(t, c, z, y, x): a third axis is z, a fourth is t."""
        x, y, z, t = (*self.sizes, 1, 1)[:4]
        return t, self.samples, z, y, x


def read(path: Path) -> FileFacts:
    """Facts of all images but the thumbnail; raises ImageError."""
    tags = read_tags(path)
    images, instruments, warnings, people = [], [], [], []
    for index, image in enumerate(images_of(path, tags)):
        about = group(image.tags, "ImageTags")
        instrument = instrument_of(about, index)
        operator = str(group(about, "Session Info").get("Operator") or "").strip()
        if operator:
            people.append(ExperimenterFacts(f"Experimenter:{index}", user_name=operator))
        facts, notes = image_facts(image, index, windows(tags))
        images.append(facts_with(facts, instrument, operator))
        warnings += notes
        instruments += [instrument] if instrument else []
    return FileFacts(
        str(path), "image/x-dm", tuple(images), tuple(instruments), tuple(people), warnings=tuple(warnings)
    )


def make_tables(path: Path, series: Sequence[str]) -> Iterator[Table]:
    """The tables of images by their numbers in the file's list; raises ImageError."""
    images = {image.series: image for image in images_of(path, read_tags(path))}
    if len(images) == 1:
        images[""] = next(iter(images.values()))
    for one in series:
        if one not in images:
            raise ImageError(path=str(path), field="series", reason=f"there is no image {one!r} in it.")
        image = images[one]
        t, _, z, y, x = image.shape
        size = y * x * image.samples * np.dtype(image.dtype).itemsize
        offsets = image.stored.offset + size * np.arange(t * z, dtype=np.uint64)
        level = plane_level(image.shape, image.dtype, offsets, samples=image.samples)
        yield segment_table(files_at(path), [path.name], [level])


def group(tags: Tags, *names: str) -> Tags:
    """The group at a path, empty if there is none."""
    for name in names:
        found = tags.get(name)
        tags = found if isinstance(found, dict) else {}
    return tags


def images_of(path: Path, tags: Tags) -> list[DmImage]:
    """The images with two axes or more that are no thumbnails; raises ImageError if there are none."""
    thumbnails = {str(one.get("ImageIndex")) for one in tags.get("Thumbnails", {}).values() if isinstance(one, dict)}
    found = []
    for number, image in group(tags, "ImageList").items():
        data = group(image, "ImageData") if isinstance(image, dict) else {}
        sizes = tuple(int(size) for size in group(data, "Dimensions").values() if isinstance(size, int))
        stored = data.get("Data")
        if number in thumbnails or not 2 <= len(sizes) <= 4 or not isinstance(stored, Stored):
            continue
        found.append(checked(path, DmImage(number, image, sizes, *type_of(path, number, data), stored)))
    if not found:
        reason = "holds no image: only spectra or a thumbnail; a spectrum is kept as it is, but not shown."
        raise ImageError(path=str(path), field="ImageList", reason=reason)
    return found


def type_of(path: Path, number: str, data: Tags) -> tuple[str, int]:
    """dtype and samples of an image's pixels; raises ImageError."""
    kind, stored = data.get("DataType"), data["Data"]
    if kind not in TYPES:
        what = "complex numbers: a transform, not an image" if kind in COMPLEX else f"of the unknown type {kind}"
        reason = f"its pixels are {what}; save the image itself, with real numbers."
        raise ImageError(path=str(path), field=f"ImageList/{number}/ImageData/DataType", reason=reason)
    dtype, samples = TYPES[kind]
    return (stored.dtype[0] if stored.dtype[0] in "<>" else "<") + dtype, samples


def checked(path: Path, image: DmImage) -> DmImage:
    """The image, if its sizes are those of what is stored; raises ImageError."""
    field = f"ImageList/{image.series}/ImageData"
    wanted = int(np.prod(image.sizes, dtype=object)) * image.samples * np.dtype(image.dtype).itemsize
    has = image.stored.count * np.dtype(image.stored.dtype).itemsize
    t, _, z, _, _ = image.shape
    if min(image.sizes) < 1 or wanted > has or t * z > MAX_PLANES:
        reason = f"has {has} bytes for {list(image.sizes)} pixels, which need {wanted}; the file is damaged."
        raise ImageError(path=str(path), field=field, reason=reason)
    check_extent(path, field, image.stored.offset + wanted, path.stat().st_size)
    return image


def image_facts(image: DmImage, index: int, shown: dict[str, Window]) -> tuple[ImageFacts, list[str]]:
    """One image, and what is to be told of how it is read."""
    t, c, z, y, x = image.shape
    about = group(image.tags, "ImageTags")
    calibrations = group(image.tags, "ImageData", "Calibrations")
    scales = list(group(calibrations, "Dimension").values())
    pairs = [*axis_values(scales[: len(image.sizes)]), *flat(group(calibrations, "Brightness"), "Brightness/")]
    name = str(image.tags.get("Name") or "")
    lengths = [length_of(scales, axis) for axis in range(3)]
    kind = image.dtype[1:]
    channels = [ChannelFacts(0, display=shown.get(image.series) if z * t == 1 else None)]
    if c == 4:
        channels = [ChannelFacts(number, name=named, color=color) for number, (named, color) in enumerate(BGRA)]
    facts = ImageFacts(
        index=index, name=name, size_x=x, size_y=y, size_z=z, size_c=c, size_t=t,
        pixel_type=PIXEL_TYPES.get(kind, np.dtype(kind).name), significant_bits=8 * np.dtype(kind).itemsize,
        physical_size_x=lengths[0], physical_size_y=lengths[1], physical_size_z=lengths[2] if z > 1 else None,
        acquisition_date=date_of(group(about, "DataBar")), channels=tuple(channels), series_path=image.series,
        planes=plane_of(about) if t * z == 1 else None,
        key_values=(*pairs, *flat(about, "")), chunk_shape=(y, x),
    )  # fmt: skip
    notes = []
    if z > 1 and lengths[2] is None:
        unit = str(scales[2].get("Units") or "") if len(scales) > 2 and isinstance(scales[2], dict) else ""
        what = f"energies ({unit})" if unit in ("eV", "keV") else f"points of its third axis ({unit or 'no unit'})"
        notes.append(f"The slices of “{name}” are {what}: the values “axis 2 start” and “axis 2 step” say which.")
    if t > 1:
        notes.append(f"The fourth axis of “{name}” is read as time.")
    return facts, notes


def facts_with(facts: ImageFacts, instrument: InstrumentFacts | None, operator: str) -> ImageFacts:
    """The facts with what they refer to."""
    from_here: dict[str, Any] = {}
    if instrument is not None:
        from_here["instrument_ref"] = instrument.ome_id
        if instrument.objectives:
            from_here["objective_settings"] = (("ID", instrument.objectives[0].ome_id),)
    if operator:
        from_here["experimenter_ref"] = f"Experimenter:{facts.index}"
    return replace(facts, **from_here)


def axis_values(scales: list[Any]) -> Iterator[KeyValue]:
    """Where each axis starts, and its step. The file's origin is the point that is at zero."""
    for number, scale in enumerate(scales):
        origin, step = (scale.get("Origin"), scale.get("Scale")) if isinstance(scale, dict) else (None, None)
        if isinstance(origin, float) and isinstance(step, float):
            unit = str(scale.get("Units") or "")
            yield KeyValue(GATAN, f"axis {number} start", f"{-origin * step + 0.0:.9g}", unit)
            yield KeyValue(GATAN, f"axis {number} step", repr(step), unit)


def length_of(scales: list[Any], axis: int) -> Quantity | None:
    """Size of a pixel along an axis, if its unit is one of length."""
    scale = scales[axis] if axis < len(scales) and isinstance(scales[axis], dict) else {}
    unit, value = LENGTHS.get(str(scale.get("Units") or "").strip()), scale.get("Scale")
    if unit is None or not isinstance(value, float) or not np.isfinite(value) or value == 0:
        return None
    return Quantity(abs(value), unit)


def flat(tags: Tags, start: str) -> Iterator[KeyValue]:
    """All values below a group by their paths; long arrays are left in the file, and operators are experimenters."""
    for name, value in tags.items():
        if isinstance(value, dict):
            if value.get("Label") != "Operator":
                yield from flat(value, f"{start}{name}/")
        elif not isinstance(value, Stored) and f"{start}{name}" != "Session Info/Operator":
            text = " ".join(map(str, value)) if isinstance(value, tuple) else str(value)
            if text.strip():
                yield KeyValue(GATAN, start + name, text)


def windows(tags: Tags) -> dict[str, Window]:
    """The range of grey values in which each image was shown when it was saved."""
    sources = list(group(tags, "ImageSourceList").values())
    found = {}
    for shown in group(tags, "DocumentObjectList").values():
        number = shown.get("ImageSource") if isinstance(shown, dict) else None
        about = group(shown, "ImageDisplayInfo") if isinstance(shown, dict) else {}
        source = sources[number] if isinstance(number, int) and 0 <= number < len(sources) else {}
        low, high = about.get("LowLimit"), about.get("HighLimit")
        if isinstance(source, dict) and isinstance(low, float) and isinstance(high, float) and low < high:
            found[str(source.get("ImageRef"))] = Window(low, high, low, high)
    return found


def instrument_of(about: Tags, index: int) -> InstrumentFacts | None:
    """Microscope, magnification and detector, if the tags name any."""
    microscope, session = group(about, "Microscope Info"), group(about, "Session Info")
    model = str(session.get("Microscope") or microscope.get("Name") or "").strip()
    magnification = microscope.get("Indicated Magnification")
    camera = group(about, "Acquisition", "Device").get("Name") or group(about, "DataBar").get("Device Name") or ""
    if not (model or camera or isinstance(magnification, float)):
        return None
    times = f"{magnification:.12g}" if isinstance(magnification, float | int) else ""
    objective = ComponentFacts("Objective", f"Objective:{index}", attributes=(("NominalMagnification", times),))
    return InstrumentFacts(
        f"Instrument:{index}",
        ComponentFacts("Microscope", model=model) if model else None,
        objectives=(objective,) if times else (),
        detectors=(ComponentFacts("Detector", f"Detector:{index}", model=str(camera)),) if camera else (),
    )


def plane_of(about: Tags) -> PlanesFacts | None:
    """Exposure and stage position of an image that is one plane."""
    stage = group(about, "Microscope Info", "Stage Position")
    given = (group(about, "DataBar").get("Exposure Time (s)"), *(stage.get(f"Stage {axis}") for axis in "XYZ"))
    if not any(isinstance(value, float) for value in given):
        return None
    exposure, x, y, z = (np.array([value if isinstance(value, float) else np.nan]) for value in given)
    zero = np.zeros(1, np.int32)
    return PlanesFacts(zero, zero, zero, np.array([np.nan]), exposure, x, y, z, "s", "s", "µm", "µm", "µm")


def date_of(bar: Tags) -> str | None:
    """The time of acquisition: 100 ns since 1601 in UTC. The dates beside it are in the order of the PC's language."""
    ticks = bar.get("Acquisition Time (OS)")
    if not isinstance(ticks, float | int) or not 1e17 < ticks < 2e17:
        return None
    return (FILETIME_EPOCH + timedelta(microseconds=ticks // 10)).isoformat(timespec="seconds").replace("+00:00", "Z")
