"""The kinds of background work of this room."""

from base.jobs import job
from base.models import Job
from publishing.erasing import DEIDENTIFY_WITHDRAWN, deidentify_job

job(DEIDENTIFY_WITHDRAWN, Job.Urgency.AWAITED)(deidentify_job)
