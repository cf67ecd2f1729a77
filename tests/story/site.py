"""A whole site as script/server runs it, on a data folder of its own: web server, worker with beat, indexer."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.waiting import until

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "correct horse battery"

# In one process: to start Django takes as long as each of these.
PREPARE = """
from django.core.management import call_command
from base.models import User
call_command("migrate", verbosity=0)
call_command("ontology", "load-starter")
call_command("collectstatic", interactive=False, verbosity=0)
for name, curator in (("Ada Depositor", False), ("Carla Curator", True)):
    email = name.split()[0].lower() + "@example.org"
    if not User.objects.filter(email=email).exists():
        User.objects.create_user(email, {password!r}, name=name, is_curator=curator)
"""


@dataclass
class Site:
    """A running site. `processes` by name: web, worker, indexer."""

    url: str
    data: Path
    env: dict[str, str]
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    clients: dict[str, httpx.Client] = field(default_factory=dict)

    def start(self, name: str) -> None:
        with (self.data / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                _commands(self.url)[name], cwd=ROOT, env=self.env, stdout=log, stderr=log, start_new_session=True
            )

    def kill(self, name: str) -> None:
        """As a power cut would: the process and its children, without a word."""
        process = self.processes.pop(name)
        os.killpg(process.pid, 9)
        process.wait()

    def stop(self) -> None:
        for client in self.clients.values():
            client.close()
        for name in list(self.processes):
            self.kill(name)  # to end in order takes a worker seconds

    def manage(self, *command: str) -> str:
        done = subprocess.run(
            [sys.executable, "manage.py", *command], cwd=ROOT, env=self.env, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def logs(self) -> str:
        return "\n".join(f"== {log.name}\n{log.read_text(errors='replace')[-4000:]}" for log in self.data.glob("*.log"))

    @contextmanager
    def session(self, person: str) -> Iterator[httpx.Client]:
        """A signed-in client of "ada" or "carla", by the sign-in page, as a browser without scripts would."""
        with httpx.Client(base_url=self.url, follow_redirects=True, timeout=120) as client:
            page = client.get("/accounts/login/")
            form = {"csrfmiddlewaretoken": csrf_of(page.text), "login": f"{person}@example.org", "password": PASSWORD}
            answer = client.post("/accounts/login/", data=form, headers={"Referer": self.url})
            assert answer.status_code == 200, answer.text
            assert "sessionid" in client.cookies, answer.text
            yield client

    def api(self, person: str) -> httpx.Client:
        """A client with an API token of "ada" or "carla"; of "nobody", one without."""
        if person not in self.clients:
            headers = {} if person == "nobody" else {"Authorization": f"Bearer {self._token(person)}"}
            self.clients[person] = httpx.Client(base_url=self.url, headers=headers, timeout=120)
        return self.clients[person]

    def _token(self, person: str) -> str:
        with self.session(person) as session:
            headers = {"X-CSRFToken": session.cookies["csrftoken"], "Referer": self.url}
            made = session.post("/api/v1/tokens", json={"name": "story"}, headers=headers)
        assert made.status_code == 201, made.text
        return str(made.json()["token"])


def csrf_of(page: str) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert found, page[:2000]
    return found[1]


def _commands(url: str) -> dict[str, list[str]]:
    port = url.rpartition(":")[2]
    return {
        "web": [sys.executable, "-m", "granian", "--interface", "wsgi", "--port", port, "--workers", "1",
                "--blocking-threads", "4", "--no-ws", "portal.wsgi:application"],
        "worker": [sys.executable, "-m", "celery", "-A", "portal", "worker", "--beat", "--concurrency", "1"],
        "indexer": [sys.executable, "manage.py", "indexer"],
    }  # fmt: skip


def _site(data: Path, url: str, settings: dict[str, str], roots: list[Path]) -> Site:
    env = {name: value for name, value in os.environ.items() if not name.startswith(("VITRINE_", "DJANGO_"))}
    env |= {
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "VITRINE_DATA": str(data),
        "VITRINE_PUBLIC_URL": url,
        "VITRINE_REGISTER_ROOTS": os.pathsep.join(map(str, roots)),
        **settings,
    }
    return Site(url, data, env)


def prepare(data: Path, settings: dict[str, str]) -> Path:
    """Tables, terms, static files, and the accounts ada@example.org and carla@example.org (a curator)."""
    site = _site(data, "http://127.0.0.1", settings, [])
    site.manage("shell", "--verbosity", "0", "-c", PREPARE.format(password=PASSWORD))
    return data


@contextmanager
def running(data: Path, port: int, settings: dict[str, str], roots: list[Path], seed: Path) -> Iterator[Site]:
    """A fresh site. `seed` is a folder that was prepared; so is the database, where the settings name one."""
    shutil.copytree(seed, data, dirs_exist_ok=True)
    url = f"http://127.0.0.1:{port}"
    site = _site(data, url, settings, roots)
    try:
        for name in ("web", "worker", "indexer"):
            site.start(name)
        until(lambda: _answers(url), seconds=180, what=lambda: f"the site to answer\n{site.logs()}")
        yield site
    finally:
        site.stop()


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/api/v1/", timeout=60).status_code == 200
    except httpx.TransportError:
        return False
