"""A small local server for tests, which answers as outside services do and misbehaves when told to.

It is strict: a request without what the services ask of their callers, or to another address, is noted as a fault.
"""

import json
import threading
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, Self
from urllib.parse import SplitResult, urlsplit

_MOODS: dict[str, tuple[int, bytes]] = {
    "broken": (503, b"down"),
    "html": (200, b"<html>Welcome to the hotel's network</html>"),
    "huge": (200, b"[" + b"1," * 1_500_000 + b"1]"),
    "limited": (429, b"{}"),
}


class FakeServer(ThreadingHTTPServer):
    """Runs within its `with`. `mood`: well, slow, moved, or one of what it answers instead; `failing` counts down the
    requests that get a 503 before it is well. `asked` lists the addresses, `faults` what was wrong with them."""

    daemon_threads = True
    moods: ClassVar[dict[str, tuple[int, bytes]]] = {}

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.mood = "well"
        self.failing = 0
        self.retry_after = ""
        self.asked: list[str] = []
        self.faults: list[str] = []
        self._woken = threading.Event()
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._woken.set()
        self.shutdown()
        self.server_close()
        self._thread.join()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def answer(self, place: SplitResult, headers: Message) -> Any:
        """What the service says; None for a 404. Notes a fault if it has no such address."""
        raise NotImplementedError

    def wait_long(self) -> None:
        """Longer than any caller waits, or until the server ends."""
        self._woken.wait(30)


class _Handler(BaseHTTPRequestHandler):
    server: FakeServer

    def log_message(self, *_args: Any) -> None:
        pass

    def do_GET(self) -> None:
        server = self.server
        server.asked.append(self.path)
        if self.headers.get("Accept") != "application/json" or "mailto:" not in self.headers.get("User-Agent", ""):
            server.faults.append(f"{self.path}: says neither what it takes nor who it is")
        if server.mood == "slow":
            return server.wait_long()
        if server.failing:
            server.failing -= 1
            return self._send(503, b"busy", {"Retry-After": server.retry_after} if server.retry_after else {})
        if server.mood == "moved":
            return self._send(301, b"", {"Location": "http://127.0.0.1:9/elsewhere"})
        moods = _MOODS | server.moods
        if server.mood in moods:
            return self._send(*moods[server.mood], {})
        found = server.answer(urlsplit(self.path), self.headers)
        body = json.dumps({"error": "not found"} if found is None else found).encode()
        self._send(404 if found is None else 200, body, {})

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
