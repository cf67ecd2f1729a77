"""The kinds of background work of this room."""

from base.jobs import job
from base.models import Job
from base.tiers.fixity import CHECK, CHECK_ONE, check_asked, check_share
from base.tiers.moves import FETCH, MOVE, move_file

job(FETCH, Job.Urgency.AWAITED)(move_file)
job(MOVE, Job.Urgency.BACKGROUND)(move_file)
job(CHECK, Job.Urgency.BACKGROUND)(check_share)
job(CHECK_ONE)(check_asked)
