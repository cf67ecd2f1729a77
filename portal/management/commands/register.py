"""Registers files where they lie, in a folder of this machine or in an object store, as files of a draft."""

from argparse import ArgumentParser
from typing import Any

from catalogue import files
from catalogue.access import Actor
from portal.management.base import PlainCommand, printable, study_named


class Command(PlainCommand):
    help = "Adds files to a draft where they lie: a folder of this machine, or of an object store that is a source."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("study", help="accession or id of the draft")
        parser.add_argument("path", nargs="+", help="a path, store:key, or s3://bucket/key; of a folder all in it")

    def handle(self, *args: Any, **options: Any) -> None:
        study = study_named(options["study"])
        for path in options["path"]:
            found = files.register_in_place(actor=Actor(study.owner), study_id=study.pk, path=path)
            count = "1 file" if len(found) == 1 else f"{len(found)} files"
            self.stdout.write(self.style.SUCCESS(printable(f"{path}: {count} registered; a worker reads them.")))
