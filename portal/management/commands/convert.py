"""Makes another form of an image, here and now, or removes one."""

import uuid
from argparse import ArgumentParser
from functools import partial
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from base.errors import DomainError, NotFound
from base.models import Job
from catalogue import converting, stored_forms
from catalogue.models import Image
from catalogue.stored_forms import Form
from imaging.errors import ImageError
from portal.management.base import UNUSABLE, PlainCommand, Progress, printable


class Command(PlainCommand):
    help = "Makes a stored form of an image, removes one, or writes the image to a file, as OME-Zarr or OME-TIFF."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("image", help="its id")
        parser.add_argument("--to", choices=(Form.OME_ZARR.value, Form.OME_TIFF.value), default=Form.OME_ZARR.value)
        parser.add_argument("--levels", action="store_true", help="only the lower levels that its file lacks")
        parser.add_argument("--out", help="write a file or folder here, and nothing into the store")
        parser.add_argument("--remove", action="store_true", help="remove this stored form; never the image's own file")

    def handle(self, *args: Any, **options: Any) -> None:
        image, out = _image(options["image"]), options["out"]
        form = Form.LEVELS if options["levels"] else Form(options["to"])
        if out and (options["levels"] or options["remove"]):
            raise CommandError(
                "What is made or removed beside the image lies in the store: leave --out away.", returncode=UNUSABLE
            )
        if options["remove"]:
            size = stored_forms.remove_now(image, form)
            self.stdout.write(
                self.style.SUCCESS(f"{form} is removed ({size} bytes); the image's own file is as it was.")
            )
            return
        if out:
            try:
                tell = partial(Progress(self.stdout), "blocks")
                converting.write_out(image, Path(out), to=form, tell=tell)
            except ImageError as error:
                raise DomainError(str(error)) from error
        else:
            job = converting.make_now(image, form)
            if job.state != Job.State.DONE:
                raise DomainError(job.error)
        self.stdout.write(self.style.SUCCESS(printable(f"{out or 'It'} is made, and every pixel of it compared.")))


def _image(name: str) -> Image:
    try:
        return Image.objects.select_related("study", "document").get(pk=uuid.UUID(name.strip()))
    except (ValueError, Image.DoesNotExist):
        raise NotFound(f"There is no image “{name}”. Give its id, which its address ends in.") from None
