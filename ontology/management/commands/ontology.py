from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Count

from base.errors import DomainError
from ontology import names_index
from ontology.loading import load_starter
from ontology.models import Ontology


class Command(BaseCommand):
    help = "Loads the starter sets of terms (load-starter), or lists the ontologies that are loaded (list)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("what", choices=["load-starter", "list"])

    def handle(self, *args: Any, **options: Any) -> None:
        if options["what"] == "load-starter":
            try:
                count = load_starter()
            except DomainError as error:
                raise CommandError(f"The starter sets could not be read: {error}.") from error
            names_index.refresh()
            if options["verbosity"]:
                self.stdout.write(f"{count} terms of {Ontology.objects.count()} ontologies are there.")
            return
        for one in Ontology.objects.annotate(count=Count("terms")).order_by("prefix", "version"):
            current = "current" if one.is_current else "older"
            self.stdout.write(f"{one.prefix}\t{one.version}\t{one.count} terms\t{current}\t{one.licence}\t{one.source}")
