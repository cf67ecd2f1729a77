"""As many requests as a server answers, by wrk: their rate, their time, and what they cost the server."""

import http.client
import shutil
import statistics
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.serving import Served

LUA = """
local paths, n = {}, 0
for line in io.lines("{root}/paths") do paths[#paths + 1] = line end
request = function() n = (n * 5 + 3) % #paths; return wrk.format("GET", paths[n + 1], {{headers}}) end
done = function(summary, latency)
  io.write(string.format("RESULT %d %d %f %f %d %d %d %d\\n", summary.requests, summary.duration,
    latency:percentile(50.0), latency:percentile(99.0),
    summary.errors.status, summary.errors.connect, summary.errors.read, summary.errors.timeout))
end
"""
ERRORS = ("by their status", "to connect", "to be read", "to come in two seconds")


@dataclass(frozen=True)
class Asked:
    """Who is asked, for what, and with which Authorization."""

    served: Served
    addresses: Sequence[str]
    authorization: str = ""


@dataclass(frozen=True)
class Load:
    """Requests a second, the median and the 99th percentile of their time in ms, and processor time of the server for
    each in µs."""

    rate: float
    p50: float
    p99: float
    processor: float


def wrk() -> str | None:
    return shutil.which("wrk")


def compare(asked: Asked, other: Asked) -> None:
    """Raises RuntimeError if both do not give the same bytes."""
    connections = [http.client.HTTPConnection("127.0.0.1", one.served.port) for one in (asked, other)]
    for addresses in zip(asked.addresses, other.addresses, strict=True):
        bodies = []
        for connection, address, one in zip(connections, addresses, (asked, other), strict=True):
            connection.request("GET", address, headers={"Authorization": one.authorization})
            answer = connection.getresponse()
            bodies.append((answer.status, answer.read()))
        if bodies[0] != bodies[1] or bodies[0][0] != 200 or not bodies[0][1]:
            raise RuntimeError(f"{addresses}: not the same bytes, status {bodies[0][0]} and {bodies[1][0]}")


def in_turn(
    root: Path, program: str, who: Sequence[Asked], connections: int, *, rounds: int, seconds: int
) -> list[Load]:
    """The medians of each, asked one after the other, `rounds` times for `seconds`."""
    measured = [[_load(root, program, asked, connections, seconds) for asked in who] for _ in range(rounds)]
    return [_median([one[number] for one in measured]) for number in range(len(who))]


def _median(loads: list[Load]) -> Load:
    return Load(
        *(statistics.median(getattr(load, name) for load in loads) for name in ("rate", "p50", "p99", "processor"))
    )


def _load(root: Path, program: str, asked: Asked, connections: int, seconds: int) -> Load:
    (root / "paths").write_text("".join(f"{address}\n" for address in asked.addresses))
    headers = f'["Authorization"] = "{asked.authorization}"' if asked.authorization else ""
    (root / "load.lua").write_text(LUA.replace("{root}", str(root)).replace("{headers}", headers))
    command = [program, f"-t{min(2, connections)}", f"-c{connections}", f"-d{seconds}", "-s", str(root / "load.lua")]
    before = asked.served.processor_seconds()
    done = subprocess.run(
        [*command, f"http://127.0.0.1:{asked.served.port}"], check=True, capture_output=True, text=True
    )
    spent = asked.served.processor_seconds() - before
    (line,) = (line for line in done.stdout.splitlines() if line.startswith("RESULT"))
    requests, microseconds, p50, p99, *errors = map(float, line.split()[1:])
    if any(errors):
        failed = ", ".join(f"{n:.0f} {name}" for n, name in zip(errors, ERRORS, strict=True) if n)
        raise RuntimeError(f"{asked.addresses[0]}: of {requests:.0f} requests failed {failed}")
    return Load(requests / microseconds * 1e6, p50 / 1000, p99 / 1000, spent / requests * 1e6)
