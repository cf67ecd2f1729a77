"""Does one thing to the site as a web process would, and prints the outcome: start | start-unheard | sweep."""

import sys
from datetime import timedelta
from unittest.mock import patch

import django

django.setup()

from django.db import transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from base import jobs  # noqa: E402


def start(log: str) -> None:
    with transaction.atomic():
        print(jobs.start("steps", owner=None, target=None, payload={"log": log}).pk.hex)


if sys.argv[1] == "start":
    start(sys.argv[2])
elif sys.argv[1] == "start-unheard":
    with patch("base.jobs._wake"):  # the broker loses the message
        start(sys.argv[2])
elif sys.argv[1] == "sweep":
    print(jobs.sweep(timezone.now() + jobs.STALE + timedelta(seconds=1)))
