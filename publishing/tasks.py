"""The Celery tasks of this room; they call services."""

from celery import shared_task

from publishing import saved_searches, services


@shared_task(name="publishing.release")
def release_due() -> None:
    services.release_due()


@shared_task(name="publishing.saved_searches")
def mail_saved_searches() -> None:
    saved_searches.mail_news()
