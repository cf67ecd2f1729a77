"""Tells what a study lacks."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from catalogue import documents
from catalogue.rules import Level
from catalogue.rules.titles import place_in_words
from catalogue.services import check
from portal.management.base import PlainCommand, printable, study_named
from publishing import fair


class Command(PlainCommand):
    help = "Lists what is missing or wrong in a study; exit status 1 if something required is."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("study", help="its accession or id")

    def handle(self, *args: Any, **options: Any) -> None:
        study = study_named(options["study"])
        document = documents.read(study)
        checked = check(study, document)
        for one in sorted(checked.findings, key=lambda one: one.level is not Level.REQUIRED):
            self.stdout.write(printable(f"{one.level:<12} {place_in_words(document, one.path)}: {one.message}"))
        required = sum(one.level is Level.REQUIRED for one in checked.findings)
        self.stdout.write(f"{checked.score:.0%} of the required and recommended fields are filled in well.")
        report = fair.of_draft(document, checked.facts)
        self.stdout.write(f"FAIR: {report.earned:g} of {report.total:g} points if it were published now.")
        if required:
            raise CommandError(f"Required and missing or wrong: {required}.", returncode=1)
        self.stdout.write(self.style.SUCCESS("Nothing required is missing."))
