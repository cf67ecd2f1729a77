"""Loads the demo."""

from typing import Any

from portal.demo.load import accounts_file, load_demo
from portal.management.base import PlainCommand, Progress


class Command(PlainCommand):
    help = "Loads two published studies and a draft, and accounts of a researcher and a curator. Safe to run again."

    def handle(self, *args: Any, **options: Any) -> None:
        made = load_demo(Progress(self.stdout))
        for study in made:
            self.stdout.write(f"{study.accession or 'draft'}\t{study.title}")
        if not made:
            self.stdout.write("The demo was loaded before; nothing was added.")
        self.stdout.write(self.style.SUCCESS(f"Its accounts are in {accounts_file()}"))
