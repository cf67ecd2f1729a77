"""A line of TCP to a real server that a test may cut, or let fall silent."""

import contextlib
import selectors
import socket
import ssl
import threading
from types import TracebackType


class Line:
    """Takes connections at `port` of the loopback and hands their bytes on; with a context, it takes them by TLS."""

    def __init__(self, to: int, context: ssl.SSLContext | None = None) -> None:
        self._to, self._context = to, context
        self._state, self._open = "whole", set[socket.socket]()
        self._lock = threading.Lock()
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]

    def __enter__(self) -> "Line":
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        self._become("cut")

    def cut(self) -> None:
        """Every connection ends, and every further one at once."""
        self._become("cut")

    def fall_silent(self) -> None:
        """Connections are taken, and nothing comes back."""
        self._become("silent")

    def mend(self) -> None:
        self._become("whole")

    def _become(self, state: str) -> None:
        with self._lock:
            self._state, ended = state, self._open
            self._open = set()
        for one in ended:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _serve(self) -> None:
        while True:
            try:
                taken, _ = self._server.accept()
            except OSError:
                return
            threading.Thread(target=self._carry, args=(taken,), daemon=True).start()

    def _carry(self, taken: socket.socket) -> None:
        with self._lock:
            state = self._state
            if state != "cut":
                self._open.add(taken)
        if state == "cut":
            taken.close()
        elif state == "whole":
            with contextlib.suppress(OSError, ValueError):
                self._hand_on(taken)

    def _hand_on(self, taken: socket.socket) -> None:
        near = self._context.wrap_socket(taken, server_side=True) if self._context else taken
        far = socket.create_connection(("127.0.0.1", self._to))
        with self._lock:
            self._open |= {near, far}
        with selectors.DefaultSelector() as ready, near, far:
            ready.register(near, selectors.EVENT_READ, far)
            ready.register(far, selectors.EVENT_READ, near)
            while True:
                for key, _ in ready.select(timeout=5):
                    source: socket.socket = key.fileobj  # type: ignore[assignment]
                    data = source.recv(65536)
                    while isinstance(source, ssl.SSLSocket) and source.pending():
                        data += source.recv(65536)
                    if not data:
                        return
                    key.data.sendall(data)
