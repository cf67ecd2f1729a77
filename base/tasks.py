"""The Celery tasks. They carry ids only and call services."""

from celery import shared_task

from base import jobs


@shared_task(name="base.run_job")  # type: ignore[untyped-decorator]
def run_job(job_id: str) -> None:
    jobs.run_job(job_id)


@shared_task(name="base.sweep")  # type: ignore[untyped-decorator]
def sweep() -> None:
    jobs.sweep()
