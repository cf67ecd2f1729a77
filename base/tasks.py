"""The Celery tasks. They carry ids only and call services."""

from celery import shared_task

from base import jobs, uploads


@shared_task(name="base.run_job")
def run_job(job_id: str) -> None:
    jobs.run_job(job_id)


@shared_task(name="base.sweep")
def sweep() -> None:
    jobs.sweep()
    uploads.expire()
