"""Any pixel source as OME-Zarr 0.5 (NGFF 0.5 on Zarr v3), stored chunks passed through undecoded where they can be."""

import json
import math
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence

from imaging.facts import ChannelFacts, Window
from imaging.pixels import ABSENT, Described, Index5, PixelSource, RawChunk, type_json
from imaging.representations.colors import color_of, is_on
from imaging.representations.view import About, Part

AXES = ("t", "c", "z", "y", "x")
NUMBER = "(0|[1-9][0-9]{0,10})"  # in one way only, so that each chunk has one address
CHUNK_KEY = re.compile(f"{NUMBER}/c" + f"/{NUMBER}" * 5)
OME_XML = "OME/METADATA.ome.xml"  # where bioformats2raw puts it
TYPES = {"t": "time", "c": "channel"}
# OME's symbols as the names that NGFF asks for (UDUNITS-2).
UNITS = {
    "Å": "angstrom", "pm": "picometer", "nm": "nanometer", "µm": "micrometer", "mm": "millimeter", "cm": "centimeter",
    "m": "meter", "in": "inch", "ft": "foot", "yd": "yard", "mi": "mile", "pc": "parsec", "fm": "femtometer",
    "am": "attometer", "dm": "decimeter", "hm": "hectometer", "km": "kilometer", "Mm": "megameter",
    "ps": "picosecond", "fs": "femtosecond", "as": "attosecond", "ks": "kilosecond",
    "ns": "nanosecond", "µs": "microsecond", "ms": "millisecond", "s": "second",
    "min": "minute", "h": "hour", "d": "day",
}  # fmt: skip


class ZarrView(ABC):
    """See View: metadata documents, stored or encoded chunks by their keys, and OME/METADATA.ome.xml."""

    chunk_key: re.Pattern[str]

    def __init__(self, source: PixelSource, about: About) -> None:
        self.source = source
        self._ome_xml = about.ome_xml
        self._documents = {path: dump(document) for path, document in self.documents(about).items()}

    @abstractmethod
    def documents(self, about: About) -> dict[str, type_json]:
        """The JSON documents by their paths."""

    def chunk(self, level: int, index: Index5) -> RawChunk | bytes | None:
        """The bytes of a chunk, None if it was never written; raises IndexError, ImageError."""
        raw = self.source.raw_chunk(level, index)
        if raw is ABSENT:
            return None
        return self.source.encoded_chunk(level, index) if raw is None else raw

    def get(self, path: str, query: Mapping[str, str]) -> Part | None:
        """See View. A chunk that was never written, or lies outside, is not there, as Zarr has it."""
        document = self._documents.get(path)
        if document is not None:
            return Part("application/json", document)
        if path == OME_XML and self._ome_xml is not None:
            return Part("application/xml", self._ome_xml())
        match = self.chunk_key.fullmatch(path)
        if match is None:
            return None
        level, t, c, z, y, x = (int(number) for number in match.groups())
        try:
            chunk = self.chunk(level, (t, c, z, y, x))
        except IndexError:
            return None
        if chunk is None:
            return None
        return Part("application/octet-stream", chunk, tag=f"{level}.{t}.{c}.{z}.{y}.{x}")


class OmeZarrView(ZarrView):
    """OME-Zarr 0.5: levels "0", "1", ...; chunk keys "{level}/c/{t}/{c}/{z}/{y}/{x}"."""

    chunk_key = CHUNK_KEY

    def documents(self, about: About) -> dict[str, type_json]:
        """See ZarrView: a zarr.json for the group and for each array."""
        documents = {"zarr.json": group_metadata(self.source, about)}
        for level in range(len(self.source.levels)):
            documents[f"{level}/zarr.json"] = array_metadata(self.source, level)
        if about.ome_xml is not None:
            documents["OME/zarr.json"] = {"zarr_format": 3, "node_type": "group", "attributes": {}}
        return documents


def dump(document: type_json) -> bytes:
    """JSON as bytes."""
    return json.dumps(document, ensure_ascii=False, allow_nan=False).encode()


def array_metadata(source: Described, level: int) -> type_json:
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


def fill_value(source: Described) -> bool | int | float | str:
    """The fill value in the JSON form of its data type."""
    value = source.fill_value
    if source.dtype.kind == "b":
        return bool(value)
    if source.dtype.kind in "ui":
        return int(value)
    if math.isfinite(value):
        return float(value)
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def group_metadata(source: Described, about: About) -> type_json:
    """The group's zarr.json with multiscales (NGFF 0.5 §multiscales), and omero or image-label."""
    ome: type_json = {"version": "0.5", "multiscales": [multiscale(source, about)]}
    if about.is_labels:
        ome["image-label"] = {}
    else:
        ome["omero"] = omero(source, about.channels)
    return {"zarr_format": 3, "node_type": "group", "attributes": {"ome": ome}}


def multiscale(source: Described, about: About) -> type_json:
    """Axes with their units, and the levels with their scales (NGFF §multiscales, alike in 0.4 and 0.5)."""
    sizes = {axis: size for axis, size in about.sizes.items() if math.isfinite(size.value)}
    axes: list[type_json] = []
    for axis in AXES:
        one = {"name": axis, "type": TYPES.get(axis, "space")}
        if axis in sizes and sizes[axis].unit in UNITS:
            one["unit"] = UNITS[sizes[axis].unit]
        axes.append(one)
    datasets = []
    for level, described in enumerate(source.levels):
        factors = [factor(full, size) for full, size in zip(source.levels[0].shape, described.shape, strict=True)]
        scale = [f * (sizes[axis].value if axis in sizes else 1.0) for axis, f in zip(AXES, factors, strict=True)]
        datasets.append({"path": str(level), "coordinateTransformations": [{"type": "scale", "scale": scale}]})
    return {"name": about.name, "axes": axes, "datasets": datasets}


def factor(full: int, size: int) -> float:
    """How much coarser a level is along an axis; sizes that do not divide were rounded by the writer."""
    ratio = full / size
    whole = float(round(ratio))
    return whole if abs(ratio - whole) < 0.1 * ratio else ratio


def omero(source: Described, channels: Sequence[ChannelFacts]) -> type_json:
    """Rendering settings (NGFF 0.5 §omero) for all channels, with colours for those that have none."""
    _, size_c, size_z, _, _ = source.levels[0].shape
    rendered = []
    for index in range(size_c):
        facts = channels[index] if index < len(channels) else ChannelFacts(index)
        shown = facts.display
        is_said = shown is not None and all(map(math.isfinite, (shown.minimum, shown.maximum, shown.low, shown.high)))
        window = shown if shown is not None and is_said else whole_range(source)
        rendered.append(
            {
                "label": facts.name or f"Channel {index}",
                "color": color_of(facts.color, index, size_c).removeprefix("#").upper(),
                "active": is_on(facts.active, index),
                "window": {"min": window.minimum, "max": window.maximum, "start": window.low, "end": window.high},
            }
        )
    return {"channels": rendered, "rdefs": {"defaultT": 0, "defaultZ": size_z // 2, "model": "color"}}


def whole_range(source: Described) -> Window:
    """The range of the data type, where nothing was sampled; 0 to 1 for real numbers."""
    kind, bits = source.dtype.kind, 8 * source.dtype.itemsize
    if kind in "fb":
        return Window(0.0, 1.0, 0.0, 1.0)
    low, high = (0.0, 2.0**bits - 1) if kind == "u" else (-(2.0 ** (bits - 1)), 2.0 ** (bits - 1) - 1)
    return Window(low, high, low, high)
