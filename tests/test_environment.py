"""The suite runs on the database and the broker that it was asked to run on."""

import os
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from portal.celery import app

pytestmark = pytest.mark.both


@pytest.mark.django_db
def test_database_is_the_one_asked_for() -> None:
    asked = os.environ.get("VITRINE_DATABASE_URL", "sqlite://")
    assert connection.vendor == ("postgresql" if asked.startswith("postgres") else "sqlite")
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)


def test_broker_carries_a_message() -> None:
    asked = os.environ.get("VITRINE_BROKER_URL", "filesystem://")
    with app.connection_for_write() as broker:
        assert broker.transport.driver_type == asked.split(":")[0]
        queue = broker.SimpleQueue("test-environment")
        queue.put({"job": "1"})
        message = queue.get(timeout=60)
        assert message.payload == {"job": "1"}
        message.ack()
        queue.close()


def test_data_is_kept_out_of_the_project() -> None:
    data = Path(settings.DATA)
    assert data.is_dir()
    assert not data.is_relative_to(settings.BASE_DIR)
