"""What the servers of script/services have in common: the folder they keep files in, their user, their ports."""

import hashlib
import os
import pwd
import socket
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

from _common import ROOT, SERVICES


def unprivileged(*command: str | Path) -> list[str]:
    """The command as an ordinary user runs it: PostgreSQL and Elasticsearch refuse to run as root."""
    words = [str(word) for word in command]
    if os.geteuid() != 0:
        return words
    user = _service_user()
    ids = [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}"]
    return ["setpriv", *ids, "--clear-groups", "--no-new-privs", "--", *words]


def _service_user() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return pwd.getpwnam("nobody")


def give(folder: Path) -> None:
    """Make a folder the servers' own."""
    if os.geteuid() == 0:
        user = _service_user()
        os.chown(folder, user.pw_uid, user.pw_gid)


def servers_folder() -> Path:
    """Where the servers keep their files: .services/run, a link elsewhere if their user cannot get there."""
    link = SERVICES / "run"
    if not link.exists():
        link.unlink(missing_ok=True)
        link.mkdir(parents=True)
        if subprocess.call(unprivileged("test", "-x", link), cwd="/"):
            link.rmdir()
            name = f"vitrine-services-{hashlib.sha256(str(ROOT).encode()).hexdigest()[:12]}"
            target = Path(tempfile.gettempdir(), name)
            target.mkdir(exist_ok=True)
            link.symlink_to(target)
        give(link)
    return link.resolve()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def answers(address: str | None) -> bool:
    """Whether something listens at the port of this address."""
    port = urlsplit(address).port if address else None
    if port is None:
        return False
    with socket.socket() as probe:
        probe.settimeout(2)
        return probe.connect_ex(("127.0.0.1", port)) == 0
