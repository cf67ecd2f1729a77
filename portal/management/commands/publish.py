"""Publishes a study."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings

from portal.management.base import PlainCommand, person, study_named
from publishing.services import approve, public_from


class Command(PlainCommand):
    help = "Publishes a study that waits for review, in the name of a curator."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("study", help="its accession or id")
        parser.add_argument("--curator", required=True, metavar="EMAIL", help="the curator who approves it")
        parser.add_argument("--note", default="", help="a note to the depositor")

    def handle(self, *args: Any, **options: Any) -> None:
        study, curator = study_named(options["study"]), person(options["curator"])
        publication = approve(actor=curator, study_id=study.pk, note=options["note"])
        if publication is None:
            self.stdout.write(f"{study.accession} is approved; it will be public on {public_from(study)}")
            return
        address = f"{settings.PUBLIC_URL}/studies/{publication.accession}/v{publication.version}"
        self.stdout.write(self.style.SUCCESS(f"{publication.accession} version {publication.version} is published"))
        self.stdout.write(f"{address}\ndoi:{publication.doi} ({publication.doi_state})")
