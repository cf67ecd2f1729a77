"""Checksums of what lies in any storage. A folder's is that of its manifest: a line for each of its files."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from base.models import StoredFile
from base.storage.interface import Storage

READ_BYTES = 8 << 20


@dataclass(frozen=True)
class Checksum:
    """sha256: of the file's bytes, or of the folder's manifest (sha256, bytes and path, by tabs)."""

    sha256: str
    bytes: int
    files: int


def checksum_of(
    storage: Storage,
    key: str,
    report: Callable[[int], None] = lambda done: None,
    tell_line: Callable[[bytes], None] = lambda line: None,
) -> Checksum:
    """Read all bytes of a file or folder. `report` is told how many were read, `tell_line` each line of a folder's
    manifest. Raises StorageError."""
    manifest, total, names = hashlib.sha256(), 0, storage.names(key)
    for name in names:
        digest, size = hashlib.sha256(), 0
        with storage.open(f"{key}/{name}".rstrip("/")) as file:
            while data := file.read(READ_BYTES):
                digest.update(data)
                size += len(data)
                report(total + size)
        total += size
        line = manifest_line(digest.hexdigest(), size, name)
        manifest.update(line)
        tell_line(line)
        if names == [""]:
            return Checksum(digest.hexdigest(), total, 1)
    return Checksum(manifest.hexdigest(), total, len(names))


def manifest_key(stored: StoredFile) -> str:
    """The key in the site's own store of a folder's manifest: a line for each file, its sha256, size in bytes and path,
    by tabs."""
    return f"manifests/{stored.pk}.tsv"


def manifest_line(sha256: str, size: int, name: str) -> bytes:
    return f"{sha256}\t{size}\t{name}\n".encode()
