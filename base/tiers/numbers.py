"""What lies in each store, in numbers, for pages and commands."""

from dataclasses import dataclass

from django.core.cache import cache
from django.db.models import Count, F, Q, Sum

from base.errors import StorageError
from base.models import StoredFile, StoredMove
from base.storage import Store, Tier, storage_for, stores

ASKED_S = 60


@dataclass(frozen=True)
class StoreNumbers:
    """`store` is None for files in place, and for a store that rows name but the settings no longer do."""

    name: str
    store: Store | None
    files: int
    bytes: int
    unchecked: int  # never held against their checksum since they came
    damaged: int
    coming: int  # open moves to it

    @property
    def is_known(self) -> bool:
        return self.store is not None or self.name in set(StoredFile.Backend)

    @property
    def tier(self) -> str:
        return self.store.tier if self.store else Tier.HOT


def store_numbers() -> list[StoreNumbers]:
    """The stores of the settings first, then what else rows name; three queries."""
    kept = StoredFile.objects.exclude(backend=StoredFile.Backend.ERASED)  # of those only the name is left
    counted = kept.order_by().values(name=F("backend")).annotate(
        files=Count("pk"), size=Sum("bytes"), unchecked=Count("pk", filter=Q(checked_at=None)),
        damaged=Count("pk", filter=Q(is_damaged=True)),
    )  # fmt: skip
    rows = {row["name"]: row for row in counted}
    going = StoredMove.objects.filter(state__in=StoredMove.OPEN).exclude(stored=None).order_by().values_list("to_store")
    coming = dict(going.annotate(Count("pk")))
    found = []
    for name in dict.fromkeys([*stores(), *rows]):
        row = rows.get(name, {"files": 0, "size": 0, "unchecked": 0, "damaged": 0})
        found.append(
            StoreNumbers(name, stores().get(name), row["files"], row["size"] or 0, row["unchecked"], row["damaged"],
                         coming.get(name, 0))
        )  # fmt: skip
    return found


def trouble_of(name: str) -> str:
    """Why a store cannot be used now, in words; "" if it answers. Asked once a minute at most: the page is public."""
    told: str | None = cache.get(f"store-trouble-{name}")
    if told is None:
        try:
            storage_for(name).probe()
            told = ""
        except StorageError as error:
            told = str(error)
        cache.set(f"store-trouble-{name}", told, ASKED_S)
    return told
