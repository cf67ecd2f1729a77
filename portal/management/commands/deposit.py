"""Deposits a folder as one study."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from base.errors import Invalid
from catalogue import documents, services
from catalogue.models import Study
from catalogue.rules import Level
from portal.folders import Deposited, deposit, look_at
from portal.management.base import PlainCommand, Progress, person, printable


class Command(PlainCommand):
    help = "Makes a study of a folder of files and a document of metadata: all of it, or, on an error, nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, help="the folder that holds the files")
        parser.add_argument("--metadata", type=Path, required=True, metavar="STUDY.YAML", help="the study's document")
        parser.add_argument("--owner", required=True, metavar="EMAIL", help="the account whose study it becomes")
        parser.add_argument("--in-place", action="store_true", help="leave the files where they are, uncopied")
        parser.add_argument("--submit", action="store_true", help="send the study to the curators")

    def handle(self, *args: Any, **options: Any) -> None:
        owner = person(options["owner"])
        metadata: Path = options["metadata"]
        folder = look_at(options["folder"], read_document(metadata), leave_out=metadata)
        done = deposit(
            owner, folder, in_place=options["in_place"], submit=options["submit"], tell=Progress(self.stdout)
        )
        self._tell(done, len(folder.entries), ungrouped=len(folder.entries) - len(folder.component_of))

    def _tell(self, done: Deposited, count: int, *, ungrouped: int) -> None:
        for notice in done.notices:
            self.stdout.write(printable(f"  {notice.path}: {notice.message}"))
        study = done.study
        files = f"{count} file" if count == 1 else f"{count} files"
        where = f"sent to the curators as {study.accession}" if study.state == Study.State.IN_REVIEW else "a draft"
        self.stdout.write(self.style.SUCCESS(f"{study.pk}: {files} deposited; the study is {where}."))
        if ungrouped:
            self.stdout.write(f"In no component, since no pattern fits them: {ungrouped}.")
        missing = [one for one in services.check(study).findings if one.level is Level.REQUIRED]
        if missing:
            self.stdout.write(f"Still required: {len(missing)}. See: manage.py check_study {study.pk}")


def read_document(path: Path) -> dict[str, Any]:
    """The document in a YAML or JSON file. Raises Invalid, naming file and line."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise Invalid(f"{path.name} is no text in UTF-8 (byte {error.start}).", file=path.name) from error
    except OSError as error:
        raise Invalid(f"{path} cannot be read ({error.strerror}).", field="--metadata", file=path.name) from error
    return documents.from_text(text, file=path.name)
