"""Stores from the terminal: what lies where, moving, checking, and the rules that move by themselves."""

from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import CommandError
from django.db.models import QuerySet

from base import jobs
from base.errors import DomainError, NotFound
from base.models import StoredFile, StoredMove, TierRule
from base.tiers import fixity, moves, numbers, rules
from portal.management.base import PlainCommand, Progress, printable, study_named


class Command(PlainCommand):
    help = "Lists stores, moves files between them, checks their bytes, and keeps the rules that move files."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        verbs.add_parser("list", help="what lies in each store, and whether it answers")
        move = verbs.add_parser("move", help="moves files to a store, here and now")
        move.add_argument("to", help="the store's name")
        _add_choice(move)
        check = verbs.add_parser("check", help="reads files and compares them with their checksums, here and now")
        check.add_argument("--damaged", action="store_true", help="those that the last check found damaged")
        _add_choice(check)
        rule = verbs.add_parser("rules", help="lists the rules, adds or removes one")
        rule.add_argument("--add", nargs=2, metavar=("FROM", "TO"), help="files of FROM go to TO")
        rule.add_argument("--days-since-publication", type=int, metavar="DAYS")
        rule.add_argument("--days-since-access", type=int, metavar="DAYS", help="since somebody opened it last")
        rule.add_argument("--least-bytes", type=int, default=0, metavar="BYTES", help="leave smaller files")
        rule.add_argument("--remove", type=int, metavar="NUMBER")

    def handle(self, *args: Any, **options: Any) -> None:
        verb = {"list": self._list, "move": self._move, "check": self._check, "rules": self._rules}
        verb[options["verb"]](options)

    def _list(self, options: dict[str, Any]) -> None:
        self.stdout.write(f"{'store':<20} {'tier':<8} {'files':>10} {'bytes':>20} {'damaged':>8}  state")
        for one in numbers.store_numbers():
            state = "is named by files but not by VITRINE_STORES" if not one.is_known else ""
            if one.store is not None:
                state = numbers.trouble_of(one.name) or "answers"
            line = f"{one.name:<20} {one.tier:<8} {one.files:>10} {one.bytes:>20} {one.damaged:>8}  {state}"
            self.stdout.write(printable(line))

    def _move(self, options: dict[str, Any]) -> None:
        progress, failed = Progress(self.stdout), 0
        chosen = list(_chosen(options).exclude(backend=options["to"]).values_list("pk", "key"))
        for done, (pk, key) in enumerate(chosen):
            progress("Moving", done, len(chosen))
            try:
                move = moves.start_move(stored_id=pk, to=options["to"], reason="asked for on the command line")
                jobs.run_queued(pk)
                move.refresh_from_db()
                error = move.error if move.state == StoredMove.State.FAILED else ""
            except DomainError as problem:
                error = str(problem)
            if error:
                failed += 1
                self.stderr.write(printable(f"{key}: {error}"))
        progress("Moving", len(chosen), len(chosen))
        self.stdout.write(self.style.SUCCESS(f"{len(chosen) - failed} moved, {failed} not."))
        if failed:
            raise CommandError("Some files were not moved.", returncode=1)

    def _check(self, options: dict[str, Any]) -> None:
        progress, damaged = Progress(self.stdout), 0
        files = _chosen(options, may_be_all=options["damaged"]).exclude(sha256="")
        if options["damaged"]:
            files = files.filter(is_damaged=True)
        chosen = list(files.values_list("pk", flat=True))
        for done, pk in enumerate(chosen):
            progress("Checking", done, len(chosen))
            stored = StoredFile.objects.get(pk=pk)
            if problem := fixity.check_one(stored).problem:
                damaged += 1
                self.stderr.write(printable(f"{stored.key} in the store {stored.backend}: {problem}"))
        progress("Checking", len(chosen), len(chosen))
        self.stdout.write(self.style.SUCCESS(f"{len(chosen) - damaged} whole, {damaged} damaged."))
        if damaged:
            raise CommandError("Some files are damaged: put them back from a backup.", returncode=1)

    def _rules(self, options: dict[str, Any]) -> None:
        if options["add"]:
            start, to = options["add"]
            rules.add_rule(
                by=None, from_store=start, to_store=to, days_since_publication=options["days_since_publication"],
                days_since_access=options["days_since_access"], least_bytes=options["least_bytes"],
            )  # fmt: skip
        if options["remove"] is not None:
            rules.remove_rule(by=None, rule_id=options["remove"])
        for rule in TierRule.objects.order_by("pk"):
            self.stdout.write(f"{rule.pk:>4}  {rules.words_of(rule)}{'' if rule.is_active else ' (not in force)'}")
        if not TierRule.objects.exists():
            self.stdout.write("There is no rule: files stay where they are.")


def _add_choice(parser: ArgumentParser) -> None:
    parser.add_argument("--study", metavar="ACCESSION", help="the files of this study")
    parser.add_argument("--store", metavar="NAME", help="the files of this store")
    parser.add_argument("--file", action="append", default=[], metavar="ID", help="a file by its id or key")
    parser.add_argument("--all", action="store_true", help="every file")


def _chosen(options: dict[str, Any], *, may_be_all: bool = False) -> "QuerySet[StoredFile]":
    """The files that the options name; raises NotFound, CommandError."""
    files = StoredFile.objects.exclude(backend=StoredFile.Backend.ERASED).order_by("pk")
    if options["study"]:
        files = files.filter(study_files__study=study_named(options["study"])).distinct()
    if options["store"]:
        files = files.filter(backend=options["store"])
    if options["file"]:
        files = files.filter(pk__in=[_file(name) for name in options["file"]])
    if not (options["study"] or options["store"] or options["file"] or options["all"] or may_be_all):
        raise CommandError("Say which files: --study, --store, --file or --all.", returncode=2)
    return files


def _file(name: str) -> UUID:
    found = StoredFile.objects.filter(key=name).values_list("pk", flat=True).first()
    try:
        found = found or StoredFile.objects.filter(pk=UUID(name)).values_list("pk", flat=True).first()
    except ValueError:
        found = None
    if found is None:
        raise NotFound(f"There is no stored file “{name}”: give its key or id.")
    return found
