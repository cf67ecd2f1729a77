"""The site's settings for tests: everything in a folder of its own, one per test process, removed at its end."""

import atexit
import os
import shutil
import tempfile

_folder = tempfile.mkdtemp(prefix="vitrine-tests-")
atexit.register(shutil.rmtree, _folder, ignore_errors=True)
os.environ["VITRINE_DATA"] = _folder

# Parallel test processes share one Redis: each has two of its databases, for messages and for the cache.
_process = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
for _variable, _number in (("VITRINE_BROKER_URL", 2 * _process), ("VITRINE_CACHE_URL", 2 * _process + 1)):
    if os.environ.get(_variable, "").startswith("redis://"):
        os.environ[_variable] = f"{os.environ[_variable].rsplit('/', 1)[0]}/{_number}"

# Playwright's synchronous interface runs an event loop in the thread of the tests; Django would refuse to work in it.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

from portal.settings import *  # noqa: E402, F403  (they read the environment when imported)

# Made for speed, not safety: the tests create many users.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":  # noqa: F405
    # A file as in use, not the database in memory that Django would take: with its locks, and open to other processes.
    DATABASES["default"]["TEST"] = {"NAME": os.path.join(_folder, "test.sqlite3")}  # noqa: F405, PTH118

# Static files are served from where they are made; without a built front end pages name a server that is never asked.
WHITENOISE_AUTOREFRESH = WHITENOISE_USE_FINDERS = True
if not (BASE_DIR / "build" / "assets" / "manifest.json").is_file():  # noqa: F405
    DJANGO_VITE = {"default": {"dev_mode": True}}
