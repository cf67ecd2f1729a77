"""Imports metadata from files into a draft, or into a new one."""

from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from base import jobs
from base.errors import Invalid
from catalogue import imports, services
from catalogue.exchange.merge import Mode
from catalogue.models import Import
from portal.management.base import UNUSABLE, PlainCommand, person, printable, study_named

CHUNK = 1 << 20
SHOWN = 50


class Command(PlainCommand):
    help = "Shows what files in any known format would change in a draft and, with --apply, takes them over."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, help="the files, or a folder of them, that belong together")
        parser.add_argument("--owner", required=True, metavar="EMAIL", help="the account in whose name it is done")
        parser.add_argument("--study", help="the draft's id or accession; without it a new study is started")
        known = ", ".join(one.key for one in imports.readable())
        parser.add_argument("--format", default="", help=f"found out unless it is named: {known}")
        parser.add_argument("--mode", default=Mode.UPDATE.value, choices=[mode.value for mode in Mode])
        parser.add_argument("--accept", action="append", default=[], metavar="N", help="take the proposal of remark N")
        parser.add_argument("--apply", action="store_true", help="take it over")

    def handle(self, *args: Any, **options: Any) -> None:
        actor = person(options["owner"])
        files = _files(options["files"])
        study = study_named(options["study"]) if options["study"] else services.create_study(actor=actor)
        keep = options["study"] or options["apply"]
        try:
            row = imports.receive(actor=actor, study_id=study.pk, files=files, format=options["format"])
            jobs.run_queued(study.pk)
            row = imports.change(actor=actor, import_id=row.pk, mode=options["mode"], accepted=options["accept"])
            jobs.run_queued(study.pk)
            row.refresh_from_db()
            self._tell(row)
            if options["apply"] and row.state == Import.State.SEEN:
                imports.take(actor=actor, import_id=row.pk, digest=row.report["digest"])
                jobs.run_queued(study.pk)
                row.refresh_from_db()
                if row.state == Import.State.APPLIED:
                    self.stdout.write(self.style.SUCCESS(f"{study.pk}: taken over."))
        except BaseException:
            keep = bool(options["study"])
            raise
        finally:
            if not keep:
                services.delete_study(actor=actor, study_id=study.pk)
        if row.state == Import.State.FAILED:
            raise CommandError(printable(row.problem), returncode=UNUSABLE)

    def _tell(self, row: Import) -> None:
        if row.state != Import.State.SEEN:
            return
        report = row.report
        for one in report["remarks"]:
            proposal = f" → {one['proposal']} (--accept {one['key']})" if one["proposal"] else ""
            place = f"{one['place']}: " if one["place"] else ""
            self.stdout.write(printable(f"{one['weight']:<7}{place}{one['message']}{proposal}"))
        for one in report["changes"][:SHOWN]:
            self.stdout.write(printable(f"change {one['path']}"))
        if report["change_count"] > SHOWN:
            self.stdout.write(f"and {report['change_count'] - SHOWN} more changes")
        self.stdout.write(
            f"{row.format}: {report['change_count']} changes, {report['files']} lines about files "
            f"({report['matched']} of the study), {report['pairs']} further values, {report['errors']} errors."
        )


def _files(paths: Iterable[Path]) -> dict[str, Iterable[bytes]]:
    """The files by name; those of a folder by their path in it. Raises Invalid."""
    found: dict[str, Iterable[bytes]] = {}
    for path in paths:
        if path.is_dir():
            inner = [one for one in sorted(path.rglob("*")) if one.is_file() and not one.name.startswith(".")]
            found |= {one.relative_to(path).as_posix(): _chunks(one) for one in inner}
        elif path.is_file():
            found[path.name] = _chunks(path)
        else:
            raise Invalid(f"There is no file {path}.", field="files", file=path.name)
    return found


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            yield chunk
