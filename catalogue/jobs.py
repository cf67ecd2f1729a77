"""The kinds of background work of this room."""

from base.jobs import job
from catalogue.files import READ
from catalogue.reading.job import read_file

job(READ)(read_file)
