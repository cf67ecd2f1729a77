"""Brings decisions on texts out as a set of mappings, and sets of mappings in."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from catalogue.services import mapping_review
from ontology.bindings import BINDINGS
from ontology.mapping import sets as mapping_sets
from portal.management.base import PlainCommand, person, printable

SHOWN = 50


class Command(PlainCommand):
    help = "Writes all decisions on what texts stand for as SSSOM/TSV (export), or takes such a file (import)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        out = verbs.add_parser("export", help="writes the decisions")
        out.add_argument("file", nargs="?", type=Path, help="where to write; without it to the terminal")
        take = verbs.add_parser("import", help="takes the mappings of texts in a file")
        take.add_argument("file", type=Path)
        take.add_argument("--curator", required=True, metavar="EMAIL", help="the curator in whose name it is done")
        take.add_argument("--field", default="", choices=["", *BINDINGS], help="of lines without a subject_category")
        take.add_argument("--replace", action="store_true", help="also replace decisions here that say otherwise")
        take.add_argument("--dry-run", action="store_true", help="only say what would change")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["verb"] == "export":
            self._export(options["file"])
        else:
            self._import(options)

    def _export(self, file: Path | None) -> None:
        text = mapping_sets.write(public_url=settings.PUBLIC_URL, site=settings.SITE_NAME, for_all=False)
        if file is None:
            self.stdout.write(text, ending="")
            return
        file.write_text(text, encoding="utf-8")
        self.stdout.write(self.style.SUCCESS(str(file)))

    def _import(self, options: dict[str, Any]) -> None:
        taken, act = mapping_review.take_set(
            actor=person(options["curator"]),
            data=options["file"].read_bytes(),
            binding=options["field"],
            replace=options["replace"],
            dry_run=options["dry_run"],
        )
        for title, lines in (("left out", taken.problems), ("here it was decided otherwise", taken.clashes)):
            for line in lines[:SHOWN]:
                self.stderr.write(printable(f"{title}: {line}"))
            if len(lines) > SHOWN:
                self.stderr.write(f"{title}: {len(lines) - SHOWN} more")
        if taken.unknown:
            names = ", ".join(taken.unknown[:SHOWN])
            self.stderr.write(printable(f"used once their ontology is loaded: {names}"))
        would = "would be " if options["dry_run"] else ""
        self.stdout.write(
            self.style.SUCCESS(
                f"{taken.added} {would}added, {taken.replaced} {would}replaced, {taken.unchanged} the same."
            )
        )
        if act:
            self.stdout.write(f"To undo it, see “What you decided last” on the page /review/terms ({act}).")
        if taken.problems or taken.clashes:
            raise CommandError("Some lines were not taken.", returncode=1)
