"""Servers that a measurement starts, the processor time they take, and who asks them one thing after another."""

import http.client
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from socket import create_connection, socket

NGINX = """
daemon off; master_process on; worker_processes 2; pid {root}/nginx.pid; error_log {root}/nginx.log;
events {{ worker_connections 1024; }}
http {{
  access_log off; keepalive_requests 100000000;
  client_body_temp_path {root}/t1; proxy_temp_path {root}/t2; fastcgi_temp_path {root}/t3;
  uwsgi_temp_path {root}/t4; scgi_temp_path {root}/t5;
  {server}
}}
"""


@dataclass(frozen=True)
class Served:
    """A server: its port, the processes that answer, and its name in the table."""

    port: int
    pids: tuple[int, ...]

    def processor_seconds(self) -> float:
        """That its processes and theirs have taken so far."""
        return sum(_nanoseconds(pid) for pid in _with_children(self.pids)) / 1e9


@contextmanager
def running(command: Callable[[int], Sequence[str]], folder: Path, env: dict[str, str]) -> Iterator[Served]:
    """The server that `command` starts, given a free port. Raises RuntimeError, with its last words, if it does not
    answer within a minute."""
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    log = folder / f"{port}.log"
    with log.open("wb") as file:
        process = subprocess.Popen(command(port), env=env, stdout=file, stderr=subprocess.STDOUT)
    try:
        _wait_for(port, process, log)
        yield Served(port, (process.pid,))
    finally:
        _end(process)


def nginx_command(program: str, folder: Path, server: str) -> list[str]:
    """nginx with these blocks of servers; `folder` is made for what it writes."""
    folder.mkdir()
    folder.chmod(0o777)
    (folder / "nginx.conf").write_text(NGINX.format(root=folder, server=server))
    return [program, "-c", str(folder / "nginx.conf")]


class Client:
    """One connection that stays open."""

    def __init__(self, served: Served) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=60)

    def get(self, address: str) -> bytes:
        """Raises RuntimeError for any status but 200."""
        self._connection.request("GET", address)
        answer = self._connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{address}: status {answer.status}, {body[:300]!r}")
        return body


@dataclass(frozen=True)
class Cost:
    """Milliseconds of a request, the median by the clock, and of the processor."""

    clock: float
    processor: float


def ask_each(served: Served, addresses: Sequence[str]) -> Cost:
    """Ask for each address once, over one connection."""
    client, took = Client(served), []
    client.get(addresses[0])
    before = served.processor_seconds()
    for address in addresses[1:]:
        start = time.perf_counter()
        client.get(address)
        took.append(time.perf_counter() - start)
    processor = served.processor_seconds() - before
    return Cost(sorted(took)[len(took) // 2] * 1000, processor * 1000 / len(took))


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:  # a worker that hangs is not left behind
        for pid in _with_children((process.pid,)):
            os.kill(pid, signal.SIGKILL)
        process.wait()


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(600):
        try:
            create_connection(("127.0.0.1", port)).close()
        except OSError:
            if process.poll() is not None:
                break
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"a server did not start: {log.read_text(errors='replace')}")


def _with_children(pids: Sequence[int]) -> set[int]:
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = stat.read_text()
        except OSError:  # it has ended
            continue
        parents[int(stat.parent.name)] = int(text.rpartition(")")[2].split()[1])
    found = set(pids)
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def _nanoseconds(pid: int) -> int:
    """On a processor, of all its threads (Linux, proc(5): more exact than the hundredths of a second of utime)."""
    return sum(int(one.read_text().split()[0]) for one in Path(f"/proc/{pid}/task").glob("*/schedstat"))
