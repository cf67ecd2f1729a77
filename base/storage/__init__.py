"""Where bytes are kept. A key is a relative path with `/`; what it names may be a file or a folder.

May enter: storages (`interface.Storage`), and what all of them share: checksums, local copies, the list of stores.
"""

from collections.abc import Iterable
from pathlib import Path

from base.errors import Archived
from base.models import StoredFile
from base.storage.cache import drop_local_copy, local_copy
from base.storage.checksum import Checksum, checksum_of, manifest_key
from base.storage.folder import FolderStorage, InPlaceStorage
from base.storage.interface import Stat, Storage, failure
from base.storage.s3 import S3Storage
from base.storage.stores import Store, Tier, is_in_place, storage_for, stores, tier_of

__all__ = [
    "Checksum",
    "FolderStorage",
    "InPlaceStorage",
    "S3Storage",
    "Stat",
    "Storage",
    "Store",
    "Tier",
    "checksum_of",
    "drop_local_copy",
    "failure",
    "is_in_place",
    "manifest_key",
    "path_of",
    "require_at_hand",
    "storage_for",
    "storage_of",
    "stores",
    "tier_of",
]


def storage_of(stored: StoredFile) -> Storage:
    """The storage that a file can be read from now; raises Archived if it has to be fetched first."""
    require_at_hand([stored])
    return storage_for(stored.backend)


def require_at_hand(files: Iterable[StoredFile]) -> None:
    """Raises Archived, which names all that have to be fetched first."""
    archived = {stored.pk: stored.key for stored in files if tier_of(stored.backend) == Tier.ARCHIVE}
    if archived:
        name = next(iter(archived.values())).rpartition("/")[2]
        more = f" and {len(archived) - 1} more files lie" if len(archived) > 1 else " lies"
        raise Archived(f"{name}{more} in the archive.", stored=tuple(archived), file=name)


def path_of(stored: StoredFile) -> Path:
    """Where a stored file or folder is on this machine, of an object a checked copy; raises StorageError, Archived."""
    storage = storage_of(stored)
    if isinstance(storage, S3Storage):
        return local_copy(storage, storage.name, stored.key, stored.sha256)
    return storage.local_path(stored.key)
