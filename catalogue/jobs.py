"""The kinds of background work of this room."""

from uuid import UUID

from base.jobs import Progress, job
from base.models import Job
from catalogue import converting, deidentifying, imports, measuring, stored_forms
from catalogue.files import DEIDENTIFY, MEASURE, READ
from catalogue.reading.job import read_file
from catalogue.services import notices

job(imports.LOOK, Job.Urgency.AWAITED)(imports.look_job)
job(imports.APPLY, Job.Urgency.AWAITED)(imports.apply_job)
job(stored_forms.CONVERT)(converting.convert_job)
job(DEIDENTIFY, Job.Urgency.AWAITED)(deidentifying.deidentify_job)
job(MEASURE, Job.Urgency.BACKGROUND)(measuring.measure_images)


@job(READ)
def read(progress: Progress) -> None:
    """What is read is measured next, in a job of its own: nobody waits for that."""
    read_file(progress)
    measuring.start(UUID(progress.payload["file"]))


@job(notices.SEND, Job.Urgency.AWAITED)
def send_notices(progress: Progress) -> None:
    notices.send()
