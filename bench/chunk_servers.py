"""Who gives out chunks in measurements: the app with images of its own, alone or behind nginx, and nginx with files."""

import json
import os
import shutil
import string
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.serving import Served, nginx_command, running

TEMPLATE = Path(__file__).parents[1] / "deploy" / "nginx" / "vitrine.conf.template"
STATIC = """
server {{
  listen 127.0.0.1:{port}; root {files};
  sendfile on; tcp_nopush on; default_type application/octet-stream;
  add_header Cache-Control "public, max-age=31536000, immutable"; add_header Access-Control-Allow-Origin *;
}}
"""


@dataclass(frozen=True)
class Site:
    """Published images, in the order of their files; a draft's, and the token of who may see it.

    root: where its data are; files: the folders that images may be registered from, as VITRINE_REGISTER_ROOTS has them.
    """

    root: Path
    files: str
    public: tuple[str, ...]
    draft: str
    token: str


@contextmanager
def own_folder() -> Iterator[Path]:
    """A folder for a measurement's servers, which the workers of nginx, another user's, may read."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        root.chmod(0o755)
        yield root


def make_site(root: Path, paths: Sequence[Path]) -> Site:
    """A site below `root` on which each path is an image; that of the first is a draft's too."""
    files = os.pathsep.join({str(path.parent) for path in paths})
    command = [sys.executable, "-m", "bench.chunk_site", *map(str, paths)]
    done = subprocess.run(command, env=_env(root, files), check=True, stdout=subprocess.PIPE, text=True)
    made = json.loads(done.stdout.splitlines()[-1])
    return Site(root, files, tuple(made["public"]), made["draft"], made["token"])


def app(site: Site, plain: Path | None = None) -> AbstractContextManager[Served]:
    """The site as script/server starts it. The files below `plain` are given out at /plain too, by granian itself."""

    def command(port: int) -> list[str]:
        mount = ["--static-path-route", "/plain", "--static-path-mount", str(plain)] if plain else []
        options = ["--workers", "2", "--blocking-threads", "4", "--no-ws", "--log-level", "warning", *mount]
        command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--port", str(port)]
        return [*command, *options, "portal.wsgi:application"]

    return running(command, site.root, _env(site.root, site.files))


def nginx() -> str | None:
    return shutil.which("nginx") or shutil.which("/usr/sbin/nginx")


def static(root: Path, files: Path, program: str) -> AbstractContextManager[Served]:
    """nginx that gives out the files below a folder."""

    def command(port: int) -> list[str]:
        return nginx_command(program, root / f"nginx-{port}", STATIC.format(port=port, files=files))

    return running(command, root, dict(os.environ))


def in_front(root: Path, served: Served, program: str) -> AbstractContextManager[Served]:
    """nginx before the app, as deploy/nginx sets it up."""

    def command(port: int) -> list[str]:
        folder = root / f"front-{port}"
        cache = root / "cache"
        cache.mkdir()
        cache.chmod(0o777)
        values = {"VITRINE_LISTEN": f"127.0.0.1:{port}", "VITRINE_NAME": "127.0.0.1", "VITRINE_CACHE": str(cache),
                  "VITRINE_LOG": str(root / "front.log"), "VITRINE_UPSTREAM": f"127.0.0.1:{served.port}"}  # fmt: skip
        server = string.Template(TEMPLATE.read_text()).safe_substitute(values)
        return nginx_command(program, folder, f"sendfile on; tcp_nopush on;{server}")

    return running(command, root, dict(os.environ))


@contextmanager
def far(root: Path, served: Served, milliseconds: float) -> Iterator[str]:
    """The address of a server as if it were so far away: what it gets and what it gives is half of that late."""

    def command(port: int) -> list[str]:
        return [sys.executable, "-m", "bench.far", str(port), str(served.port), str(milliseconds)]

    with running(command, root, dict(os.environ)) as delayed:
        yield f"http://127.0.0.1:{delayed.port}"


def _env(root: Path, files: str) -> dict[str, str]:
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("VITRINE_")},
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "VITRINE_DATA": str(root / "data"),
        "VITRINE_REGISTER_ROOTS": files,
    }
