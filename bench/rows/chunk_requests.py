"""Chunks of a tiled TIFF as OME-Zarr from the app alone, and of a draft through nginx as deploy/nginx sets it up,
against the same bytes as static files from nginx.

Every chunk is compared byte by byte first; the three take turns, and medians are compared.
"""

import http.client
import os
import shutil
import statistics
import string
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from socket import create_connection, socket

import numpy as np
import tifffile

from bench.row import Row

SIZE, TILE = 4096, 256  # uint16: a chunk is 128 KiB
SECONDS, ROUNDS = 3, 5
CONNECTIONS = (1, 16, 128)
MAIN_CONNECTIONS = 16
TARGET, THROUGH_NGINX, P99 = 0.25, 0.9, 20.0
TEMPLATE = Path(__file__).parents[2] / "deploy" / "nginx" / "vitrine.conf.template"
NEEDED = "not measured: needs nginx and wrk: script/services install"

NGINX = """
daemon off; master_process on; worker_processes 2; pid {root}/nginx.pid; error_log {root}/nginx.log;
events {{ worker_connections 256; }}
http {{
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000000; default_type application/octet-stream;
  client_body_temp_path {root}/t1; proxy_temp_path {root}/t2; fastcgi_temp_path {root}/t3;
  uwsgi_temp_path {root}/t4; scgi_temp_path {root}/t5;
  {server}
}}
"""
STATIC = """
server {{
  listen 127.0.0.1:{port}; root {root}/static;
  add_header Cache-Control "public, max-age=31536000, immutable"; add_header Access-Control-Allow-Origin *;
}}
"""
LUA = """
local paths, n = {}, 0
for line in io.lines("{root}/paths") do paths[#paths + 1] = line end
request = function() n = (n * 5 + 3) % #paths; return wrk.format("GET", paths[n + 1], {{headers}}) end
done = function(summary, latency)
  io.write(string.format("RESULT %d %d %d %f\\n", summary.requests, summary.duration,
    summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.timeout,
    latency:percentile(99.0)))
end
"""


@dataclass(frozen=True)
class Server:
    """Who is asked: at this port, for addresses of this image, with this Authorization."""

    port: int
    image: str
    authorization: str = ""


def run() -> list[Row]:
    nginx, wrk = shutil.which("nginx") or shutil.which("/usr/sbin/nginx"), shutil.which("wrk")
    if not nginx or not wrk:
        return [Row("chunk requests", "1/s", 0.0, f"at least {TARGET}", None, note=NEEDED)]
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        root.chmod(0o755)
        public, draft, secret = _make_site(root)
        with _served_by_app(root) as app, _static(root, nginx) as static, _in_front(root, nginx, app) as front:
            servers = [Server(app, public), Server(front, draft, f"Bearer {secret}"), Server(static, public)]
            for one in servers[:2]:
                _compare(one, servers[2])
            return [row for connections in CONNECTIONS for row in _measure(root, wrk, servers, connections)]


def _measure(root: Path, wrk: str, servers: list[Server], connections: int) -> list[Row]:
    rounds = [[_load(root, wrk, server, connections) for server in servers] for _ in range(ROUNDS)]
    (app, app_p99), (front, front_p99), (static, static_p99) = (
        [statistics.median(measured[which][value] for measured in rounds) for value in (0, 1)] for which in range(3)
    )
    is_main = connections == MAIN_CONNECTIONS
    what = f"chunk of {TILE * TILE * 2 // 1024} KiB, {connections} connections"
    return [
        Row(f"{what}, app alone", "1/s", app, f"at least {TARGET} of nginx" if is_main else "",
            app >= TARGET * static if is_main else None, static, "nginx static", "bytes compared"),
        Row(f"{what}, app alone, p99", "ms", app_p99, f"under {P99:.0f} ms" if is_main else "",
            app_p99 < P99 if is_main else None, static_p99, "nginx static"),
        Row(f"{what}, of a draft, by token, through nginx", "1/s", front,
            f"at least {THROUGH_NGINX} of nginx" if is_main else "",
            front >= THROUGH_NGINX * static if is_main else None, static, "nginx static", f"p99 {front_p99:.1f} ms"),
    ]  # fmt: skip


def _make_site(root: Path) -> tuple[str, str, str]:
    """Writes the image, the site that serves it, and its chunks as files. Gives the ids of the public and the draft
    image, and the token."""
    pixels = np.random.default_rng(1).integers(0, 2**16, (SIZE, SIZE), np.uint16)
    path = root / "tiled.ome.tif"
    tifffile.imwrite(path, pixels, tile=(TILE, TILE), photometric="minisblack", ome=True)
    made = subprocess.run([sys.executable, "-m", "bench.chunk_site", str(path)], env=_env(root), check=True,
                          capture_output=True, text=True)  # fmt: skip
    public, draft, secret = made.stdout.strip().splitlines()[-1].split()
    for address, y, x in _addresses(public):
        file = root / "static" / address[1:]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(pixels[y * TILE : (y + 1) * TILE, x * TILE : (x + 1) * TILE].tobytes())
    return public, draft, secret


def _addresses(image: str) -> list[tuple[str, int, int]]:
    count = SIZE // TILE
    return [(f"/data/{image}/ome-zarr-0.5/0/c/0/0/0/{y}/{x}", y, x) for y in range(count) for x in range(count)]


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
def _static(root: Path, nginx: str) -> Iterator[int]:
    def command(port: int) -> list[str]:
        return _nginx(nginx, root / "of-static", STATIC.format(port=port, root=root))

    with _running(command, root, dict(os.environ)) as port:
        yield port


@contextmanager
def _in_front(root: Path, nginx: str, app: int) -> Iterator[int]:
    """nginx as deploy/nginx sets it up."""

    def command(port: int) -> list[str]:
        cache = root / "cache"
        cache.mkdir()
        cache.chmod(0o777)
        values = {"VITRINE_LISTEN": f"127.0.0.1:{port}", "VITRINE_NAME": "127.0.0.1", "VITRINE_CACHE": str(cache),
                  "VITRINE_LOG": str(root / "front.log"), "VITRINE_UPSTREAM": f"127.0.0.1:{app}"}  # fmt: skip
        return _nginx(nginx, root / "of-front", string.Template(TEMPLATE.read_text()).safe_substitute(values))

    with _running(command, root, dict(os.environ)) as port:
        yield port


def _nginx(program: str, folder: Path, server: str) -> list[str]:
    folder.mkdir()
    folder.chmod(0o777)
    (folder / "nginx.conf").write_text(NGINX.format(root=folder, server=server))
    return [program, "-c", str(folder / "nginx.conf")]


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


def _compare(one: Server, other: Server) -> None:
    connections = [http.client.HTTPConnection("127.0.0.1", server.port) for server in (one, other)]
    for (address, _, _), (same, _, _) in zip(_addresses(one.image), _addresses(other.image), strict=True):
        bodies = []
        for connection, path, server in zip(connections, (address, same), (one, other), strict=True):
            connection.request("GET", path, headers={"Authorization": server.authorization})
            answer = connection.getresponse()
            bodies.append((answer.status, answer.read()))
        if bodies[0] != bodies[1] or bodies[0][0] != 200 or len(bodies[0][1]) != TILE * TILE * 2:
            raise RuntimeError(f"{address}: other bytes than nginx gave, or status {bodies[0][0]}")


def _load(root: Path, wrk: str, server: Server, connections: int) -> tuple[float, float]:
    """Requests a second and the 99th percentile of their time in ms."""
    (root / "paths").write_text("".join(f"{address}\n" for address, _, _ in _addresses(server.image)))
    headers = f'["Authorization"] = "{server.authorization}"' if server.authorization else ""
    (root / "load.lua").write_text(LUA.replace("{root}", str(root)).replace("{headers}", headers))
    command = [wrk, f"-t{min(2, connections)}", f"-c{connections}", f"-d{SECONDS}", "-s", str(root / "load.lua")]
    command.append(f"http://127.0.0.1:{server.port}")
    answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    (line,) = (line for line in answer.splitlines() if line.startswith("RESULT"))
    requests, microseconds, errors, p99 = map(float, line.split()[1:])
    if errors:
        raise RuntimeError(f"{errors:.0f} of {requests:.0f} requests failed")
    return requests / microseconds * 1e6, p99 / 1000
