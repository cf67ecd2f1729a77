"""The tests' S3 server as if a lifecycle rule had taken some of its objects to Glacier.

All requests go on to the real server, which also judges the signature of RestoreObject, that it does not do itself: it
then answers “not implemented” where the signature is right, and 403 where it is not.
"""

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

NOT_IMPLEMENTED = 501
ERROR = b"<?xml version='1.0'?><Error><Code>%s</Code><Message>It is archived.</Message></Error>"


class ArchiveServer(ThreadingHTTPServer):
    """`frozen`: ends of keys that cannot be read; `asked`: those that were asked back, if it does not refuse."""

    frozen: set[str]
    asked: list[str]
    refuses: bool
    behind: str


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: ArchiveServer

    def _answer(self) -> None:
        parts = urlsplit(self.path)
        name = unquote(parts.path).rpartition("/")[2]
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.command == "GET" and name in self.server.frozen:
            self._send(403, {}, ERROR % b"InvalidObjectState")
            return
        status, headers, data = self._forward(body)
        if self.command == "POST" and self.server.refuses:
            self._send(403, {}, ERROR % b"AccessDenied")
            return
        if self.command == "POST" and "restore" in parts.query and status == NOT_IMPLEMENTED:
            again = name in self.server.asked
            self.server.asked.append(name)
            self._send(409 if again else 202, {}, ERROR % b"RestoreAlreadyInProgress" if again else b"")
            return
        self._send(status, headers, data)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _answer

    def _forward(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection(self.server.behind, timeout=30)
        try:
            connection.request(self.command, self.path, body, dict(self.headers))
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            connection.close()

    def _send(self, status: int, headers: dict[str, str], data: bytes) -> None:
        self.send_response(status)
        lengths = {"Content-Length": str(len(data))} if self.command != "HEAD" else {}
        kept = {name: value for name, value in headers.items() if name.lower() not in {"connection", "date", "server"}}
        for name, value in ({**kept, **lengths} if lengths else kept).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def archive_server(url: str) -> Iterator[ArchiveServer]:
    """In front of the S3 server at this address."""
    server = ArchiveServer(("127.0.0.1", 0), _Handler)
    server.frozen, server.asked, server.refuses = set(), [], False
    server.behind = urlsplit(url).netloc.rpartition("@")[2]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
