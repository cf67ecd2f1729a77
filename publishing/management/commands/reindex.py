"""Makes the search index anew, by the running indexer if there is one."""

import threading
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from base.errors import Conflict
from base.models import Outbox
from publishing import indexer
from publishing.rebuilding import Rebuild
from publishing.search import SearchUnavailable, search_index

POLL_SECONDS = 0.5
PATIENCE = 24 * 3600.0


class Command(BaseCommand):
    help = "Makes the search index anew from the published records. Searches use the old one until it is done."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with indexer.writing() as index:
                count = Rebuild(index, threading.Lock(), threading.Event(), told=self._tell).build()
        except Conflict:
            count = self._ask()
        except SearchUnavailable as error:
            raise CommandError(str(error)) from error
        self.stdout.write(self.style.SUCCESS(f"Indexed {count} studies, images and terms."))

    def _tell(self, count: int) -> None:
        self.stdout.write(f"{count} so far …")

    def _ask(self) -> int:
        self.stdout.write("The indexer is running: it was asked to make the index anew …")
        asked, until, done = indexer.ask_to_rebuild(), time.monotonic() + PATIENCE, 0
        while row := Outbox.objects.filter(pk=asked).first():
            if "failed" in row.payload:
                raise CommandError(f"The indexer could not do it, and tries again: {row.payload['failed']}")
            if time.monotonic() > until:
                raise CommandError("The indexer did not finish within a day; look at its log.")
            if row.payload.get("done", 0) != done:
                done = row.payload["done"]
                self._tell(done)
            time.sleep(POLL_SECONDS)
        return search_index().health().documents
