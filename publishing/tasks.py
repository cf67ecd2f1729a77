"""The Celery tasks of this room; they call services."""

from celery import shared_task

from publishing import services


@shared_task(name="publishing.release")
def release_due() -> None:
    services.release_due()
