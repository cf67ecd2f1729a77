"""The view `ome-tiff`: image.ome.tif, of a length that is known and of which any range can be had."""

from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from threading import Lock
from weakref import WeakKeyDictionary

from imaging.facts import ChannelFacts
from imaging.limits import MEBI
from imaging.pixels import PixelSource
from imaging.representations.colors import is_rgb
from imaging.representations.ome_tiff.pages import TiffPages
from imaging.representations.ome_tiff.part import Part, parse
from imaging.representations.ome_tiff.words import ome_xml
from imaging.representations.view import About, Stream
from imaging.representations.view import Part as Answer

NAME = "image.ome.tif"
KEPT_BYTES, KEPT_FILES = 64 * MEBI, 100
NOT_IN_NAMES = str.maketrans(dict.fromkeys('/\\:*?"<>|\n\r\t', "_"))


Laid = tuple[TiffPages, str]  # with its tag


class OmeTiffView:
    """See View."""

    def __init__(self, source: PixelSource, about: About) -> None:
        self._source, self._about = source, about

    def get(self, path: str, query: Mapping[str, str]) -> Answer | None:
        """See View. The tag changes with what the OME-XML says."""
        if path != NAME:
            return None
        part = parse(query, self._source)
        pages, tag = LAID_OUT.get(self, repr(part), lambda: self._lay_out(part))
        stream = Stream(pages.length, pages.read)
        return Answer("image/tiff", stream, tag=tag, filename=filename_of(self._about), is_lasting=False)

    def _lay_out(self, part: Part) -> Laid:
        pages = TiffPages(self._source, part, is_rgb=_is_rgb(self._about.channels))
        big_endian = pages.dtype.str[0] == ">"
        words = ome_xml(self._source, self._about, part, pages.dtype.name, pages.samples, big_endian=big_endian)
        pages.lay_out(words)
        return pages, sha256(repr(part).encode() + words).hexdigest()[:32]


class LaidOut:
    """Files that were laid out, so that not every range of one lays it out again: as long as their images are open,
    bounded in bytes and number, safe between threads."""

    def __init__(self) -> None:
        self._kept: WeakKeyDictionary[OmeTiffView, dict[str, Laid]] = WeakKeyDictionary()
        self._lock = Lock()

    def get(self, view: OmeTiffView, part: str, make: Callable[[], Laid]) -> Laid:
        """What is kept of this part, else what `make` gives."""
        with self._lock:
            if found := self._kept.get(view, {}).get(part):
                return found
        made = make()
        with self._lock:
            kept = [pages for parts in self._kept.values() for pages, _ in parts.values()]
            if len(kept) >= KEPT_FILES or sum(pages.nbytes for pages in [*kept, made[0]]) > KEPT_BYTES:
                self._kept.clear()
            self._kept.setdefault(view, {})[part] = made
        return made


LAID_OUT = LaidOut()


def filename_of(about: About) -> str:
    """The name under which the image is saved."""
    stem = about.name.translate(NOT_IN_NAMES)[:150] or "image"
    return stem if stem.endswith((".ome.tif", ".ome.tiff")) else f"{stem}.ome.tif"


def _is_rgb(channels: Sequence[ChannelFacts]) -> bool | None:
    """Whether the channels are colours; None if they have no names of their own either."""
    if is_rgb([channel.color for channel in channels]):
        return True
    names = {channel.name for channel in channels}
    return False if "" not in names and 1 < len(names) == len(channels) else None
