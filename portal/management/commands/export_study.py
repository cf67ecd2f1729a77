"""Writes a study's metadata in a format."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from base.errors import NotFound
from catalogue import dossiers
from catalogue.exchange.download import download, writable
from portal.management.base import PlainCommand, study_named
from publishing import queries
from publishing.dossiers import of_publication


class Command(PlainCommand):
    help = "Writes a draft's or a published version's metadata in a format; several files become a zip."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("study", help="its accession or id")
        parser.add_argument("format", choices=[one.key for one in writable()])
        parser.add_argument("--published", action="store_true", help="the newest published version, not the draft")
        parser.add_argument(
            "--to", type=Path, default=Path(), metavar="FOLDER", help="where to write; here if left out"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        study = study_named(options["study"])
        chosen = next(one for one in writable() if one.key == options["format"])
        if options["published"] and not study.accession:
            raise NotFound("This study was never published.")
        if options["published"]:
            dossier = of_publication(queries.by_accession(study.accession or ""))
        else:
            dossier = dossiers.of_study(study)
        made = download(chosen, dossier, study.accession or study.title[:60])
        path: Path = options["to"] / made.name
        path.write_bytes(made.data)
        self.stdout.write(self.style.SUCCESS(str(path)))
