"""Where bytes are kept. A key is a relative path with `/`; what it names may be a file or a folder.

May enter: storages (`interface.Storage`), and what all of them share: checksums, local copies, the list of stores.
"""

from pathlib import Path

from base.errors import Archived
from base.models import StoredFile
from base.storage.cache import drop_local_copy, local_copy
from base.storage.checksum import Checksum, checksum_of
from base.storage.folder import FolderStorage, InPlaceStorage
from base.storage.interface import Stat, Storage, failure
from base.storage.s3 import S3Storage
from base.storage.stores import Store, Tier, storage_for, stores, tier_of

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
    "path_of",
    "storage_for",
    "storage_of",
    "stores",
    "tier_of",
]


def storage_of(stored: StoredFile) -> Storage:
    """The storage that a file can be read from now; raises Archived if it has to be fetched first."""
    if tier_of(stored.backend) == Tier.ARCHIVE:
        name = stored.key.rpartition("/")[2]
        raise Archived(f"{name} lies in the archive.", stored=stored.pk, file=name)
    return storage_for(stored.backend)


def path_of(stored: StoredFile) -> Path:
    """Where a stored file or folder is on this machine, of an object a checked copy; raises StorageError, Archived."""
    storage = storage_of(stored)
    if isinstance(storage, S3Storage):
        return local_copy(storage, storage.name, stored.key, stored.sha256)
    return storage.local_path(stored.key)
