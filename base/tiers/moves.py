"""Moves of files between stores: copied, held to their checksum, and only then read from the new place.

The old copy stays for a while, so that whoever still reads it comes to the end.
"""

import hashlib
import logging
import uuid
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import BinaryIO

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from base import audit, jobs
from base.errors import Archived, Conflict, DomainError, Invalid, NotFound, StorageError
from base.jobs import Cancelled, Progress
from base.models import Job, StoredFile, StoredMove, User
from base.storage import (
    S3Storage,
    Storage,
    Tier,
    checksum_of,
    is_in_place,
    require_at_hand,
    storage_for,
    stores,
    tier_of,
)
from base.storage.checksum import READ_BYTES, manifest_line
from base.tiers.fixity import note_check

log = logging.getLogger(__name__)

MOVE = "move-file"
FETCH = "fetch-file"  # the same from an archive: somebody wants to look at it
TRY_AGAIN = timedelta(minutes=5)  # after a recall that failed
BATCH = 500
OVER = (Job.State.FAILED, Job.State.CANCELLED, Job.State.DONE)
State = StoredMove.State


def start_move(*, stored_id: uuid.UUID, to: str, reason: str, by: User | None = None) -> StoredMove:
    """Have a file moved to another store. Raises NotFound, Invalid, Conflict."""
    with transaction.atomic():
        stored = StoredFile.objects.select_for_update().filter(pk=stored_id).first()
        if stored is None:
            raise NotFound("There is no such file.")
        _end_dead([stored.pk])
        name = stored.key.rpartition("/")[2]
        if to not in stores():
            raise Invalid(f"There is no store “{to}” here; there are: {', '.join(stores())}.", field="to")
        if is_in_place(stored.backend):
            raise Invalid(f"{name} is registered in place: it is never moved by this site.", file=name)
        if is_in_place(to):
            raise Invalid(f"The store “{to}” is others', and never written by this site.", field="to")
        if stored.backend == StoredFile.Backend.ERASED:
            raise Invalid(f"The bytes of {name} were removed from this site.", file=name)
        if stored.backend == to:
            raise Conflict(f"{name} lies in the store “{to}” already.", file=name)
        if not stored.sha256:
            raise Conflict(f"{name} has no checksum yet, so that a copy could not be verified. Try again later.",
                           file=name)  # fmt: skip
        if stored.moves.filter(state__in=StoredMove.OPEN).exists():
            raise Conflict(f"{name} is being moved already.", file=name)
        return _start([stored], to, reason, by)[0]


def recall(stored_ids: Collection[uuid.UUID]) -> list[StoredMove]:
    """The moves that bring these files from the archive to the site's own store: started now, unless they are on their
    way, or failed this moment. A file that lies in no archive has none."""
    ids = list(dict.fromkeys(stored_ids))
    return [move for start in range(0, len(ids), BATCH) for move in _recall(ids[start : start + BATCH])]


def _recall(ids: Sequence[uuid.UUID]) -> list[StoredMove]:
    live = StoredMove.objects.filter(stored__in=ids, state__in=StoredMove.OPEN)
    going = list(live.exclude(state__in=(State.WAITING, State.COPYING), job__state__in=OVER))
    if len(going) == len(ids):  # as is mostly so: clients ask again and again
        return going
    with transaction.atomic():
        found = StoredFile.objects.select_for_update().filter(pk__in=ids).order_by("pk")
        archived = {stored.pk: stored for stored in found if tier_of(stored.backend) == Tier.ARCHIVE}
        _end_dead(ids)
        StoredFile.objects.filter(pk__in=archived).update(opened_at=timezone.now())  # no rule may take them back
        last = {move.stored_id: move for move in StoredMove.objects.filter(stored__in=archived).order_by("pk")}
        on_the_way = [
            move for move in last.values()
            if move.state in StoredMove.OPEN or (move.state == State.FAILED and _is_recent(move))
        ]  # fmt: skip
        due = [archived[pk] for pk in archived.keys() - {move.stored_id for move in on_the_way}]
        return on_the_way + _start(due, StoredFile.Backend.STORE, "opened while it lay in the archive", None)


def _is_recent(move: StoredMove) -> bool:
    return move.created_at > timezone.now() - TRY_AGAIN


def _kind(move: StoredMove) -> str:
    return FETCH if tier_of(move.from_store) == Tier.ARCHIVE else MOVE


def _start(files: Sequence[StoredFile], to: str, reason: str, by: User | None) -> list[StoredMove]:
    moves = [
        StoredMove(stored=stored, key=stored.key, from_store=stored.backend, to_store=to, bytes=stored.bytes,
                   sha256=stored.sha256, reason=reason[:300], asked_by=by)
        for stored in files
    ]  # fmt: skip
    for kind, some in groupby(sorted(moves, key=_kind), _kind):
        batch = list(some)
        work = [(move.stored_id, {"move": str(move.pk)}) for move in batch]
        for move, job in zip(batch, jobs.start_each(kind, owner=by, work=work), strict=True):
            move.job = job
    StoredMove.objects.bulk_create(moves, batch_size=BATCH)
    details = {one.pk: {"key": one.key, "start": one.backend, "to": to, "reason": reason} for one in files}
    audit.record_many(by, "asked to move a file", details)
    return moves


def _end_dead(stored_ids: Collection[uuid.UUID]) -> None:
    """A move whose worker was given up is no longer open."""
    moves = StoredMove.objects.filter(stored__in=stored_ids)
    dead = moves.filter(state__in=(State.WAITING, State.COPYING), job__state__in=OVER)
    dead.update(state=State.FAILED, error="The worker that copied it was stopped.")


def move_file(progress: Progress) -> None:
    """The job: may be run again from its beginning as long as the row is not switched."""
    move = StoredMove.objects.select_related("stored").filter(pk=progress.payload["move"]).first()
    if move is None or move.stored is None or move.state not in StoredMove.OPEN:
        return  # what there is of a copy of a removed file, `clean_up` removes
    try:
        if not _is_readable(move):
            StoredMove.objects.filter(pk=move.pk).update(state=State.RESTORING)
            return
        StoredMove.objects.filter(pk=move.pk).update(state=State.COPYING, started_at=timezone.now())
        _copy_verified(move, progress)
        _switch(move)
        note_check(move.stored, store=move.from_store, found=move.sha256)  # all its bytes were read: that is a check
    except (DomainError, Cancelled) as error:
        told = str(error) or "It was cancelled."
        StoredMove.objects.filter(pk=move.pk).update(state=State.FAILED, error=told)
        log.error("%s (%s) was not moved: %s", move.key, move, told)
        raise
    finally:
        here = StoredFile.objects.filter(moves=move).exclude(backend=StoredFile.Backend.ERASED)
        if not here.exists():  # its bytes may say who somebody is, which is why it was removed meanwhile
            storage_for(move.to_store).delete(_folder(move))


def _is_readable(move: StoredMove) -> bool:
    """False while the archive of an object store is still to bring the file back, which it is asked to."""
    source = storage_for(move.from_store)
    if not isinstance(source, S3Storage) or tier_of(move.from_store) != Tier.ARCHIVE:
        return True
    return source.is_restored(move.key)


def ask_again() -> int:
    """Look after the moves that wait for an archive; gives how many. Called now and then."""
    waiting = StoredMove.objects.filter(state=State.RESTORING, job__state__in=OVER).exclude(stored=None)
    count = 0
    for move in waiting.select_related("job"):
        with transaction.atomic():
            job = jobs.start(_kind(move), owner=move.asked_by, target=move.stored_id, payload={"move": str(move.pk)})
            count += StoredMove.objects.filter(pk=move.pk, state=State.RESTORING).update(job=job)
    return count


def _copy_verified(move: StoredMove, progress: Progress) -> None:
    """Copy all bytes and read them back; raises StorageError if either end is not what it should be."""
    stored, key = move.stored, move.key
    assert stored is not None
    name = key.rpartition("/")[2]
    source, target = storage_for(move.from_store), storage_for(move.to_store)
    total = 2 * move.bytes
    found = _copy(source, target, key, progress, total, f"Copying {name}")
    if found != move.sha256:
        target.delete(key)
        note_check(stored, store=move.from_store, found=found)
        raise StorageError(
            f"{name} was not moved: its bytes in the store “{move.from_store}” are no longer those of its checksum.",
            file=name,
        )
    there = checksum_of(target, key, lambda done: progress.report(move.bytes + done, total, f"Checking {name}"))
    if there.sha256 != move.sha256:
        target.delete(key)
        raise StorageError(
            f"{name} was not moved: what the store “{move.to_store}” gives back is not what was written to it.",
            file=name,
        )
    progress.flush()


def _copy(source: Storage, target: Storage, key: str, progress: Progress, total: int, message: str) -> str:
    """The checksum of what was read, as `checksum_of` makes it."""
    manifest, done, names = hashlib.sha256(), 0, source.names(key)
    for name in names:
        one = f"{key}/{name}".rstrip("/")
        stat, digest = source.stat(one), hashlib.sha256()

        def blocks(file: BinaryIO, digest: "hashlib._Hash" = digest, start: int = done) -> Iterator[bytes]:
            at = start
            while data := file.read(READ_BYTES):
                digest.update(data)
                at += len(data)
                progress.report(at, total, message)
                yield data

        with source.open(one) as file:
            done += target.write(one, blocks(file), version=stat.version, size=stat.size)
        manifest.update(manifest_line(digest.hexdigest(), stat.size, name))
        if names == [""]:
            return digest.hexdigest()
    return manifest.hexdigest()


def _switch(move: StoredMove) -> None:
    with transaction.atomic():
        stored = StoredFile.objects.select_for_update(of=("self",)).filter(moves=move).first()
        if stored is None or stored.backend != move.from_store:
            raise Conflict(f"{move.key} was removed or moved in between.")
        now = timezone.now()
        StoredFile.objects.filter(pk=stored.pk).update(backend=move.to_store)
        StoredMove.objects.filter(pk=move.pk).update(state=State.DONE, switched_at=now)
        audit.record(
            move.asked_by, "moved a file", stored.pk, key=stored.key, start=move.from_store, to=move.to_store,
            bytes=move.bytes, sha256=move.sha256, reason=move.reason,
        )  # fmt: skip


def clean_up(at: datetime | None = None) -> int:
    """Remove old copies whose time of grace is over, and all copies of removed files; gives of how many moves. What
    fails is tried again the next time."""
    at = at or timezone.now()
    left = StoredMove.objects.exclude(state=State.CLEANED).order_by("pk")
    due = left.filter(state=State.DONE, switched_at__lt=at - timedelta(hours=settings.MOVE_GRACE_HOURS))
    ended = Q(job=None) | Q(job__state__in=OVER)  # a worker may still be copying what was removed
    removed = left.filter(ended, Q(stored=None) | Q(stored__backend=StoredFile.Backend.ERASED))
    count = 0
    for moves, clean in ((removed, _clean_removed), (due, _clean)):
        for move in moves.iterator(chunk_size=500):
            try:
                count += clean(move)
            except StorageError:
                log.warning("an old copy of %s (%s) stays", move.key, move, exc_info=True)
    return count


def _clean_removed(move: StoredMove) -> int:
    """A worker that was killed while it copied left what nobody else knows of."""
    for name in {move.from_store, move.to_store} & stores().keys():
        storage_for(name).delete(_folder(move))
    return StoredMove.objects.filter(pk=move.pk).update(state=State.CLEANED, cleaned_at=timezone.now())


def _folder(move: StoredMove) -> str:
    """The folder of the key, in which is nothing else."""
    return move.key.rpartition("/")[0]


def _clean(move: StoredMove) -> int:
    with transaction.atomic():  # locked, so that it does not come back to this store meanwhile
        stored = StoredFile.objects.select_for_update(of=("self",)).filter(moves=move).first()
        if stored is None:  # removed this moment
            return 0
        is_wanted = stored.backend == move.from_store or stored.moves.filter(
            state__in=StoredMove.OPEN, to_store=move.from_store
        )
        if not is_wanted:
            storage_for(move.from_store).delete(move.key)
        StoredMove.objects.filter(pk=move.pk).update(state=State.CLEANED, cleaned_at=timezone.now())
    return int(not is_wanted)


def stores_of(stored: StoredFile) -> set[str]:
    """Every store that may hold bytes of a file: its own, and those of moves whose other copy is still there, as far
    as the settings still name them."""
    kept = stored.moves.exclude(state=State.CLEANED).values_list("from_store", "to_store")
    return {stored.backend, *(name for pair in kept for name in pair if name in stores())}


def fetch_archived(files: Iterable[StoredFile]) -> None:
    """Start the recall of those that lie in an archive; raises Archived if there are any."""
    try:
        require_at_hand(files)
    except Archived as error:
        recall(error.stored)
        message = f"{error} It is being fetched" if len(error.stored) == 1 else f"{error} They are being fetched"
        raise Archived(f"{message}: try again later.", stored=error.stored, file=error.file) from error
