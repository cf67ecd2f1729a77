"""Whether an image can be read now, and how far it is on its way from the archive."""

import json
from collections.abc import Collection
from uuid import UUID

from django.db.models import Sum

from base.errors import Archived
from base.models import Job, StoredFile, StoredMove
from base.tiers.moves import recall
from catalogue.models import File
from publishing.delivery.answer import Answer, problem
from publishing.delivery.choosing import check_at_hand
from publishing.image_shapes import ImageRecord

SOON, LATER = 20, 300  # seconds after which it is worth asking again


def availability(record: ImageRecord) -> Answer:
    """As JSON: state (here, archived, coming, failed), message for people, done and total in bytes.

    Raises NotFound, StorageError, ImageError.
    """
    told: dict[str, object] = {"state": "here", "message": ""}
    try:
        check_at_hand(record)
    except Archived as error:
        told = _told(error.stored, record)
    body = json.dumps(told).encode()
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body))), ("Cache-Control", "no-store")]
    return Answer(200, headers, [body])


def _told(archived: Collection[UUID], record: ImageRecord) -> dict[str, object]:
    """Of an image of which these files lie in the archive."""
    files = StoredFile.objects.in_bulk(archived)
    found = StoredMove.objects.filter(stored__in=files).select_related("job").order_by("pk")
    last = {move.stored_id: move for move in found}
    moves = [move for pk, move in last.items() if move.from_store == files[pk].backend]
    if not moves:
        message = "This image lies in the archive. It is fetched when somebody opens it."
        return {"state": "archived", "message": message}
    rows = File.everything.filter(pk__in=[file.id for file in record.files])
    size = rows.aggregate(all=Sum("stored__bytes"))["all"] or 0  # with those that came already
    return _of_moves(moves, max(size, sum(stored.bytes for stored in files.values())))


def _of_moves(moves: Collection[StoredMove], size: int) -> dict[str, object]:
    if failed := [move for move in moves if move.state == StoredMove.State.FAILED]:
        return {"state": "failed", "message": f"This image could not be fetched from the archive: {failed[0].error}"}
    if any(move.state == StoredMove.State.RESTORING for move in moves):
        return {"state": "coming", "message": "This image is being fetched from the archive, which takes some hours."}
    total = 2 * size  # each byte is written, and read back
    left = sum(2 * move.bytes - (move.job or Job()).done for move in moves)
    message = "This image is being fetched from the archive."
    return {"state": "coming", "message": message, "done": max(0, total - left), "total": total}


def coming(archived: Collection[UUID]) -> Answer:
    """The answer to who asks for what lies in the archive; all of it is on its way after that."""
    moves = recall(archived)
    failed = any(move.state == StoredMove.State.FAILED for move in moves)
    message = str(_of_moves(moves, 0)["message"])
    return problem(503, message, headers=[("Retry-After", str(LATER if failed else SOON))])
