"""A real S3 server for tests: Versity's gateway over a folder, on the loopback. Go fetches and builds it."""

import os
import secrets
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from _common import Problem, run, say
from _servers import answers, free_port, give, servers_folder, unprivileged

MODULE = "github.com/versity/versitygw/cmd/versitygw@v1.8.0"
BUCKET = "vitrine"
USER = "vitrine"
SECONDS_TO_START = 15


def _program() -> Path:
    return servers_folder() / "s3" / "versitygw"


def installed() -> Path | None:
    return _program() if _program().exists() else None


def fetch() -> None:
    """Build it, which takes two minutes; without Go the tests that need it are skipped. Raises Problem."""
    if installed():
        return
    if not shutil.which("go"):
        say("There is no Go here (1.25 or newer) to build the S3 server with: tests that need it are skipped.")
        return
    say("Building the S3 server …")
    folder = _program().parent
    folder.mkdir(exist_ok=True)
    run(["go", "install", MODULE], doing="Building the S3 server", env={"GOBIN": str(folder)}, cwd=folder)


def start() -> str:
    """Its address with user, password and bucket. Raises Problem."""
    folder, port, password = _program().parent, free_port(), secrets.token_hex(12)
    for name in ("data", f"data/{BUCKET}", "sidecar"):  # a bucket is a folder of `data`
        (folder / name).mkdir(exist_ok=True)
        give(folder / name)
    options = ["--keep-alive", "--quiet", "--port", f"127.0.0.1:{port}"]
    command = unprivileged(_program(), *options, "posix", "--sidecar", folder / "sidecar", folder / "data")
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=folder, env=os.environ | {"ROOT_ACCESS_KEY": USER, "ROOT_SECRET_KEY": password},
            start_new_session=True, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
        )  # fmt: skip
    _pid_file().write_text(str(process.pid))
    address = f"http://{USER}:{password}@127.0.0.1:{port}/{BUCKET}"
    deadline = time.monotonic() + SECONDS_TO_START
    while not answers(address):
        if process.poll() is not None or time.monotonic() > deadline:
            stop()
            raise Problem(f"The S3 server did not start. Its log is {folder / 'log'}.")
        time.sleep(0.05)
    return address


def is_ready(address: str | None) -> bool:
    """Whether this server runs at this address."""
    return bool(address) and bool(urlsplit(address).port) and _is_ours() and answers(address)


def stop() -> None:
    if _is_ours():
        with suppress(ProcessLookupError):
            os.kill(int(_pid_file().read_text()), signal.SIGTERM)
    _pid_file().unlink(missing_ok=True)
    shutil.rmtree(_program().parent / "data", ignore_errors=True)
    shutil.rmtree(_program().parent / "sidecar", ignore_errors=True)


def _pid_file() -> Path:
    return _program().parent / "pid"


def _is_ours() -> bool:
    """Whether the process of the pid file is still the one that was started: numbers are used again."""
    try:
        command = Path("/proc", _pid_file().read_text(), "cmdline").read_bytes()
    except OSError:
        return False
    return str(_program()).encode() in command
