"""Makes another form of an image, here and now."""

import uuid
from argparse import ArgumentParser
from functools import partial
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from base.errors import DomainError, NotFound
from base.models import Job
from catalogue import converting
from catalogue.models import Image
from imaging.errors import ImageError
from portal.management.base import UNUSABLE, PlainCommand, Progress, printable


class Command(PlainCommand):
    help = "Makes a stored OME-Zarr or the lower levels of an image, or writes it to a file as OME-Zarr or OME-TIFF."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("image", help="its id")
        parser.add_argument("--to", choices=("ome-zarr", "ome-tiff"), default="ome-zarr")
        parser.add_argument("--levels", action="store_true", help="only the lower levels that its file lacks")
        parser.add_argument("--out", help="write a file or folder here, and nothing into the store")

    def handle(self, *args: Any, **options: Any) -> None:
        image, out = _image(options["image"]), options["out"]
        if options["to"] == "ome-tiff" and not out:
            raise CommandError("An OME-TIFF is written to a file: say where with --out.", returncode=UNUSABLE)
        if options["levels"] and out:
            raise CommandError(
                "Lower levels lie in the store, beside the image: leave --out away.", returncode=UNUSABLE
            )
        if out:
            try:
                tell = partial(Progress(self.stdout), "blocks")
                converting.write_out(image, Path(out), to=options["to"], tell=tell)
            except ImageError as error:
                raise DomainError(str(error)) from error
        else:
            form = converting.Form.LEVELS if options["levels"] else converting.Form.OME_ZARR
            job = converting.make_now(image, form)
            if job.state != Job.State.DONE:
                raise DomainError(job.error)
        self.stdout.write(self.style.SUCCESS(printable(f"{out or 'It'} is made, and every pixel of it compared.")))


def _image(name: str) -> Image:
    try:
        return Image.objects.select_related("study", "document").get(pk=uuid.UUID(name.strip()))
    except (ValueError, Image.DoesNotExist):
        raise NotFound(f"There is no image “{name}”. Give its id, which its address ends in.") from None
