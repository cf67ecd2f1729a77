"""The Celery tasks. They only call services."""

from celery import shared_task

from base import jobs, uploads
from base.tiers import fixity, moves, rules


@shared_task(name="base.run_next_job")
def run_next_job() -> None:
    jobs.run_next_job()


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
