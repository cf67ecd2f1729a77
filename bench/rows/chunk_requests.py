"""Chunks of a tiled TIFF as OME-Zarr from the app alone, against the same bytes as static files from nginx.

16 connections on this machine, every chunk compared byte by byte first; the two take turns, and medians are compared.
"""

import http.client
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import create_connection, socket

import numpy as np
import tifffile

from bench.row import Row

SIZE, TILE = 4096, 256  # uint16: a chunk is 128 KiB
SECONDS, ROUNDS = 4, 5
CONNECTIONS = 16
TARGET, P99 = 0.25, 20.0
NEEDED = "not measured: needs nginx and wrk: script/services install"

NGINX = """
daemon off; master_process on; worker_processes 2; pid {root}/nginx.pid; error_log {root}/nginx.log;
events {{ worker_connections 256; }}
http {{
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000000; default_type application/octet-stream;
  client_body_temp_path {root}/t1; proxy_temp_path {root}/t2; fastcgi_temp_path {root}/t3;
  uwsgi_temp_path {root}/t4; scgi_temp_path {root}/t5;
  server {{
    listen 127.0.0.1:{port}; root {root}/static;
    add_header Cache-Control "public, max-age=31536000, immutable"; add_header Access-Control-Allow-Origin *;
  }}
}}
"""
LUA = """
local paths, n = {}, 0
for line in io.lines("{root}/paths") do paths[#paths + 1] = line end
request = function() n = (n * 5 + 3) % #paths; return wrk.format("GET", paths[n + 1]) end
done = function(summary, latency)
  io.write(string.format("RESULT %d %d %d %f\\n", summary.requests, summary.duration,
    summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.timeout,
    latency:percentile(99.0)))
end
"""


def run() -> list[Row]:
    nginx, wrk = shutil.which("nginx") or shutil.which("/usr/sbin/nginx"), shutil.which("wrk")
    if not nginx or not wrk:
        return [Row("chunk requests", "1/s", 0.0, f"at least {TARGET}", None, note=NEEDED)]
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        root.chmod(0o755)
        image = _make_site(root)
        with _served_by_app(root) as ours, _served_by_nginx(root, nginx) as theirs:
            _compare(root, ours, theirs)
            measured = [(_load(root, wrk, ours), _load(root, wrk, theirs)) for _ in range(ROUNDS)]
    rate, reference = (statistics.median(pair[which][0] for pair in measured) for which in (0, 1))
    p99, reference_p99 = (statistics.median(pair[which][1] for pair in measured) for which in (0, 1))
    assert image
    return [
        Row(f"chunk of {TILE * TILE * 2 // 1024} KiB, requests", "1/s", rate, f"at least {TARGET} of nginx",
            rate >= TARGET * reference, reference, "nginx static", f"{CONNECTIONS} connections, bytes compared"),
        Row("chunk request, p99", "ms", p99, f"under {P99:.0f} ms", p99 < P99, reference_p99, "nginx static"),
    ]  # fmt: skip


def _make_site(root: Path) -> str:
    """Writes the image, the site that serves it, its chunks as files, and the list of their addresses."""
    pixels = np.random.default_rng(1).integers(0, 2**16, (SIZE, SIZE), np.uint16)
    path = root / "tiled.ome.tif"
    tifffile.imwrite(path, pixels, tile=(TILE, TILE), photometric="minisblack", ome=True)
    made = subprocess.run([sys.executable, "-m", "bench.chunk_site", str(path)], env=_env(root), check=True,
                          capture_output=True, text=True)  # fmt: skip
    image = made.stdout.strip().splitlines()[-1]
    addresses = []
    for y in range(SIZE // TILE):
        for x in range(SIZE // TILE):
            address = f"/data/{image}/ome-zarr-0.5/0/c/0/0/0/{y}/{x}"
            file = root / "static" / address[1:]
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(pixels[y * TILE : (y + 1) * TILE, x * TILE : (x + 1) * TILE].tobytes())
            addresses.append(address)
    (root / "paths").write_text("\n".join(addresses) + "\n")
    return image


def _env(root: Path) -> dict[str, str]:
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("VITRINE_")},
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "VITRINE_DATA": str(root / "data"),
        "VITRINE_REGISTER_ROOTS": str(root),
    }


@contextmanager
def _served_by_app(root: Path) -> Iterator[int]:
    """As script/server starts it."""

    def command(port: int) -> list[str]:
        return [sys.executable, "-m", "granian", "--interface", "wsgi", "--port", str(port), "--workers", "2",
                "--blocking-threads", "4", "--no-ws", "--log-level", "warning", "portal.wsgi:application"]  # fmt: skip

    with _running(command, root, _env(root)) as port:
        yield port


@contextmanager
def _served_by_nginx(root: Path, nginx: str) -> Iterator[int]:
    def command(port: int) -> list[str]:
        (root / "nginx.conf").write_text(NGINX.format(root=root, port=port))
        return [nginx, "-c", str(root / "nginx.conf")]

    with _running(command, root, dict(os.environ)) as port:
        yield port


@contextmanager
def _running(command: Callable[[int], list[str]], root: Path, env: dict[str, str]) -> Iterator[int]:
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    with (root / f"{port}.log").open("wb") as log:
        process = subprocess.Popen(command(port), env=env, stdout=log, stderr=subprocess.STDOUT)
    try:
        _wait_for(port, process, root / f"{port}.log")
        yield port
    finally:
        process.terminate()
        process.wait(30)


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


def _compare(root: Path, ours: int, theirs: int) -> None:
    connections = [http.client.HTTPConnection("127.0.0.1", port) for port in (ours, theirs)]
    for address in (root / "paths").read_text().split():
        bodies = []
        for connection in connections:
            connection.request("GET", address)
            answer = connection.getresponse()
            bodies.append((answer.status, answer.read()))
        if bodies[0] != bodies[1] or bodies[0][0] != 200 or len(bodies[0][1]) != TILE * TILE * 2:
            raise RuntimeError(f"{address}: the app and nginx gave different bytes")


def _load(root: Path, wrk: str, port: int) -> tuple[float, float]:
    """Requests a second and the 99th percentile of their time in ms."""
    (root / "load.lua").write_text(LUA.replace("{root}", str(root)))
    command = [wrk, "-t2", f"-c{CONNECTIONS}", f"-d{SECONDS}", "-s", str(root / "load.lua"), f"http://127.0.0.1:{port}"]
    answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    (line,) = (line for line in answer.splitlines() if line.startswith("RESULT"))
    requests, microseconds, errors, p99 = map(float, line.split()[1:])
    if errors:
        raise RuntimeError(f"{errors:.0f} of {requests:.0f} requests failed")
    return requests / microseconds * 1e6, p99 / 1000
