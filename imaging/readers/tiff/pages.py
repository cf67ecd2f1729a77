"""The pages of a TIFF, of which there may be 100,000: those that are alike are parsed in full only once."""

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import tifffile
from tifffile import TiffPage

STRIP_OFFSETS, STRIP_COUNTS, SUB_IFDS, TILE_OFFSETS, TILE_COUNTS = 273, 279, 330, 324, 325
PLACES = (STRIP_OFFSETS, STRIP_COUNTS, SUB_IFDS, TILE_OFFSETS, TILE_COUNTS)
# Tags that say how a page's pixels are stored. Pages that agree in these differ only in where they are.
ALIKE = frozenset({
    254, 255, 256, 257, 258, 259, 262, 263, 266, 274, 277, 278, 284, 292, 293, 317, 320, 322, 323, 332, 333, 338, 339,
    347, 529, 530, 531, 532, 32997, 32998, 33421, 33422,
})  # fmt: skip
FORMATS = {3: "H", 4: "I", 13: "I", 16: "Q", 18: "Q"}  # types of whole numbers (TIFF 6.0 §2, BigTIFF)
SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
FIRST_READ = 512  # bytes of a directory, which is seldom longer
Likeness = tuple[tuple[int, int, int, bytes], ...]


@dataclass(frozen=True, slots=True)
class Page:
    """Where the strips or tiles of a page are, and those of its lower resolutions; what it is like, `key` says."""

    index: int
    dataoffsets: Sequence[int]
    databytecounts: Sequence[int]
    subifds: Sequence[int]
    key: TiffPage


def full_page(page: TiffPage | tifffile.TiffFrame) -> TiffPage:
    """A page with all its tags; tifffile reads only some of those that look alike."""
    return page.aspage() if isinstance(page, tifffile.TiffFrame) else page


def page_of(page: TiffPage) -> Page:
    """A page that was parsed in full."""
    return Page(page.index, page.dataoffsets, page.databytecounts, page.subifds or (), page)


class PageReader:
    """The pages of an open TIFF by their numbers, each read when it is asked for."""

    def __init__(self, tif: tifffile.TiffFile) -> None:
        self.tif = tif
        self._layout = tif.tiff
        self._entry = self._layout.byteorder + ("HHQ8s" if self._layout.is_bigtiff else "HHI4s")
        self._keys: dict[Likeness, TiffPage] = {}
        self._offsets = self._chain()

    def __len__(self) -> int:
        return len(self._offsets)

    def page(self, number: int) -> Page:
        """The page with this number; raises what tifffile does."""
        return self._page(number, self._offsets[number], lambda: full_page(self.tif.pages[number]))

    def sub_page(self, page: Page, number: int) -> Page:
        """A page's lower resolution with this number."""

        def full() -> TiffPage:
            owner = full_page(self.tif.pages[page.index])
            assert owner.pages is not None
            return full_page(owner.pages[number])

        return self._page(page.index, page.subifds[number], full)

    def _page(self, index: int, offset: int, full: Callable[[], TiffPage]) -> Page:
        likeness, places = self._read(offset)
        key = self._keys.get(likeness)
        offsets = places.get(TILE_OFFSETS) or places.get(STRIP_OFFSETS) or ()
        counts = places.get(TILE_COUNTS) or places.get(STRIP_COUNTS) or ()
        if key is None or not offsets:
            parsed = full()
            if parsed.dataoffsets == offsets and parsed.databytecounts == counts:  # tifffile repairs what is odd
                self._keys[likeness] = parsed
            return page_of(parsed)
        return Page(index, offsets, counts, places.get(SUB_IFDS, ()), key)

    def _chain(self) -> list[int]:
        """Offsets of the main directories, as long as they lie in the file and none comes twice."""
        layout, size = self._layout, self.tif.filehandle.size
        offset, found = self.tif.pages.first.offset, dict[int, None]()
        while 0 < offset < size and offset not in found:
            found[offset] = None
            count = layout.tagnosize
            head = self._bytes(offset, count)
            if len(head) < count:
                break
            end = offset + count + struct.unpack(layout.tagnoformat, head)[0] * layout.tagsize
            tail = self._bytes(end, layout.offsetsize)
            if len(tail) < layout.offsetsize:
                break
            offset = struct.unpack(layout.offsetformat, tail)[0]
        return list(found)

    def _bytes(self, offset: int, length: int) -> bytes:
        handle = self.tif.filehandle
        handle.seek(offset)
        return bytes(handle.read(length))

    def _read(self, offset: int) -> tuple[Likeness, dict[int, tuple[int, ...]]]:
        """What tells whether pages are alike, and the numbers of the tags in PLACES."""
        layout = self._layout
        block = self._bytes(offset, FIRST_READ)
        end = layout.tagnosize + struct.unpack_from(layout.tagnoformat, block)[0] * layout.tagsize
        if end > len(block):
            block = self._bytes(offset, end)
        alike: list[tuple[int, int, int, bytes]] = []
        places: dict[int, tuple[int, ...]] = {}
        whole = len(block[layout.tagnosize : end]) // layout.tagsize * layout.tagsize + layout.tagnosize
        for entry in struct.iter_unpack(self._entry, block[layout.tagnosize : whole]):
            code, kind, count, value = entry
            if code in PLACES:
                places[code] = self._numbers(kind, count, value)
            elif code in ALIKE:
                alike.append(entry if count == 1 else (code, kind, count, self._value(kind, count, value)))
        if SUB_IFDS in places:
            alike.append((SUB_IFDS, 0, len(places[SUB_IFDS]), b""))
        return tuple(alike), places

    def _value(self, kind: int, count: int, value: bytes) -> bytes:
        """The bytes of a tag's value, which stand elsewhere if they are many."""
        nbytes = count * SIZES.get(kind, 1)
        if nbytes <= len(value):
            return value
        offset = struct.unpack(self._layout.offsetformat, value)[0]
        return self._bytes(offset, nbytes) if offset + nbytes <= self.tif.filehandle.size else b""

    def _numbers(self, kind: int, count: int, value: bytes) -> tuple[int, ...]:
        if kind not in FORMATS:
            return ()
        data = self._value(kind, count, value)
        nbytes = count * SIZES[kind]
        if len(data) < nbytes:
            return ()
        return struct.unpack(f"{self._layout.byteorder}{count}{FORMATS[kind]}", data[:nbytes])
