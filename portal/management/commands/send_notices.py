"""Sends the mails that are due."""

from typing import Any

from catalogue.services import notices
from portal.management.base import PlainCommand


class Command(PlainCommand):
    help = "Sends the mails that are due: news at once, the digests of the day, reminders of reviews."

    def handle(self, *args: Any, **options: Any) -> None:
        notices.remind()
        sent = notices.send()
        self.stdout.write(f"{sent} mail{'' if sent == 1 else 's'} sent")
