"""The Celery tasks of this room; they call services."""

from celery import shared_task

from catalogue.services import notices


@shared_task(name="catalogue.notices")
def send_notices() -> None:
    notices.remind()
    notices.send()
