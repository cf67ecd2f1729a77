"""Loads ontologies, lists them, brings them up to date and removes them."""

import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from base.errors import DomainError
from ontology import versions
from ontology.loading import Loaded, load_file, load_starter, ordered
from ontology.models import Ontology
from ontology.names import index as names_index
from ontology.reading import Given, cellxgene
from ontology.removal import remove

_SECONDS = 2.0  # between two lines that tell how far it is
_SHOWN = 20  # changed terms that are named


class Command(BaseCommand):
    help = "Loads ontologies (load, load-starter), lists (list), updates (update) and removes (remove) them."

    def add_arguments(self, parser: CommandParser) -> None:
        commands = parser.add_subparsers(dest="what", required=True)
        load = commands.add_parser("load", help="loads ontologies beside what is there; a newer one becomes current")
        load.add_argument("sources", nargs="+", metavar="FILE|cellxgene[:PREFIX[@RELEASE],…]")
        load.add_argument("--prefix", default="", help="of its terms' CURIEs, if the file does not say it")
        load.add_argument("--own", default="", help="all prefixes of its own terms, if several, with commas between")
        load.add_argument("--name", default="")
        load.add_argument("--release", default="", help="its version, if the file does not say it")
        load.add_argument("--licence", default="", help="SPDX id")
        load.add_argument("--source", default="", help="where the file is from")
        load.add_argument("--current", action="store_true", help="use it even if it is not newer than the current one")
        commands.add_parser("load-starter", help="loads the starter sets")
        commands.add_parser("list", help="lists the versions that are loaded")
        update = commands.add_parser("update", help="loads newer versions, uses them, and tells what they change")
        update.add_argument("sources", nargs="*", metavar="FILE|cellxgene[:PREFIX,…]",
                            help="if none: all of the cellxgene package that is newer than what is loaded")  # fmt: skip
        away = commands.add_parser("remove", help="removes a version")
        away.add_argument("prefix")
        away.add_argument("release", nargs="?", default="", help="may be left out where only one is loaded")
        away.add_argument("--force", action="store_true", help="even if it is current and records name its terms")

    def handle(self, *args: Any, **options: Any) -> None:
        verbs: dict[str, Callable[[dict[str, Any]], None]] = {
            "load": self._load,
            "load-starter": self._load_starter,
            "list": self._list,
            "update": self._update,
            "remove": self._remove,
        }
        self.is_quiet = not options["verbosity"]
        try:
            verbs[options["what"]](options)
        except DomainError as error:
            raise CommandError(str(error)) from error

    def _load(self, options: dict[str, Any]) -> None:
        own = tuple(filter(None, (prefix.strip() for prefix in options["own"].split(","))))
        given = Given(
            options["prefix"], options["name"], options["release"], options["licence"], options["source"], own
        )
        paths = [path for source in options["sources"] for path in _files(source)]
        if len(paths) > 1 and given != Given():
            raise CommandError("What is said of a file by options can be true of one file only: load them one by one.")
        for path in paths:
            self._tell_loaded(load_file(path, given, current=options["current"], tell=self._progress()))
        self._refresh_names()

    def _load_starter(self, options: dict[str, Any]) -> None:
        count = load_starter()
        self._refresh_names()
        self._say(f"{count} terms of {Ontology.objects.filter(is_part=True).count()} ontologies are there.")

    def _list(self, options: dict[str, Any]) -> None:
        for one in Ontology.objects.order_by("prefix", "version", "is_part"):
            state = "current" if one.is_current else "older"
            if one.state != Ontology.State.READY:
                state = "not whole: load it again, or remove it"
            part = "starter set" if one.is_part else "whole"
            self.stdout.write(
                f"{one.prefix}\t{one.version}\t{one.term_count} terms\t{state}\t{part}\t{one.licence}\t{one.source}"
            )

    def _update(self, options: dict[str, Any]) -> None:
        paths = [path for source in options["sources"] for path in _files(source)]
        if not options["sources"]:
            paths = _newer()
            if not paths:
                self._say("Nothing that is loaded has a newer version in the package cellxgene-ontology-guide.")
        for path in paths:
            before = {one.prefix: one for one in Ontology.objects.filter(is_current=True)}
            loaded = load_file(path, current=True, tell=self._progress())
            self._tell_loaded(loaded)
            old = before.get(loaded.ontology.prefix)
            if old and not old.is_part and old.pk != loaded.ontology.pk:
                self._tell_changes(old, loaded.ontology)
        self._refresh_names()

    def _remove(self, options: dict[str, Any]) -> None:
        tell = self._progress()
        gone = remove(
            prefix=options["prefix"],
            version=options["release"],
            force=options["force"],
            tell=lambda done: tell("removed terms", done, 0),
        )
        self._refresh_names()
        self._say(f"{gone} is removed.")

    def _tell_loaded(self, loaded: Loaded) -> None:
        ontology = loaded.ontology
        state = (
            "current" if Ontology.objects.get(pk=ontology.pk).is_current else "beside a newer one; --current uses it"
        )
        done = f"loaded, {ontology.term_count:,} terms" if loaded.is_new else "there already"
        self._say(f"{ontology}: {done} ({state}).")
        if loaded.strangers:
            self._say(f"  {loaded.strangers:,} links to terms that are not in the file were left out.")
        for term, parent in loaded.circles[:_SHOWN]:
            self._say(f"  {term} is not put below {parent}, since that is below it already.")
        if len(loaded.circles) > _SHOWN:
            self._say(f"  … and {len(loaded.circles) - _SHOWN:,} more links that close a circle.")
        if not ontology.licence:
            self._say("  Its licence is not known; --licence says it.")

    def _tell_changes(self, old: Ontology, new: Ontology) -> None:
        counts: Counter[versions.Change] = Counter()
        for change in versions.changes(old.prefix, old.version, new.version, added=True):
            counts[change.kind] += 1
        told = ", ".join(f"{counts[kind]:,} {kind.value}" for kind in versions.Change)
        self._say(f"  Since {old.version}: {told}. Remove {old.version} when nothing needs it any more.")

    def _refresh_names(self) -> None:
        tell = self._progress()
        names_index.refresh(tell=lambda prefix, names: tell(f"names of {prefix}", names, 0))

    def _say(self, line: str) -> None:
        if not self.is_quiet:
            self.stdout.write(line)

    def _progress(self) -> Callable[[str, int, int], None]:
        """A function that says how far it is, every two seconds."""
        last = time.monotonic()

        def tell(what: str, done: int, total: int) -> None:
            nonlocal last
            if self.is_quiet or time.monotonic() - last < _SECONDS:
                return
            last = time.monotonic()
            self.stderr.write(f"  {what}: {done:,}" + (f" of {total:,}" if total else ""))
            sys.stderr.flush()

        return tell


def _files(source: str) -> list[Path]:
    name, _, wanted = source.partition(":")
    if name == "cellxgene":
        return cellxgene.find(wanted)
    path = Path(source)
    if not path.is_file():
        raise CommandError(f"There is no file {source}.")
    return [path]


def _newer() -> list[Path]:
    """Files of the package for what is loaded whole, in an older version."""
    current = {one.prefix: one.version for one in Ontology.objects.filter(is_current=True, is_part=False)}
    return [
        path
        for prefix, version, path in cellxgene.releases()
        if prefix in current and ordered(version) > ordered(current[prefix])
    ]
