"""Storage in a bucket of any S3-compatible object store. A folder is the objects whose keys begin with its key."""

import hashlib
import io
import shutil
import time
from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, BinaryIO, cast

import httpx
import obstore
from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError
from obstore.store import S3Store

from base.errors import StorageAway, StorageError
from base.storage.cache import local_copy
from base.storage.glacier import ask_restore
from base.storage.interface import Stat, failure, in_order, parts_of

VERSION = "mtime-ns"  # the user metadata that holds Stat.version
PART = 16 << 20  # bytes of a part of a multipart upload, more if there would be too many
MOST_PARTS = 9000  # S3 allows 10,000
PARTS_AT_ONCE = 4
READ_BYTES = 8 << 20
DELETE_BATCH = 1000
RETRIES: Any = {"max_retries": 5, "retry_timeout": timedelta(seconds=30)}
CLIENT: Any = {"timeout": "120s", "connect_timeout": "5s"}
OUT_OF_RANGE = "416 Range Not Satisfiable"
NO_BUCKET = "NoSuchBucket"
ARCHIVED = "InvalidObjectState"  # S3's word for an object that has to be restored first


class S3Storage:
    """See Storage. Errors of the network are tried again for half a minute; a file is there whole or not at all."""

    def __init__(
        self, name: str, bucket: str, prefix: str, options: dict[str, str], *, read_only: bool = False
    ) -> None:
        self.name = name
        self._read_only = read_only
        self.prefix = prefix.strip("/")
        self._bucket, self._options = bucket, options
        client = CLIENT | {"allow_http": options.get("aws_endpoint_url", "").startswith("http://")}
        config: Any = {"aws_region": "us-east-1", "aws_checksum_algorithm": "sha256", **options}
        self.objects = S3Store(bucket, config=config, client_options=client, retry_config=RETRIES)

    def object_key(self, key: str) -> str:
        """The key in the bucket."""
        return "/".join([*filter(None, [self.prefix]), *parts_of(key)])

    def local_path(self, key: str) -> Path:
        return local_copy(self, self.name, key)

    def open(self, key: str) -> BinaryIO:
        size = self.size(key)
        return cast(BinaryIO, io.BufferedReader(_Reader(self, key, size), READ_BYTES))

    def pread(self, key: str, offset: int, length: int) -> bytes:
        name = self.object_key(key)
        if length <= 0:
            return b""
        try:
            return bytes(obstore.get(self.objects, name, options={"range": (offset, offset + length)}).bytes())
        except (BaseError, OSError, ValueError) as error:
            if OUT_OF_RANGE in str(error):
                return b""
            raise self.failure(error, key) from error

    def first(self, key: str, length: int) -> tuple[bytes, int] | None:
        """The first bytes of an object and its size, by one request; None if there is none."""
        try:
            found = obstore.get(self.objects, self.object_key(key), options={"range": (0, length)})
            return bytes(found.bytes()), found.meta["size"]
        except (BaseError, OSError, ValueError) as error:
            if isinstance(error, FileNotFoundError) and NO_BUCKET not in str(error):
                return None
            if OUT_OF_RANGE in str(error):
                return b"", 0
            raise self.failure(error, key) from error

    def write(self, key: str, chunks: Iterable[bytes], *, version: int | None = None, size: int = 0) -> int:
        self._check_writable(key)
        name, count = self.object_key(key), _Count()
        metadata: Any = {VERSION: str(time.time_ns() if version is None else version)}
        part = max(PART, -(-size // MOST_PARTS))
        try:
            obstore.put(
                self.objects,
                name,
                count.over(chunks),
                attributes=metadata,
                chunk_size=part,
                max_concurrency=PARTS_AT_ONCE,
            )
        except (BaseError, FileNotFoundError) as error:
            raise self.failure(error, key) from error
        return count.bytes

    def adopt(self, key: str, path: Path) -> None:
        try:
            if path.is_dir():
                for below in sorted(path.rglob("*")):
                    if below.is_file():
                        self._upload(f"{key}/{below.relative_to(path).as_posix()}", below)
                shutil.rmtree(path)
            else:
                self._upload(key, path)
                path.unlink()
        except OSError as error:
            raise failure(error, path.name) from error

    def _upload(self, key: str, path: Path) -> None:
        stat = path.stat()
        with path.open("rb") as file:
            chunks = iter(lambda: file.read(READ_BYTES), b"")
            self.write(key, chunks, version=stat.st_mtime_ns, size=stat.st_size)

    def size(self, key: str) -> int:
        return self.stat(key).size

    def stat(self, key: str) -> Stat:
        try:
            found = obstore.get(self.objects, self.object_key(key), options={"head": True})
        except (BaseError, OSError, ValueError) as error:
            raise self.failure(error, key) from error
        return Stat(found.meta["size"], version_of(found))

    def names(self, key: str) -> list[str]:
        start = self.object_key(key) + "/"
        below = in_order(path.removeprefix(start) for path in self._list(key))
        if not below:
            self.stat(key)
        return below or [""]

    def _check_writable(self, key: str) -> None:
        if self._read_only:
            name = key.rpartition("/")[2]
            raise StorageError(f"{name} lies in the store “{self.name}”, which this site never changes.", file=name)

    def level(self, key: str) -> tuple[list[str], list[tuple[str, int]]]:
        """What lies directly below a key ("": below none): names of folders, and of objects with their bytes."""
        start = f"{self.object_key(key)}/" if key else f"{self.prefix}/" if self.prefix else ""
        try:
            found = obstore.list_with_delimiter(self.objects, prefix=start or None)
        except (BaseError, OSError) as error:
            raise self.failure(error, key) from error
        folders = [path.rstrip("/").removeprefix(start) for path in found["common_prefixes"]]
        objects = [(meta["path"].removeprefix(start), meta["size"]) for meta in found["objects"]]
        return sorted(folders), sorted((name, size) for name, size in objects if name)

    def delete(self, key: str) -> None:
        self._check_writable(key)
        batch = [self.object_key(key)]
        try:
            for path in self._list(key):
                batch.append(path)
                if len(batch) >= DELETE_BATCH:
                    obstore.delete(self.objects, batch)
                    batch = []
            if batch:
                obstore.delete(self.objects, batch)
        except FileNotFoundError:
            return
        except (BaseError, OSError) as error:
            raise self.failure(error, key) from error

    def is_restored(self, key: str) -> bool:
        """Whether all bytes can be read now; what lies in a class that cannot be read (Glacier) is asked for."""
        is_here = True
        for name in self.names(key):
            one = f"{key}/{name}".rstrip("/")
            try:
                obstore.get(self.objects, self.object_key(one), options={"range": (0, 1)})
            except (BaseError, OSError, ValueError) as error:
                if ARCHIVED in str(error):
                    is_here = False
                    self._restore(one)
                elif OUT_OF_RANGE not in str(error):
                    raise self.failure(error, one) from error
        return is_here

    def _restore(self, key: str) -> None:
        try:
            ask_restore(self._bucket, self.object_key(key), self._options)
        except httpx.HTTPError as error:
            raise StorageAway(
                f"The store “{self.name}” could not be asked to bring {key.rpartition('/')[2]} back from its archive "
                f"({error}).",
                file=key.rpartition("/")[2],
            ) from error

    def probe(self) -> None:
        try:
            next(iter(obstore.list(self.objects, prefix=self.object_key("is-it-there"), chunk_size=1)), None)
        except (BaseError, OSError) as error:
            raise self.failure(error, "") from error

    def _list(self, key: str) -> Iterator[str]:
        try:
            for batch in obstore.list(self.objects, prefix=self.object_key(key)):
                yield from (found["path"] for found in batch)
        except (BaseError, OSError) as error:
            raise self.failure(error, key) from error

    def failure(self, error: Exception, key: str) -> StorageError:
        """The plain sentence for an error of the object store. Only what is lost or wrong with the file itself is no
        StorageAway."""
        name = key.rpartition("/")[2]
        if NO_BUCKET in str(error):
            return StorageAway(f"The store “{self.name}” has no such bucket: see its settings.", file=name)
        if isinstance(error, FileNotFoundError):
            return StorageError(f"{name} is no longer in the store “{self.name}”.", file=name)
        if ARCHIVED in str(error):
            return StorageAway(f"{name} lies in the archive of the store “{self.name}” and has to be fetched first.",
                               file=name)  # fmt: skip
        if isinstance(error, PermissionDeniedError | UnauthenticatedError):
            return StorageAway(f"The store “{self.name}” refuses this site: its keys are wrong, or may not do this.",
                               file=name)  # fmt: skip
        return StorageAway(
            f"The store “{self.name}” does not answer, or not as it should. Nothing was lost; try again in a minute.",
            file=name,
        )


def version_of(found: "obstore.GetResult") -> int:
    """Stat.version of an object: as it was written with, or for one that others wrote, a number made of its ETag.

    That number fits the time of a file, so that a copy on a disk can carry it too.
    """
    attributes: Any = found.attributes
    given = attributes.get(VERSION, "")
    if given.isdecimal():
        return int(given)
    digest = hashlib.sha256((found.meta["e_tag"] or str(found.meta["last_modified"])).encode()).digest()
    seconds, nanoseconds = int.from_bytes(digest[:4]) >> 1, int.from_bytes(digest[4:8]) % 10**9
    return seconds * 10**9 + nanoseconds


class _Count:
    """How many bytes went through."""

    def __init__(self) -> None:
        self.bytes = 0

    def over(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            self.bytes += len(chunk)
            yield chunk


class _Reader(io.RawIOBase):
    """An object as a file, range by range."""

    def __init__(self, storage: S3Storage, key: str, size: int) -> None:
        self._storage, self._key, self._size, self._at = storage, key, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: Any) -> int:
        data = self._storage.pread(self._key, self._at, min(len(buffer), max(0, self._size - self._at)))
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)
