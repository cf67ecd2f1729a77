"""Makes copies of files without what may tell who a patient is."""

import secrets
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from imaging import limited
from imaging.errors import ImageError
from imaging.facts import Removed
from portal.management.base import UNUSABLE, PlainCommand, printable


class Command(PlainCommand):
    help = "Copies DICOM files and slides without what may tell who a patient is, and says what was removed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, help="DICOM files, SVS, NDPI, SCN or QPTIFF slides")
        parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="where the copies go")
        parser.add_argument("--dry-run", action="store_true", help="only say what was found")
        parser.add_argument(
            "--salt", default="", help="any secret text; with the same one, files of a study get UIDs that fit together"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        salt = options["salt"].encode() or secrets.token_bytes(32)
        failed = 0
        for path in options["files"]:
            try:
                if options["dry_run"]:
                    self._tell(path)
                else:
                    self._copy(path, options["out"], salt)
            except ImageError as error:
                failed += 1
                self.stderr.write(printable(str(error)))
        if failed:
            raise CommandError(f"{failed} of {len(options['files'])} files could not be used.", returncode=UNUSABLE)

    def _tell(self, path: Path) -> None:
        found = limited.read_facts(path).findings
        for one in found:
            self.stdout.write(printable(f"{path.name}: {one.where} {one.what}. {one.advice}"))
        if not found:
            self.stdout.write(printable(f"{path.name}: nothing was found that may tell who a patient is."))

    def _copy(self, path: Path, folder: Path, salt: bytes) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        out = folder / path.name
        log = folder / f"{path.name}.removed.tsv"
        if out.exists() or log.exists():
            raise ImageError(path=str(out), field="copy", reason="is there already; remove it, or name another folder.")
        removed = limited.deidentify(path, out, salt)
        log.write_text(as_table(removed))
        self.stdout.write(printable(f"{path.name}: {len(removed)} values or pictures removed; see {log.name}."))


def as_table(removed: tuple[Removed, ...]) -> str:
    """Tab-separated lines: where, name, action."""
    return "".join(f"{one.where}\t{one.name}\t{one.action}\n" for one in (Removed("where", "name", "action"), *removed))
