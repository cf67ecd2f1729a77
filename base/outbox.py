"""News of changes for processes that write elsewhere: written with the change, drained in order by the one indexer."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from typing import Any

from base.models import Outbox

Handler = Callable[[Sequence[Outbox]], None]


def put(topic: str, key: uuid.UUID, **payload: Any) -> None:
    """Note, in the caller's transaction, that what `key` names has changed."""
    Outbox.objects.create(topic=topic, key=key, payload=payload)


def drain(topic_handlers: Mapping[str, Handler], limit: int = 1000) -> int:
    """Hand the oldest rows of these topics to their handlers, runs of one topic at once; gives how many.

    A run is deleted after its handler returned: a row whose handler raised is handed over again, so handlers must bear
    doubles. Rows of other topics stay.
    """
    rows = list(Outbox.objects.filter(topic__in=list(topic_handlers)).order_by("id")[:limit])
    for topic, run in groupby(rows, key=lambda row: row.topic):
        batch = list(run)
        topic_handlers[topic](batch)
        Outbox.objects.filter(pk__in=[row.pk for row in batch]).delete()
    return len(rows)
