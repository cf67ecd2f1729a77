"""Which stores this site has: its own folder, files in place, and those of the setting VITRINE_STORES."""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from base.errors import StorageError
from base.models import StoredFile
from base.storage.folder import FolderStorage, InPlaceStorage
from base.storage.interface import Storage
from base.storage.s3 import S3Storage

_ONE = re.compile(r"([a-z][a-z0-9-]{0,19})(?::([a-z]+))?=(.+)")
_EXAMPLE = "cool=s3://bucket/prefix tape:archive=/mnt/tape"


class Tier(StrEnum):
    """How a store is read: at once, at once but slower or dearer, or only after files were fetched from it; or that it
    is a source: an object store of others, whose objects are registered where they lie and never written."""

    HOT = "hot"
    COOL = "cool"
    ARCHIVE = "archive"
    SOURCE = "source"


@dataclass(frozen=True)
class Store:
    """`address` is a folder of this machine, or s3://bucket/prefix; `options` its AWS_* settings, in lower case."""

    name: str
    tier: Tier
    address: str
    options: tuple[tuple[str, str], ...] = ()

    @property
    def is_object_store(self) -> bool:
        return self.address.startswith("s3://")


def stores() -> dict[str, Store]:
    """All stores by name, the site's own first; raises ImproperlyConfigured."""
    own = Store(StoredFile.Backend.STORE, Tier.HOT, str(settings.DATA / "store"))
    return {own.name: own, **parse_stores(settings.STORES, tuple(sorted(settings.STORE_OPTIONS.items())))}


@cache
def parse_stores(text: str, options: tuple[tuple[str, str], ...]) -> dict[str, Store]:
    """The stores of VITRINE_STORES, with the settings VITRINE_STORE_…; raises ImproperlyConfigured."""
    found: dict[str, Store] = {}
    for part in text.split():
        match = _ONE.fullmatch(part)
        if match is None:
            raise ImproperlyConfigured(f"VITRINE_STORES: “{part}” is not name=address; write for example {_EXAMPLE}.")
        name, tier, address = match.groups()
        if name in found or name in set(StoredFile.Backend):
            raise ImproperlyConfigured(f"VITRINE_STORES: the name “{name}” is taken; use another.")
        tier = tier or (name if name in set(Tier) else "")
        if tier not in set(Tier):
            raise ImproperlyConfigured(
                f"VITRINE_STORES: say of “{name}” whether it is hot, cool, archive or source, "
                f"as in {name}:cool={address}."
            )
        if not re.fullmatch(r"/.*|s3://[^/]+(/.*)?", address):
            raise ImproperlyConfigured(
                f"VITRINE_STORES: the address of “{name}” is {address}; it must be a folder (/mnt/…) or s3://bucket/prefix."
            )
        start = f"{name.upper().replace('-', '_')}_"
        if tier == Tier.SOURCE and not address.startswith("s3://"):
            raise ImproperlyConfigured(
                f"VITRINE_STORES: “{name}” is a source, so its address must be s3://bucket/prefix; folders from which "
                "files may be registered in place are those of VITRINE_REGISTER_ROOTS."
            )
        own = tuple(
            (key.removeprefix(start).lower(), value) for key, value in options if key.startswith(start + "AWS_")
        )
        found[name] = Store(name, Tier(tier), address, own)
    return found


@cache
def _s3(store: Store) -> S3Storage:
    bucket, _, prefix = store.address.removeprefix("s3://").partition("/")
    is_source = store.tier == Tier.SOURCE
    return S3Storage(store.name, bucket, prefix, dict(store.options), read_only=is_source)


def storage_for(backend: str) -> Storage:
    """The storage of this name (StoredFile.backend)."""
    if backend == StoredFile.Backend.IN_PLACE:
        return InPlaceStorage(settings.REGISTER_ROOTS)
    if backend == StoredFile.Backend.ERASED:
        raise StorageError("The bytes of this file were removed from this site.")
    store = stores().get(backend)
    if store is None:
        raise StorageError(f"There is no storage called “{backend}”.", field="backend")
    if store.is_object_store:
        return _s3(store)
    return FolderStorage(Path(store.address), is_own=backend == StoredFile.Backend.STORE)


def is_in_place(backend: str) -> bool:
    """Whether files of this store are others', and are never written, moved or deleted by this site."""
    return backend == StoredFile.Backend.IN_PLACE or tier_of(backend) == Tier.SOURCE


def tier_of(backend: str) -> Tier:
    """The tier of a store; what lies in place is at hand."""
    store = stores().get(backend)
    return store.tier if store else Tier.HOT
