"""A version as a BagIt 1.0 bag (RFC 8493) in a zip; its payload is the RO-Crate.

The payload comes first and its manifests last, since they are gathered while it passes. Checksums are those of the
Record, never made anew, so that whoever checks the bag checks it against what was published.
"""

import hashlib
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO

from django.conf import settings

from base.errors import StorageError
from base.models import StoredFile
from base.storage import manifest_key, storage_for
from base.tiers.moves import fetch_archived
from publishing import record
from publishing.image_shapes import FileRecord
from publishing.models import Publication
from publishing.packages.crate import METADATA, crate_chunks
from publishing.packages.paths import packed
from publishing.packages.zip import Member, end_size, member_size, zip_stream
from publishing.queries import study_record

READ_BYTES = 1 << 20
_IN_MEMORY = 1 << 20
DECLARATION = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"


@dataclass(frozen=True)
class Payload:
    """One file below data/."""

    path: str
    size: int
    sha256: str
    chunks: Callable[[], Iterator[bytes]]


def bag_name(publication: Publication) -> str:
    """The folder that the zip unpacks to, and the name of the zip."""
    return f"{publication.accession}-v{publication.version}"


def bag_stream(publication: Publication) -> Iterator[bytes]:
    """The zip's bytes, in order. Raises StorageError in the middle if stored bytes are not those of the Record, so that
    no broken package ever looks whole."""
    return zip_stream(_members(publication), publication.published_at)


def bag_size(publication: Publication) -> int:
    """How many bytes `bag_stream` will give. Reads records but no files. Raises Archived while some are fetched."""
    base = bag_name(publication)
    total, octets, count, manifest = end_size(), 0, 0, 0
    for payload in _payloads(publication):
        total += member_size(f"{base}/data/{payload.path}", payload.size)
        octets, count = octets + payload.size, count + 1
        manifest += len(_line(payload.sha256, f"data/{payload.path}"))
    info = _info(publication, octets, count)
    tags = {"manifest-sha256.txt": manifest, "bagit.txt": len(DECLARATION), "bag-info.txt": len(info)}
    tags["tagmanifest-sha256.txt"] = sum(len(_line("0" * 64, name)) for name in tags)
    return total + sum(member_size(f"{base}/{name}", size) for name, size in tags.items())


def _members(publication: Publication) -> Iterator[Member]:
    base = bag_name(publication)
    octets = count = 0
    with tempfile.SpooledTemporaryFile(_IN_MEMORY) as manifest:
        manifest_digest = hashlib.sha256()
        for payload in _payloads(publication):
            yield Member(f"{base}/data/{payload.path}", payload.chunks())
            octets, count = octets + payload.size, count + 1
            line = _line(payload.sha256, f"data/{payload.path}")
            manifest.write(line)
            manifest_digest.update(line)
        manifest.seek(0)
        yield Member(f"{base}/manifest-sha256.txt", iter(lambda: manifest.read(READ_BYTES), b""))
    info = _info(publication, octets, count)
    tags = {
        "manifest-sha256.txt": manifest_digest.hexdigest(),
        "bagit.txt": hashlib.sha256(DECLARATION).hexdigest(),
        "bag-info.txt": hashlib.sha256(info).hexdigest(),
    }
    yield Member(f"{base}/bagit.txt", [DECLARATION])
    yield Member(f"{base}/bag-info.txt", [info])
    yield Member(f"{base}/tagmanifest-sha256.txt", [b"".join(_line(digest, name) for name, digest in tags.items())])


def _payloads(publication: Publication) -> Iterator[Payload]:
    size, digest = 0, hashlib.sha256()
    for chunk in crate_chunks(publication):
        size += len(chunk)
        digest.update(chunk)
    yield Payload(METADATA, size, digest.hexdigest(), lambda: crate_chunks(publication))
    everything = record.all_files(publication)
    while files := list(islice(everything, record.BATCH)):
        stored = StoredFile.objects.in_bulk([file.stored for file in files])
        fetch_archived(stored.values())
        by_id = {str(key): row for key, row in stored.items()}
        for file in files:
            yield from payloads_of(file, by_id[file.stored])


def payloads_of(file: FileRecord, stored: StoredFile) -> Iterator[Payload]:
    """A file, or all files of a folder."""
    path = packed(file.path)
    if not file.is_folder:
        yield Payload(path, file.bytes, file.sha256, _reader(stored, stored.key, file.bytes, file.path))
        return
    with storage_for(StoredFile.Backend.STORE).open(manifest_key(stored)) as manifest:
        _check_manifest(manifest, file)
        for line in manifest:
            sha256, size, name = line.decode().rstrip("\n").split("\t", 2)
            read = _reader(stored, f"{stored.key}/{name}", int(size), f"{file.path}/{name}")
            yield Payload(packed(f"{file.path}/{name}"), int(size), sha256, read)


def _check_manifest(manifest: BinaryIO, file: FileRecord) -> None:
    """A folder's checksum is that of its manifest, which may have been made anew since."""
    digest = hashlib.sha256()
    while chunk := manifest.read(READ_BYTES):
        digest.update(chunk)
    if digest.hexdigest() != file.sha256:
        raise StorageError(f"{file.path} has changed since it was published.", file=file.path)
    manifest.seek(0)


def _reader(stored: StoredFile, key: str, size: int, path: str) -> Callable[[], Iterator[bytes]]:
    def read() -> Iterator[bytes]:
        left = size
        with storage_for(stored.backend).open(key) as source:
            while chunk := source.read(READ_BYTES):
                left -= len(chunk)
                if left < 0:
                    break
                yield chunk
        if left:
            raise StorageError(f"{path} has changed since it was published.", file=path)

    return read


def _line(digest: str, path: str) -> bytes:
    return f"{digest}  {path}\n".encode()


def _info(publication: Publication, octets: int, count: int) -> bytes:
    study = study_record(publication)
    return "".join(
        f"{label}: {' '.join(value.split())}\n"
        for label, value in (
            ("Source-Organization", settings.PUBLISHER),
            ("External-Identifier", study.doi),
            ("External-Identifier", study.accession),
            ("External-Description", study.title),
            ("Bagging-Date", study.published[:10]),
            ("Payload-Oxum", f"{octets}.{count}"),
        )
        if value.strip()
    ).encode()
