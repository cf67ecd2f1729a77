"""The Celery tasks. They carry ids only and call services."""

from celery import shared_task

from base import jobs, uploads
from base.tiers import fixity, moves, rules


@shared_task(name="base.run_job")
def run_job(job_id: str) -> None:
    jobs.run_job(job_id)


@shared_task(name="base.sweep")
def sweep() -> None:
    jobs.sweep()
    uploads.expire()


@shared_task(name="base.keep_stores")
def keep_stores() -> None:
    rules.apply_rules()
    moves.ask_again()
    moves.clean_up()


@shared_task(name="base.check_fixity")
def check_fixity() -> None:
    fixity.start_check()
