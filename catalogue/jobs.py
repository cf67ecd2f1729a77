"""The kinds of background work of this room."""

from base.jobs import Progress, job
from catalogue import imports
from catalogue.files import READ
from catalogue.reading.job import read_file
from catalogue.services import notices

job(READ)(read_file)
job(imports.LOOK)(imports.look_job)
job(imports.APPLY)(imports.apply_job)


@job(notices.SEND)
def send_notices(progress: Progress) -> None:
    notices.send()
