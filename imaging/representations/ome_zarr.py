"""Any pixel source as OME-Zarr 0.5 (NGFF 0.5 on Zarr v3), stored chunks passed through undecoded where they can be."""

import json
import math
import re
from collections.abc import Mapping, Sequence

from imaging.facts import ChannelFacts, ImageFacts, Quantity, Window
from imaging.pixels import ABSENT, PixelSource, RawChunk, type_json
from imaging.representations.colors import color_of, is_on

AXES = ("t", "c", "z", "y", "x")
CHUNK_KEY = re.compile("([0-9]{1,11})/c" + "/([0-9]{1,11})" * 5)
TYPES = {"t": "time", "c": "channel"}
# OME's symbols as the names that NGFF asks for (UDUNITS-2).
UNITS = {
    "Å": "angstrom", "pm": "picometer", "nm": "nanometer", "µm": "micrometer", "mm": "millimeter", "cm": "centimeter",
    "m": "meter", "in": "inch", "ns": "nanosecond", "µs": "microsecond", "ms": "millisecond", "s": "second",
    "min": "minute", "h": "hour", "d": "day",
}  # fmt: skip


class OmeZarrView:
    """A read-only OME-Zarr 0.5 of one image: levels "0", "1", ...; chunk keys "{level}/c/{t}/{c}/{z}/{y}/{x}".

    channels: names, colours and display windows for the `omero` block; sizes: physical size of a pixel of level 0
    along x, y, z, and the time increment along t.
    """

    def __init__(
        self,
        source: PixelSource,
        *,
        name: str = "",
        channels: Sequence[ChannelFacts] = (),
        sizes: Mapping[str, Quantity] | None = None,
    ) -> None:
        self._source = source
        self._documents = {"zarr.json": dump(group_metadata(source, name, channels, sizes or {}))}
        for level in range(len(source.levels)):
            self._documents[f"{level}/zarr.json"] = dump(array_metadata(source, level))

    @classmethod
    def of(cls, source: PixelSource, facts: ImageFacts) -> "OmeZarrView":
        """The view with what the file's own facts say."""
        named = {"x": facts.physical_size_x, "y": facts.physical_size_y, "z": facts.physical_size_z}
        sizes = {axis: size for axis, size in {**named, "t": facts.time_increment}.items() if size is not None}
        return cls(source, name=facts.name, channels=facts.channels, sizes=sizes)

    def metadata(self, path: str) -> bytes | None:
        """The document "zarr.json" or "{level}/zarr.json"; None if there is no such."""
        return self._documents.get(path)

    def chunk(self, level: int, index: tuple[int, int, int, int, int]) -> bytes | RawChunk | None:
        """A chunk's bytes, or where they are stored; None if there is none (never written, or outside)."""
        try:
            raw = self._source.raw_chunk(level, index)
        except IndexError:
            return None
        if raw is ABSENT:
            return None
        return self._source.encoded_chunk(level, index) if raw is None else raw

    def get(self, path: str) -> bytes | RawChunk | None:
        """What is at any path of the view; None if nothing is. Raises ImageError if it cannot be read."""
        found = self.metadata(path)
        if found is not None:
            return found
        match = CHUNK_KEY.fullmatch(path)
        if match is None:
            return None
        level, t, c, z, y, x = (int(number) for number in match.groups())
        return self.chunk(level, (t, c, z, y, x))


def dump(document: type_json) -> bytes:
    """JSON as bytes."""
    return json.dumps(document, ensure_ascii=False).encode()


def array_metadata(source: PixelSource, level: int) -> type_json:
    """A level's zarr.json (Zarr core specification 3.1, §array metadata)."""
    return {
        "zarr_format": 3,
        "node_type": "array",
        "shape": list(source.levels[level].shape),
        "data_type": source.dtype.name,
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": list(source.levels[level].chunk)}},
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
        "fill_value": fill_value(source),
        "codecs": source.codecs(level),
        "attributes": {},
        "dimension_names": list(AXES),
    }


def fill_value(source: PixelSource) -> bool | int | float | str:
    """The fill value in the JSON form of its data type."""
    value = source.fill_value
    if source.dtype.kind == "b":
        return bool(value)
    if source.dtype.kind in "ui":
        return int(value)
    if math.isfinite(value):
        return float(value)
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def group_metadata(
    source: PixelSource, name: str, channels: Sequence[ChannelFacts], sizes: Mapping[str, Quantity]
) -> type_json:
    """The group's zarr.json with multiscales (NGFF 0.5 §multiscales) and omero."""
    axes: list[type_json] = []
    for axis in AXES:
        described = {"name": axis, "type": TYPES.get(axis, "space")}
        if axis in sizes and sizes[axis].unit in UNITS:
            described["unit"] = UNITS[sizes[axis].unit]
        axes.append(described)
    datasets = []
    for level, about in enumerate(source.levels):
        factors = [factor(full, size) for full, size in zip(source.levels[0].shape, about.shape, strict=True)]
        scale = [f * (sizes[axis].value if axis in sizes else 1.0) for axis, f in zip(AXES, factors, strict=True)]
        datasets.append({"path": str(level), "coordinateTransformations": [{"type": "scale", "scale": scale}]})
    ome = {
        "version": "0.5",
        "multiscales": [{"name": name, "axes": axes, "datasets": datasets}],
        "omero": omero(source, channels),
    }
    return {"zarr_format": 3, "node_type": "group", "attributes": {"ome": ome}}


def factor(full: int, size: int) -> float:
    """How much coarser a level is along an axis; sizes that do not divide were rounded by the writer."""
    ratio = full / size
    whole = float(round(ratio))
    return whole if abs(ratio - whole) < 0.1 * ratio else ratio


def omero(source: PixelSource, channels: Sequence[ChannelFacts]) -> type_json:
    """Rendering settings (NGFF 0.5 §omero) for all channels, with colours for those that have none."""
    _, size_c, size_z, _, _ = source.levels[0].shape
    rendered = []
    for index in range(size_c):
        facts = channels[index] if index < len(channels) else ChannelFacts(index)
        window = facts.display or whole_range(source)
        rendered.append(
            {
                "label": facts.name or f"Channel {index}",
                "color": color_of(facts.color, index, size_c).removeprefix("#").upper(),
                "active": is_on(facts.active, index),
                "window": {"min": window.minimum, "max": window.maximum, "start": window.low, "end": window.high},
            }
        )
    return {"channels": rendered, "rdefs": {"defaultT": 0, "defaultZ": size_z // 2, "model": "color"}}


def whole_range(source: PixelSource) -> Window:
    """The range of the data type, where nothing was sampled; 0 to 1 for real numbers."""
    kind, bits = source.dtype.kind, 8 * source.dtype.itemsize
    if kind in "fb":
        return Window(0.0, 1.0, 0.0, 1.0)
    low, high = (0.0, 2.0**bits - 1) if kind == "u" else (-(2.0 ** (bits - 1)), 2.0 ** (bits - 1) - 1)
    return Window(low, high, low, high)
