"""The view `ome-tiff`: image.ome.tif, of a length that is known and of which any range can be had."""

from collections.abc import Mapping, Sequence
from hashlib import sha256

from imaging.facts import ChannelFacts
from imaging.pixels import PixelSource
from imaging.representations.colors import is_rgb
from imaging.representations.ome_tiff.pages import TiffPages
from imaging.representations.ome_tiff.part import parse
from imaging.representations.ome_tiff.words import ome_xml
from imaging.representations.view import About, Stream
from imaging.representations.view import Part as Answer

NAME = "image.ome.tif"
NOT_IN_NAMES = str.maketrans(dict.fromkeys('/\\:*?"<>|\n\r\t', "_"))


class OmeTiffView:
    """See View."""

    def __init__(self, source: PixelSource, about: About) -> None:
        self._source, self._about = source, about

    def get(self, path: str, query: Mapping[str, str]) -> Answer | None:
        """See View. The tag changes with what the OME-XML says."""
        if path != NAME:
            return None
        part = parse(query, self._source)
        pages = TiffPages(self._source, part, is_rgb=_is_rgb(self._about.channels))
        big_endian = pages.dtype.str[0] == ">"
        words = ome_xml(self._source, self._about, part, pages.dtype.name, pages.samples, big_endian=big_endian)
        pages.lay_out(words)
        tag = sha256(repr(part).encode() + words).hexdigest()[:32]
        stem = self._about.name.translate(NOT_IN_NAMES)[:150] or "image"
        name = stem if stem.endswith((".ome.tif", ".ome.tiff")) else f"{stem}.ome.tif"
        return Answer("image/tiff", Stream(pages.length, pages.read), tag=tag, filename=name, is_lasting=False)


def _is_rgb(channels: Sequence[ChannelFacts]) -> bool | None:
    """Whether the channels are colours; None if they have no names of their own either."""
    if is_rgb([channel.color for channel in channels]):
        return True
    names = {channel.name for channel in channels}
    return False if "" not in names and 1 < len(names) == len(channels) else None
