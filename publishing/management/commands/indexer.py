"""The process that keeps the search index and the index of terms' names up to date. One runs beside the web server;
script/server starts it."""

import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from base.errors import DomainError
from ontology.names import index as names_index
from publishing import indexer


class Command(BaseCommand):
    help = (
        "Keeps the search index up to date with what is published, and the index of terms' names with the ontologies"
        " that are loaded, until it is stopped (Ctrl-C or SIGTERM)."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        # Beside the other, since millions of names take a minute.
        threading.Thread(target=names_index.keep, args=[stop], daemon=True).start()
        try:
            indexer.run(stop)
        except DomainError as error:
            raise CommandError(f"{error} Only one indexer may run.") from error
