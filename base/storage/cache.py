"""Copies on this machine of what lies in an object store, for readers that know only paths: bounded in bytes, those
unused for longest go first, each made once and checked.
"""

import fcntl
import hashlib
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from django.conf import settings

from base.errors import StorageError
from base.storage.interface import Stat, Storage, failure

READ_BYTES = 8 << 20
IN_USE = 600.0  # seconds after its last use for which a copy is not given up
STAMP = "used"  # beside each copy: its bytes as text; its time is that of the last use


def local_copy(storage: Storage, name: str, key: str, sha256: str = "") -> Path:
    """The copy of a file or folder of the store called `name`, made now if it is not there.

    sha256: what its checksum must be (`checksum.checksum_of`), "" if that is not known. Raises StorageError.
    """
    identity = sha256 or _identity(storage, key)
    folder = _folder(name, key, identity)
    copy = folder / key.rpartition("/")[2]
    if _use(folder, copy):
        return copy
    with _locked(folder.with_suffix(".lock")):
        if not _use(folder, copy):
            try:
                _fetch(storage, key, folder, copy, sha256)
            except OSError as error:
                raise failure(error, copy.name) from error
    return copy


def _identity(storage: Storage, key: str) -> str:
    """What tells a file from one that was there before; of a folder, which is never written twice, its names."""
    names = storage.names(key)
    return str(storage.stat(key).version) if names == [""] else "\n".join(names)


def _fetch(storage: Storage, key: str, folder: Path, copy: Path, sha256: str) -> None:
    names = storage.names(key)
    stats = {name: storage.stat(f"{key}/{name}".rstrip("/")) for name in names}
    size = sum(stat.size for stat in stats.values())
    shutil.rmtree(folder, ignore_errors=True)
    with _locked(_root() / "room.lock"):
        _make_room(size, copy.name)
        folder.mkdir(parents=True)
        (folder / STAMP).write_text(str(size))
    part = folder / "part"
    try:
        lines = [_fetch_one(storage, key, name, part / name if name else part, stats[name]) for name in names]
        found = lines[0].partition("\t")[0]
        if names != [""]:
            found = hashlib.sha256("".join(lines).encode()).hexdigest()
        if sha256 and found != sha256:
            raise StorageError(
                f"{copy.name} was fetched, but its checksum is {found}, not {sha256}: its bytes in the store are "
                "damaged. Tell the site's administrators.",
                file=copy.name,
            )
        part.rename(copy)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _fetch_one(storage: Storage, key: str, name: str, path: Path, stat: Stat) -> str:
    """Copy one file; gives its line of a manifest."""
    path.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with storage.open(f"{key}/{name}".rstrip("/")) as source, path.open("wb") as file:
        while data := source.read(READ_BYTES):
            digest.update(data)
            file.write(data)
    os.utime(path, ns=(stat.version, stat.version))
    return f"{digest.hexdigest()}\t{stat.size}\t{name}\n"


def _make_room(size: int, name: str) -> None:
    """Give up copies that were not used for longest; raises StorageError if `size` more bytes do not fit even so."""
    limit = settings.LOCAL_COPIES_BYTES
    if size > limit:
        raise StorageError(
            f"{name} has {size} bytes, and can only be read from a copy on this machine; this site keeps at most "
            f"{limit} bytes of such copies (VITRINE_LOCAL_COPIES_BYTES).",
            file=name,
        )
    kept = sorted(_kept())
    total = sum(held for _, held, _ in kept) + size
    for used, held, folder in kept:
        if total <= limit:
            return
        if time.time() - used > IN_USE:
            total -= held
            shutil.rmtree(folder, ignore_errors=True)
    if total > limit:
        raise StorageError(
            f"{name} cannot be read just now: the room for copies on this machine is taken by files in use. "
            "Try again in some minutes.",
            file=name,
        )


def in_use() -> int:
    """Bytes of all copies."""
    return sum(held for _, held, _ in _kept())


def drop_local_copy(storage: Storage, name: str, key: str, sha256: str = "") -> None:
    """Give up the copy that `local_copy` made, if it made one."""
    identities = [sha256] if sha256 else []
    with suppress(StorageError):  # it may be gone from the store
        identities.append(_identity(storage, key))
    for identity in identities:
        shutil.rmtree(_folder(name, key, identity), ignore_errors=True)


def clear() -> None:
    """Give up all copies."""
    shutil.rmtree(_root(), ignore_errors=True)


def _kept() -> Iterator[tuple[float, int, Path]]:
    """Of each copy: when it was last used, its bytes, its folder."""
    for stamp in _root().glob(f"*/{STAMP}"):
        with suppress(FileNotFoundError):  # it was given up this moment
            yield stamp.stat().st_mtime, int(stamp.read_text() or 0), stamp.parent


def _folder(name: str, key: str, identity: str) -> Path:
    return _root() / hashlib.sha256(f"{name}\n{key}\n{identity}".encode()).hexdigest()


def _use(folder: Path, copy: Path) -> bool:
    """Whether the copy is there; notes that it is used."""
    if not copy.exists():
        return False
    try:
        os.utime(folder / STAMP)
    except FileNotFoundError:  # it was given up this moment
        return False
    return True


def _root() -> Path:
    return Path(settings.DATA) / "local-copies"


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
