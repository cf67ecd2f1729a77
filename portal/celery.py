"""The Celery application. Tasks only wake a worker for a Job row (base.jobs)."""

import os

from celery import Celery

from base import broker

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

broker.install()
app = Celery("portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["base", "catalogue", "publishing"])
