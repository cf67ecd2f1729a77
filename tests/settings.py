"""The site's settings for tests: everything in a folder of its own, one per test process, removed at its end."""

import atexit
import os
import shutil
import tempfile

_folder = tempfile.mkdtemp(prefix="vitrine-tests-")
atexit.register(shutil.rmtree, _folder, ignore_errors=True)
os.environ["VITRINE_DATA"] = _folder

from portal.settings import *  # noqa: E402, F403  (they read the environment when imported)

# Made for speed, not safety: the tests create many users.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
