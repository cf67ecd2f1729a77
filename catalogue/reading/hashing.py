"""Checksums. A folder's is that of its manifest, which lists the checksum of each of its files."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from base.errors import Invalid, StorageError, TooLarge
from base.jobs import Progress
from base.models import StoredFile
from base.storage import failure, manifest_key, path_of, storage_for

READ_BYTES = 4 << 20
MAX_FOLDER_FILES = 10_000_000


def hash_stored(stored: StoredFile, progress: Progress) -> None:
    """Set the row's sha256 (of a folder also its bytes, file count and manifest). Raises StorageError, Invalid."""
    place = path_of(stored)
    if stored.is_folder:
        _hash_folder(stored, place, progress)
    else:
        storage = storage_for(stored.backend)
        before = storage.stat(stored.key)
        stored.sha256 = _hash_file(place, progress, 0, before.size)
        if storage.stat(stored.key) != before:
            message = f"{place.name} was changed while it was read. Read it again once it is complete."
            raise StorageError(message, file=place.name)
        stored.bytes, stored.version = before
    stored.save(update_fields=["sha256", "bytes", "file_count", "version"])


def _hash_file(place: Path, progress: Progress, done: int, total: int) -> str:
    digest = hashlib.sha256()
    try:
        with place.open("rb", buffering=0) as file:
            while data := file.read(READ_BYTES):
                digest.update(data)
                done += len(data)
                progress.report(done, total, f"Making the checksum of {place.name}")
    except OSError as error:
        raise failure(error, place.name) from error
    return digest.hexdigest()


def _hash_folder(stored: StoredFile, folder: Path, progress: Progress) -> None:
    """Lines go to a part file as they are made; the checkpoint says how many of its bytes are safe to go on from."""
    files = sorted(files_below(folder))
    total = sum(place.stat().st_size for place, _ in files)
    part = Path(settings.DATA) / "reading" / f"{stored.pk}.manifest"
    part.parent.mkdir(parents=True, exist_ok=True)
    lines, kept, done = (progress.checkpoint.get(name, 0) for name in ("lines", "kept", "hashed"))
    if not part.exists() or part.stat().st_size < kept:
        lines = kept = done = 0
    with part.open("r+b" if part.exists() else "w+b") as manifest:
        manifest.truncate(kept)
        manifest.seek(kept)
        for place, name in files[lines:]:
            size = place.stat().st_size
            manifest.write(f"{_hash_file(place, progress, done, total)}\t{size}\t{name}\n".encode())
            manifest.flush()
            lines, done = lines + 1, done + size
            checkpoint = progress.checkpoint | {"lines": lines, "kept": manifest.tell(), "hashed": done}
            progress.report(done, total, f"Making the checksums of {folder.name}", checkpoint)
        manifest.seek(0)
        stored.sha256 = hashlib.file_digest(manifest, "sha256").hexdigest()
    storage_for(StoredFile.Backend.STORE).adopt(manifest_key(stored), part)
    stored.bytes, stored.file_count = total, len(files)


def files_below(folder: Path) -> Iterator[tuple[Path, str]]:
    """All files of a folder with their paths in it; raises Invalid for a link that leads out of it, TooLarge."""
    root, count = folder.resolve(), 0
    for place in folder.rglob("*"):
        name = place.relative_to(folder).as_posix()
        if place.is_symlink() and not place.resolve().is_relative_to(root):
            raise Invalid(f"{folder.name} holds a link that leads out of it: {name}.", field="path", file=folder.name)
        if "\n" in name or "\t" in name:
            raise Invalid(f"{folder.name} holds a file with a line break or tab in its name.", file=folder.name)
        if place.is_file():
            count += 1
            if count > MAX_FOLDER_FILES:
                raise TooLarge(f"{folder.name} holds more than {MAX_FOLDER_FILES} files.", file=folder.name)
            yield place, name
