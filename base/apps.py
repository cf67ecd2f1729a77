from importlib import import_module

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class BaseConfig(AppConfig):
    name = "base"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        import_module("base.tiers.jobs")
        autodiscover_modules("jobs")  # every process knows every kind of job
        import_module("base.storage").stores()  # a wrong setting is said at start
