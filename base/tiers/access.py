"""When files were last opened, noted to the hour, so that reading stays cheap."""

import time
import uuid
from datetime import timedelta
from threading import Lock

from django.db.models import Q
from django.utils import timezone

from base.models import StoredFile

NOTED = timedelta(hours=1)
REMEMBERED = 100_000

_noted: dict[uuid.UUID, float] = {}
_lock = Lock()


def note_opened(stored_id: uuid.UUID) -> None:
    """Say that a file is read now; writes at most once an hour for each file, whoever reads it."""
    now = time.monotonic()
    with _lock:
        if now - _noted.get(stored_id, -NOTED.total_seconds()) < NOTED.total_seconds():
            return
        if len(_noted) >= REMEMBERED:
            _noted.clear()
        _noted[stored_id] = now
    at = timezone.now()
    stale = Q(opened_at=None) | Q(opened_at__lt=at - NOTED)
    StoredFile.objects.filter(stale, pk=stored_id).update(opened_at=at)
