"""The servers of peers that make pictures, and how far pictures lie apart."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

import imagecodecs
import numpy as np

from bench.chunk_servers import nginx
from bench.serving import Served, nginx_command, running

PROJECT = Path(__file__).parents[1]
IIPSRV = Path("/usr/lib/iipimage-server/iipsrv.fcgi")  # where Debian puts it
SLACK = 0.5  # grey levels in the mean
NEEDED = "not measured: needs iipsrv (apt-get install iipimage-server) and nginx (script/services install)"
FASTCGI = """
upstream iipsrv {{ least_conn; {servers} }}
server {{
  listen 127.0.0.1:{port};
  location / {{
    fastcgi_pass iipsrv; fastcgi_buffers 16 16k;
    fastcgi_param QUERY_STRING $query_string; fastcgi_param REQUEST_METHOD $request_method;
    fastcgi_param SERVER_PROTOCOL $server_protocol; fastcgi_param REQUEST_URI $request_uri;
    fastcgi_param HTTP_HOST $host;
  }}
}}
"""


def peer(python: str, root: Path, env: Mapping[str, str]) -> AbstractContextManager[Served]:
    """`bench.picture_peers` run by this Python as the site is, by granian."""

    def command(port: int) -> list[str]:
        return [python, "-m", "granian", "--interface", "wsgi", "--port", str(port), "--workers", "2",
                "--blocking-threads", "4", "--no-ws", "--log-level", "warning", "--working-dir", str(PROJECT),
                "bench.picture_peers:application"]  # fmt: skip

    return running(command, root, dict(env))


def has_iipsrv() -> bool:
    return IIPSRV.exists() and nginx() is not None


@contextmanager
def iipsrv(root: Path, processes: int) -> Iterator[Served]:
    """iipsrv as FastCGI behind nginx, keeping no tiles; see `has_iipsrv`."""
    program = nginx()
    assert program
    env = {"MAX_IMAGE_CACHE_SIZE": "0", "OMP_NUM_THREADS": "1", "VERBOSITY": "0"}
    with ExitStack() as stack:
        made = [
            stack.enter_context(running(lambda port: [str(IIPSRV), "--bind", f"127.0.0.1:{port}"], root, env))
            for _ in range(processes)
        ]
        servers = " ".join(f"server 127.0.0.1:{one.port};" for one in made)
        front = stack.enter_context(
            running(
                lambda port: nginx_command(program, root / f"nginx-{port}", FASTCGI.format(port=port, servers=servers)),
                root,
                {},
            )
        )
        yield Served(front.port, (*front.pids, *(pid for one in made for pid in one.pids)))


def difference(one: bytes, other: bytes) -> tuple[float, float]:
    """The mean and the greatest difference of two pictures, in grey levels. Raises RuntimeError if sizes differ."""
    first, second = (imagecodecs.imread(picture)[..., :3].astype(np.int16) for picture in (one, other))
    if first.shape != second.shape:
        raise RuntimeError(f"pictures of {first.shape} and {second.shape} pixels")
    apart = np.abs(first - second)
    return float(apart.mean()), float(apart.max())


def check_recoded(stored: bytes, ours: bytes, theirs: bytes) -> None:
    """Raises RuntimeError if a tile encoded anew is further from the stored one than a peer's is, or the peer shows
    another tile: encoding alone costs several grey levels, and each program spreads the stored colours in its way."""
    (mine, _), (other, _) = difference(stored, ours), difference(stored, theirs)
    if mine > other + SLACK or other > 2 * mine + SLACK:
        raise RuntimeError(f"{mine:.1f} grey levels from the stored tile in the mean, where a peer has {other:.1f}")
