"""The Celery tasks of this room; they call services."""

from celery import shared_task

from catalogue.services import mapping_review, notices


@shared_task(name="catalogue.notices")
def send_notices() -> None:
    notices.remind()
    notices.send()


@shared_task(name="catalogue.follow_ontologies")
def follow_ontologies() -> None:
    """Texts go over to the present versions of their terms, soon after an ontology was loaded anew."""
    mapping_review.follow_ontologies()
