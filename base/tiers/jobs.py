"""The kinds of background work of this room."""

from base.jobs import job
from base.tiers.fixity import CHECK, CHECK_ONE, check_asked, check_share
from base.tiers.moves import MOVE, move_file

job(MOVE)(move_file)
job(CHECK)(check_share)
job(CHECK_ONE)(check_asked)
