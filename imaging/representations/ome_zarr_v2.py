"""Any pixel source as OME-Zarr 0.4 (NGFF 0.4 on Zarr v2), for clients that do not read Zarr v3 yet."""

import re
from typing import Literal

from imaging.pixels import ABSENT, Index5, PixelSource, RawChunk, encode_little_endian, type_json
from imaging.representations.ome_zarr import NUMBER, ZarrView, fill_value, multiscale, omero
from imaging.representations.view import About

CHUNK_KEY = re.compile(NUMBER + f"/{NUMBER}" * 5)
GROUP: type_json = {"zarr_format": 2}
SHUFFLES = {"noshuffle": 0, "shuffle": 1, "bitshuffle": 2}


class OmeZarrV2View(ZarrView):
    """OME-Zarr 0.4: levels "0", "1", ...; chunk keys "{level}/{t}/{c}/{z}/{y}/{x}"."""

    chunk_key = CHUNK_KEY

    def __init__(self, source: PixelSource, about: About) -> None:
        levels = range(len(source.levels))
        self._stored = [v2_form(source.codecs(level)) for level in levels]
        super().__init__(source, about)

    def documents(self, about: About) -> dict[str, type_json]:
        """See ZarrView: .zgroup and .zattrs of the group, .zarray of each array."""
        documents = {".zgroup": GROUP, ".zattrs": attributes(self.source, about)}
        for level in range(len(self.source.levels)):
            documents[f"{level}/.zarray"] = self._array(level)
        if about.ome_xml is not None:
            documents["OME/.zgroup"] = GROUP
        return documents

    def chunk(self, level: int, index: Index5) -> RawChunk | bytes | None:
        """See ZarrView; decoded and packed anew where format 2 has no name for how the chunk is stored."""
        if level < len(self._stored) and self._stored[level] is None:
            if self.source.raw_chunk(level, index) is ABSENT:
                return None
            return encode_little_endian(self.source.read_chunk(level, index))
        return super().chunk(level, index)

    def _array(self, level: int) -> type_json:
        """A level's .zarray (Zarr specification version 2, §arrays)."""
        endian, compressor = self._stored[level] or ("<", {"id": "zstd", "level": 1})
        described = self.source.levels[level]
        return {
            "zarr_format": 2,
            "shape": list(described.shape),
            "chunks": list(described.chunk),
            "dtype": self.source.dtype.newbyteorder(endian).str,
            "compressor": compressor,
            "fill_value": fill_value(self.source),
            "order": "C",
            "filters": None,
            "dimension_separator": "/",
        }


def v2_form(codecs: list[type_json]) -> tuple[Literal["<", ">"], type_json | None] | None:
    """Byte order ("<" or ">") and compressor of format 2 with the same bytes as these codecs of format 3; None if there
    is none."""
    if not codecs or codecs[0]["name"] != "bytes" or len(codecs) > 2:
        return None
    endian: Literal["<", ">"] = ">" if codecs[0].get("configuration", {}).get("endian") == "big" else "<"
    if len(codecs) == 1:
        return endian, None
    name, configuration = codecs[1]["name"], codecs[1].get("configuration", {})
    if name == "blosc":
        kept = {key: configuration[key] for key in ("cname", "clevel") if key in configuration}
        shuffle = SHUFFLES[configuration.get("shuffle", "noshuffle")]
        return endian, {"id": "blosc", **kept, "shuffle": shuffle, "blocksize": configuration.get("blocksize", 0)}
    if name in ("zstd", "gzip", "numcodecs.zlib"):
        return endian, {"id": name.removeprefix("numcodecs."), "level": configuration.get("level", 1)}
    return None


def attributes(source: PixelSource, about: About) -> type_json:
    """The group's .zattrs with multiscales (NGFF 0.4 §multiscales), and omero or image-label."""
    attributes: type_json = {"multiscales": [{"version": "0.4", **multiscale(source, about)}]}
    if about.is_labels:
        attributes["image-label"] = {"version": "0.4"}
    else:
        attributes["omero"] = {"version": "0.4", "name": about.name, **omero(source, about.channels)}
    return attributes
