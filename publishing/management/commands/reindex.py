"""Makes the search index anew, by the running indexer if there is one."""

import time
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from base.errors import Conflict
from base.models import Outbox
from publishing import indexer
from publishing.search import Document, SearchIndex, SearchUnavailable, search_index
from publishing.search.documents import all_documents

EVERY = 5_000  # documents between two words of progress
POLL_SECONDS = 0.5
PATIENCE = 24 * 3600.0


class Command(BaseCommand):
    help = "Makes the search index anew from the published records. Searches use the old one until it is done."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with indexer.writing() as index:
                self._rebuild(index)
        except Conflict:
            self._ask()
        except SearchUnavailable as error:
            raise CommandError(str(error)) from error

    def _rebuild(self, index: SearchIndex) -> None:
        count = index.rebuild(self._told(all_documents()))
        self.stdout.write(self.style.SUCCESS(f"Indexed {count} studies, images and terms."))

    def _told(self, documents: Iterator[Document]) -> Iterator[Document]:
        for count, document in enumerate(documents, 1):
            if count % EVERY == 0:
                self.stdout.write(f"{count} so far …")
            yield document

    def _ask(self) -> None:
        self.stdout.write("The indexer is running: it was asked to make the index anew …")
        row, until = indexer.ask_to_rebuild(), time.monotonic() + PATIENCE
        while Outbox.objects.filter(pk=row).exists():
            if time.monotonic() > until:
                raise CommandError("The indexer did not finish within a day; look at its log.")
            time.sleep(POLL_SECONDS)
        self.stdout.write(self.style.SUCCESS(f"Indexed {search_index().health().documents} studies, images and terms."))
