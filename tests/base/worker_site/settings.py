"""The site's settings with the app whose jobs the tests watch. Data folder and broker come from the environment."""

from portal.settings import *  # noqa: F403
from portal.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.base.worker_site"]
