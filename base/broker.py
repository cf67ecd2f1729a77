"""The broker that is a folder, safe for several processes: kombu's file-system transport with whole messages only.

kombu (5.6, transport/filesystem.py) writes a message under the name by which the reader looks for it; a worker that
meets one half written, or the list of queues while it is made, ends with an error, and for good.
"""

import fcntl
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any

from kombu.transport import TRANSPORT_ALIASES, filesystem
from kombu.utils.json import dumps

NAME = "filesystem"


class Channel(filesystem.Channel):
    """Messages get their name once they are whole; the lists of queues are read and written by one at a time."""

    def _put(self, queue: str, payload: dict[str, Any], **kwargs: Any) -> None:  # type: ignore[override]
        name = f"{round(monotonic() * 1000)}_{uuid.uuid4()}.{queue}.msg"
        part = Path(self.data_folder_out, f"{name}.part")
        part.write_bytes(dumps(payload).encode())
        part.replace(part.with_name(name))

    def _queue_bind(self, exchange: str, routing_key: str | None, pattern: str | None, queue: str) -> None:
        with self._alone_with(exchange):
            super()._queue_bind(exchange, routing_key or "", pattern or "", queue)

    def get_table(self, exchange: str) -> Any:
        with self._alone_with(exchange):
            return super().get_table(exchange)

    @contextmanager
    def _alone_with(self, exchange: str) -> Iterator[None]:
        folder = Path(self.control_folder)
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "lock").open("w") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            listed = folder / f"{exchange}.exchange"
            if listed.exists() and not listed.stat().st_size:
                listed.unlink()  # whoever made it was killed before it wrote
            yield


class Transport(filesystem.Transport):
    Channel = Channel


def install() -> None:
    """Let broker addresses that begin with filesystem:// mean this transport."""
    TRANSPORT_ALIASES[NAME] = f"{__name__}:Transport"
