"""Resumable uploads with the semantics of tus 1.0 (core, creation, checksum, expiration, termination), without HTTP.

Bytes go to a part file and are synced to disk before `received` says so: after any crash the part is cut to `received`,
and a client is never told that more is safe than is. One writer at a time holds a lock on the part file, which the
system lets go if the process dies.
"""

import fcntl
import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from shutil import disk_usage
from typing import Any, Protocol
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from base import storage
from base.errors import Conflict, Invalid, NotFound, StorageError, TooLarge
from base.models import StoredFile, Upload, UploadFolder, User
from base.paths import relative_path

LIFETIME = timedelta(days=7)  # from the last byte received
READ_BYTES = 1 << 20
SYNC_BYTES = 64 << 20  # a long request acknowledges at least this often
CHECKSUMS = ("sha1", "sha256")
FOLDER_ENDINGS = (".zarr", ".n5")  # folders that are read as one image and so kept as one file


class UploadError(Invalid):
    """An upload that was asked for wrongly, or whose bytes are not those announced."""


class ChecksumMismatch(UploadError):
    """The bytes that arrived differ from the checksum sent with them (tus: status 460)."""


class Stream(Protocol):
    """The body of a request."""

    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True)
class Checksum:
    """Of the bytes of one append (tus Upload-Checksum)."""

    algorithm: str  # one of CHECKSUMS
    digest: bytes


def folder_of(path: str) -> str:
    """The folder kept as one file in which this path lies ("a/b.zarr" for "a/b.zarr/0/0"), or ""."""
    names = path.split("/")
    for depth, name in enumerate(names[:-1], 1):
        if name.lower().endswith(FOLDER_ENDINGS):
            return "/".join(names[:depth])
    return ""


def part_path(upload: Upload) -> Path:
    """Where the bytes are until the upload is finished."""
    return Path(settings.DATA) / "uploads" / f"{upload.pk.hex}.part"


def create(*, owner: User, target: UUID, path: str, length: int, sha256: str = "", folder_files: int = 0) -> Upload:
    """Announce an upload of `length` bytes. Raises UploadError, Invalid (path), TooLarge, Conflict, StorageError."""
    path = relative_path(path)
    if length < 0:
        raise UploadError(f"{path}: the length must be 0 or more bytes.", field="length", file=path)
    if length > settings.MAX_UPLOAD_BYTES:
        raise TooLarge(
            f"{path} has {length} bytes; this site takes at most {settings.MAX_UPLOAD_BYTES}.",
            field="length",
            file=path,
        )
    sha256 = sha256.lower()
    if sha256 and (len(sha256) != 64 or set(sha256) - set("0123456789abcdef")):
        raise UploadError(f"{path}: the sha256 must be 64 hexadecimal digits.", field="sha256", file=path)
    uploads = part_path(Upload()).parent
    uploads.mkdir(parents=True, exist_ok=True)
    if disk_usage(uploads).free < length:
        raise StorageError(f"{path} has {length} bytes, more than this site has room for now.", file=path)
    with transaction.atomic():
        folder = _folder_for(target, path, length, folder_files)
        return Upload.objects.create(
            owner=owner, target=target, path=path, length=length, sha256=sha256, folder=folder,
            expires_at=timezone.now() + LIFETIME,
        )  # fmt: skip


def _folder_for(target: UUID, path: str, length: int, folder_files: int) -> UploadFolder | None:
    root = folder_of(path)
    if not root:
        return None
    if folder_files < 1:
        raise UploadError(
            f"{path} lies in the folder {root}, which is kept as one image: say with folderFiles how many files.",
            field="folderFiles",
            file=path,
        )
    folder, _ = UploadFolder.objects.get_or_create(
        target=target, path=root, finished_at=None, defaults={"expected": folder_files}
    )
    if folder.expected != folder_files:
        raise Conflict(
            f"{root} was announced with {folder.expected} files, now with {folder_files}.",
            field="folderFiles",
            file=path,
        )
    if folder.bytes + length > settings.MAX_UPLOAD_BYTES:
        raise TooLarge(
            f"{root} has more than the {settings.MAX_UPLOAD_BYTES} bytes that this site takes.",
            field="length",
            file=path,
        )
    return folder


@contextmanager
def _locked(upload: Upload) -> Iterator[int]:
    """The part file, open and ours alone, with `upload` as it is now; raises Conflict, NotFound or StorageError."""
    path = part_path(upload)
    try:
        part = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise storage.failure(error, upload.path) from error
    try:
        try:
            fcntl.flock(part, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Conflict(f"{upload.path} is being uploaded by another request.", file=upload.path) from error
        row = Upload.objects.filter(pk=upload.pk).first()
        if row is None or row.finished_at is not None:
            path.unlink(missing_ok=True)
        if row is None:
            raise NotFound(f"{upload.path}: there is no such upload; it was ended or has expired.", file=upload.path)
        upload.received, upload.finished_at = row.received, row.finished_at
        yield part
    finally:
        os.close(part)


def append(upload: Upload, offset: int, stream: Stream, checksum: Checksum | None = None) -> Upload:
    """Add the stream's bytes at `offset`, which must be `received`; `upload.received` is then what is safe.

    If the stream breaks off, what came before is kept (unless a checksum covers it). Raises Conflict (offset, or
    another request is writing), ChecksumMismatch, UploadError, NotFound, StorageError.
    """
    if checksum and checksum.algorithm not in CHECKSUMS:
        raise UploadError(
            f"The checksum “{checksum.algorithm}” is not known here; use one of {', '.join(CHECKSUMS)}.",
            field="checksum",
            file=upload.path,
        )
    with _locked(upload) as part:
        if upload.finished_at is not None or offset != upload.received:
            raise Conflict(
                f"{upload.path}: {upload.received} bytes are here, but the request begins at {offset}.",
                field="offset",
                file=upload.path,
            )
        try:
            os.ftruncate(part, offset)  # a crash may have left bytes that were never acknowledged
            os.lseek(part, offset, os.SEEK_SET)
            _receive(upload, part, stream, checksum)
        except OSError as error:
            raise storage.failure(error, upload.path) from error
    return upload


def _receive(upload: Upload, part: int, stream: Stream, checksum: Checksum | None) -> None:
    digest = hashlib.new(checksum.algorithm) if checksum else None
    end = upload.received
    try:
        while data := stream.read(READ_BYTES):
            if end + len(data) > upload.length:
                raise UploadError(
                    f"{upload.path}: more bytes came than the {upload.length} announced.",
                    field="length",
                    file=upload.path,
                )
            _write(part, data)
            end += len(data)
            if digest:
                digest.update(data)
            elif end - upload.received >= SYNC_BYTES:
                _acknowledge(upload, part, end)
    finally:
        if digest is None and end > upload.received:
            _acknowledge(upload, part, end)
    if checksum and digest:
        if digest.digest() != checksum.digest:
            raise ChecksumMismatch(
                f"{upload.path}: the bytes that arrived differ from their checksum; send them again.",
                field="checksum",
                file=upload.path,
            )
        _acknowledge(upload, part, end)


def _write(part: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(part, view) :]


def _acknowledge(upload: Upload, part: int, received: int) -> None:
    os.fsync(part)
    expires_at = timezone.now() + LIFETIME
    Upload.objects.filter(pk=upload.pk).update(received=received, expires_at=expires_at)
    upload.received, upload.expires_at = received, expires_at


def finish(upload: Upload, then: Callable[[StoredFile], None] | None = None) -> StoredFile | None:
    """Check a complete upload against its sha256 and move it into the store; gives what is then whole.

    That is a file, a folder if this was its last file, or None if the folder still lacks some. `then` gets it within
    the same transaction. Finished twice gives the same again. Raises Conflict (bytes are missing), ChecksumMismatch
    (the upload is ended, and has to be made anew), StorageError.
    """
    with _locked_unless_moved(upload) as part:
        if part is not None:
            _check_whole(upload, part)
        with transaction.atomic():
            return _settle(upload, then)


@contextmanager
def _locked_unless_moved(upload: Upload) -> Iterator[int | None]:
    """The locked part, or None if a former attempt, cut off before its commit, has moved it into the store already."""
    if upload.length and not part_path(upload).exists():
        yield None
    else:
        with _locked(upload) as part:
            yield part


def _check_whole(upload: Upload, part: int) -> None:
    if not upload.sha256 or upload.finished_at is not None or upload.received != upload.length:
        return
    os.fsync(part)
    with part_path(upload).open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != upload.sha256:
        Upload.objects.filter(pk=upload.pk).delete()
        part_path(upload).unlink(missing_ok=True)
        raise ChecksumMismatch(
            f"{upload.path}: the file that arrived has the sha256 {found}, not the {upload.sha256} announced; "
            "upload it again.",
            field="sha256",
            file=upload.path,
        )


def _settle(upload: Upload, then: Callable[[StoredFile], None] | None) -> StoredFile | None:
    row = Upload.objects.select_related("folder", "stored").get(pk=upload.pk)
    if row.folder_id:  # one file of a folder is counted at a time
        row.folder = UploadFolder.objects.select_for_update().get(pk=row.folder_id)
    if row.finished_at is not None:
        return row.stored
    if row.received != row.length:
        raise Conflict(
            f"{row.path}: {row.length - row.received} bytes are still to come.", field="offset", file=row.path
        )
    name = row.path.rpartition("/")[2]
    if row.folder:
        name = row.path[len(row.folder.path.rpartition("/")[0]) :].lstrip("/")
    key = f"files/{row.folder_id or row.pk}/{name}"
    if row.folder and Upload.objects.filter(folder=row.folder, path=row.path, finished_at__isnull=False).exists():
        raise Conflict(f"{row.path} has already arrived.", field="path", file=row.path)
    if part_path(row).exists():
        storage.storage_for(StoredFile.Backend.STORE).adopt(key, part_path(row))
    stored = _count_in_folder(row, row.folder) if row.folder else _store(row, key, row.length, sha256=row.sha256)
    upload.stored, upload.finished_at = stored, timezone.now()
    Upload.objects.filter(pk=row.pk).update(stored=stored, finished_at=upload.finished_at)
    if stored is not None and then is not None:
        then(stored)
    return stored


def _store(upload: Upload, key: str, size: int, **fields: Any) -> StoredFile:
    return StoredFile.objects.create(
        backend=StoredFile.Backend.STORE, key=key, bytes=size, owner=upload.owner, **fields
    )


def _count_in_folder(upload: Upload, folder: UploadFolder) -> StoredFile | None:
    UploadFolder.objects.filter(pk=folder.pk).update(arrived=F("arrived") + 1, bytes=F("bytes") + upload.length)
    folder.refresh_from_db()
    if folder.arrived < folder.expected:
        return None
    UploadFolder.objects.filter(pk=folder.pk).update(finished_at=timezone.now())
    name = folder.path.rpartition("/")[2]
    return _store(upload, f"files/{folder.pk}/{name}", folder.bytes, is_folder=True, file_count=folder.arrived)


def terminate(upload: Upload) -> None:
    """End an upload and give up its bytes; of a finished one only the upload goes, the file stays."""
    with _locked(upload):
        Upload.objects.filter(pk=upload.pk).delete()
        part_path(upload).unlink(missing_ok=True)


def expire(at: datetime | None = None) -> int:
    """Give up uploads that got no byte for LIFETIME, and folders that will not be whole; gives how many uploads."""
    at = at or timezone.now()
    count = 0
    for upload in Upload.objects.filter(expires_at__lt=at).iterator(chunk_size=500):
        try:
            terminate(upload)
            count += 1
        except (Conflict, NotFound):  # in use, or ended meanwhile
            continue
    store = storage.storage_for(StoredFile.Backend.STORE)
    for folder in UploadFolder.objects.filter(finished_at=None, uploads=None, created_at__lt=at - LIFETIME):
        store.delete(f"files/{folder.pk}")
        folder.delete()
    return count
