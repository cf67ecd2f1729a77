"""Arrays of pixels that read what they are sliced by: what dask asks, in threads and on other machines."""

import itertools
import weakref
from abc import ABC, abstractmethod
from pathlib import Path
from threading import Lock
from typing import Any

import httpx
import numpy as np

from client.site import Site
from client.trouble import Trouble
from imaging.errors import ImageError
from imaging.pixels import DECODE_ERRORS, Index5, PixelSource, type_json
from imaging.source import open_source
from imaging.sources.zarr_array import parse_array


class Pixels(ABC):
    """A level (t, c, z, y, x). It may be pickled: what is open is opened again on the other side."""

    ndim = 5

    def __init__(self, name: str, shape: tuple[int, ...], chunk: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        self.name, self.shape, self.chunk, self.dtype = name, shape, chunk, dtype
        self._lock = Lock()
        self._opened: Any = None

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_lock": None, "_opened": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state, _lock=Lock())

    def opened(self) -> Any:
        """What the pixels are read by, opened once for all threads."""
        with self._lock:
            if self._opened is None:
                self._opened = self.open()
                weakref.finalize(self, self._opened.close)
            return self._opened

    @abstractmethod
    def open(self) -> Any:
        """What has `close`, and may be used by several threads at once."""

    @abstractmethod
    def read(self, index: Index5) -> np.ndarray:
        """A chunk of the full chunk shape; raises Trouble."""

    def __getitem__(self, wanted: tuple[slice | int, ...]) -> np.ndarray:
        """The pixels of numbers and slices, one for each axis; each chunk is read once."""
        ranges = [range(size)[part] for part, size in zip(wanted, self.shape, strict=True)]
        runs = [one if isinstance(one, range) else range(one, one + 1) for one in ranges]
        spans = [(min(run), max(run) + 1) if run else (0, 0) for run in runs]
        pixels = self._box(spans)
        steps = [slice(None, None, one.step) if isinstance(one, range) else 0 for one in ranges]
        return pixels[tuple(steps)]

    def _box(self, spans: list[tuple[int, int]]) -> np.ndarray:
        out = np.empty([end - start for start, end in spans], self.dtype)
        numbers = [range(a // step, -(-b // step)) for (a, b), step in zip(spans, self.chunk, strict=True)]
        for index in itertools.product(*numbers):
            t, c, z, y, x = index
            chunk = self.read((t, c, z, y, x))
            into, taken = [], []
            for number, step, (start, end) in zip(index, self.chunk, spans, strict=True):
                first, last = max(start, number * step), min(end, (number + 1) * step)
                into.append(slice(first - start, last - start))
                taken.append(slice(first - number * step, last - number * step))
            out[tuple(into)] = chunk[tuple(taken)]
        return out


class LocalPixels(Pixels):
    """Of a file at hand, by the site's own readers."""

    def __init__(self, path: Path, level: int) -> None:
        self._path, self._level = path, level
        try:
            source = self.open()
        except ImageError as error:
            raise Trouble(str(error)) from error
        if not 0 <= level < len(source.levels):
            raise Trouble(f"there is no level {level}; {path.name} has {len(source.levels)}, counted from 0")
        about = source.levels[level]
        super().__init__(f"{path.resolve()}#{level}", about.shape, about.chunk, source.dtype)
        source.close()

    def open(self) -> PixelSource:
        """See Pixels."""
        return open_source(self._path, 0)

    def read(self, index: Index5) -> np.ndarray:
        """See Pixels."""
        try:
            chunk: np.ndarray = self.opened().read_chunk(self._level, index)
        except ImageError as error:
            raise Trouble(str(error)) from error
        return chunk


class ZarrPixels(Pixels):
    """Whose chunks come as bytes under the codecs of a Zarr array's metadata."""

    def __init__(self, name: str, metadata: type_json) -> None:
        self._metadata = metadata
        array = parse_array(metadata, name, "zarr.json")
        super().__init__(name, array.shape, array.chunk, array.dtype.newbyteorder("="))

    @abstractmethod
    def fetch(self, index: Index5) -> bytes | None:
        """The bytes of a chunk, None if it was never written; raises Trouble."""

    def read(self, index: Index5) -> np.ndarray:
        """See Pixels."""
        data = self.fetch(index)
        array = parse_array(self._metadata, self.name, "zarr.json")
        if data is None:
            return np.full(self.chunk, array.fill_value, self.dtype)
        try:
            return array.decode(data).reshape(self.chunk)
        except DECODE_ERRORS as error:
            raise Trouble(f"{self.name}: chunk {index} cannot be decoded ({error})") from error


class ServedPixels(ZarrPixels):
    """Of the OME-Zarr that a site serves."""

    def __init__(self, site: str, token: str, path: str, metadata: type_json) -> None:
        super().__init__(f"{site}{path}", metadata)
        self._site, self._token, self._path = site, token, path

    def open(self) -> Site:
        """See Pixels."""
        return Site(self._site, self._token)

    def fetch(self, index: Index5) -> bytes | None:
        """See ZarrPixels."""
        try:
            return bytes(self.opened().ask("GET", f"{self._path}/c/{'/'.join(map(str, index))}").content)
        except Trouble as trouble:
            if trouble.status != 404:
                raise
            self.opened().ask("GET", f"{self._path}/zarr.json")  # it is the chunk that is not there, not the image
            return None


class DirectPixels(ZarrPixels):
    """Of the original file, by byte ranges, as the site's signed listing tells."""

    def __init__(
        self, site: str, name: str, address: str, metadata: type_json, places: dict[Index5, tuple[int, int]]
    ) -> None:
        super().__init__(name, metadata)
        self._site, self._address, self._places = site, address, places

    @classmethod
    def listed(cls, site: Site, data: str, level: int) -> "DirectPixels | None":
        """By the listing of an image; None if its chunks do not lie in one file as they are served."""
        places: dict[Index5, tuple[int, int]] = {}
        start: int | None = 0
        while start is not None:
            found = site.get(f"{data}/listing.json", level=level, start=start)
            if found["file"] is None:
                return None
            for t, c, z, y, x, offset, length in found["chunks"]:
                places[t, c, z, y, x] = offset, length
            start = found["next"]
        address = found["file"]["address"]
        path = httpx.URL(address).raw_path.decode()  # a site may be reached by another name than its own
        # named by the image, since a file may hold several of the same shape
        return cls(site.address, f"{site.address}{data}#{level}", path, found["array"], places)

    def open(self) -> Site:
        """See Pixels."""
        return Site(self._site)

    def fetch(self, index: Index5) -> bytes | None:
        """See ZarrPixels."""
        if index not in self._places:
            return None
        offset, length = self._places[index]
        answer = self.opened().ask("GET", self._address, headers={"Range": f"bytes={offset}-{offset + length - 1}"})
        if len(answer.content) != length:
            raise Trouble(f"{self.name}: {len(answer.content)} bytes came instead of {length}")
        return bytes(answer.content)
