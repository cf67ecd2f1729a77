"""Whether an image can be read now, and how far it is on its way from the archive."""

import json
from uuid import UUID

from base.models import Job, StoredFile, StoredMove
from base.storage import Tier, tier_of
from base.tiers.moves import recall
from publishing.delivery.answer import Answer, problem

SOON, LATER = 20, 300  # seconds after which it is worth asking again


def availability(stored: StoredFile) -> Answer:
    """As JSON: state (here, archived, coming, failed), message for people, done and total in bytes."""
    told: dict[str, object] = {"state": "here", "message": ""}
    if tier_of(stored.backend) == Tier.ARCHIVE:
        move = StoredMove.objects.filter(stored=stored).select_related("job").order_by("-pk").first()
        told = _of_move(move) if move and move.from_store == stored.backend else {
            "state": "archived", "message": "This image lies in the archive. It is fetched when somebody opens it.",
        }  # fmt: skip
    body = json.dumps(told).encode()
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body))), ("Cache-Control", "no-store")]
    return Answer(200, headers, (body,))


def _of_move(move: StoredMove) -> dict[str, object]:
    if move.state == StoredMove.State.FAILED:
        return {"state": "failed", "message": f"This image could not be fetched from the archive: {move.error}"}
    if move.state == StoredMove.State.RESTORING:
        return {"state": "coming", "message": "This image is being fetched from the archive, which takes some hours."}
    job = move.job or Job()
    return {
        "state": "coming",
        "message": "This image is being fetched from the archive.",
        "done": job.done,
        "total": job.total or 2 * move.bytes,
    }


def coming(stored_id: UUID) -> Answer:
    """The answer to who asks for what lies in the archive; it is on its way after that."""
    move = recall(stored_id)
    failed = move.state == StoredMove.State.FAILED
    message = str(_of_move(move)["message"])
    return problem(503, message, headers=[("Retry-After", str(LATER if failed else SOON))])
