"""Puts files together that look like one image."""

from argparse import ArgumentParser
from typing import Any

from base import jobs
from catalogue import sets
from catalogue.access import Actor
from portal.management.base import PlainCommand, printable, study_named


class Command(PlainCommand):
    help = "Lists the files of a study that look like one image, and puts them together."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("study", help="its accession or id")
        parser.add_argument("--apply", action="store_true", help="put all together that are listed")
        parser.add_argument("--pattern", metavar="TEXT", help="put the files of this pattern together instead")
        parser.add_argument("--folder", default="", help="the folder of the pattern's files")

    def handle(self, *args: Any, **options: Any) -> None:
        study = study_named(options["study"])
        actor = Actor(study.owner)
        if options["pattern"]:
            wanted = [(options["folder"], options["pattern"].replace("\\n", "\n"))]
        else:
            found, _ = sets.offers(study)
            for offer in found:
                line = ", ".join(offer.text.strip().splitlines())
                said = "" if offer.proposal.certain else " (the names do not say what differs)"
                self.stdout.write(printable(f"{len(offer.proposal.names):>6} files  {offer.folder}{line}{said}"))
            wanted = [(offer.folder, offer.text) for offer in found]
            if not options["apply"]:
                self.stdout.write(f"{len(wanted)} images. Nothing was changed; --apply puts them together.")
                return
        for folder, text in wanted:
            made = sets.put_together(actor=actor, study_id=study.pk, folder=folder, text=text)
            self.stdout.write(printable(f"{made.path} is one image of its files"))
        jobs.run_queued(study.pk)
