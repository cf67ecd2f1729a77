"""Other forms of an image's pixels, made when somebody asks for it: a whole OME-Zarr, or only the lower levels.

The file as deposited is never changed. What is made has the levels, chunks and codec that the image is served with, and
is served in its place (`publishing.delivery.choosing`), which spares decoding; it is no part of a published version.
"""

import enum
import shutil
import uuid
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import transaction

from base import audit, jobs
from base.errors import Archived, Conflict, DomainError, Invalid, NotFound, StorageError
from base.ids import new_id
from base.jobs import Cancelled, Progress
from base.models import Job, StoredFile
from base.storage import storage_for
from base.tiers.moves import recall
from catalogue.access import Actor, Verb, require
from catalogue.models import Channel, Image, Pixels, Representation
from catalogue.ome.read import document_of
from catalogue.reading.hashing import hash_stored
from catalogue.reading.staging import place_of_image, table_of
from imaging import limited
from imaging.converting.files import tiff_xml, zarr_xml
from imaging.converting.ome_tiff import to_ome_tiff
from imaging.converting.ome_zarr import How, to_ome_zarr
from imaging.converting.writing import Tell
from imaging.errors import ImageError
from imaging.facts import ChannelFacts, Quantity, Window
from imaging.ome.document import OmeDocument
from imaging.pixels import PixelSource
from imaging.representations.view import About
from imaging.source import LEVELS, open_source
from imaging.sources.pyramid import LARGE
from imaging.table import Table

CONVERT = "convert-image"
MEDIA_TYPE = "image/ome-zarr;version=0.5"
OPEN = (Job.State.QUEUED, Job.State.RUNNING)


class Form(enum.StrEnum):
    """What can be made of an image: all of it as OME-Zarr, or the levels that its file lacks."""

    OME_ZARR = "ome-zarr"
    LEVELS = "levels"


@dataclass(frozen=True)
class Forms:
    """What an image has been made into, and what is being made of it. last: the newest job, also one that is over."""

    made: tuple[Form, ...]
    last: Job | None

    @property
    def is_busy(self) -> bool:
        return self.last is not None and self.last.state in OPEN


def levels_key(image_id: uuid.UUID) -> str:
    """Lower levels lie beside the table, where imaging.source looks for them."""
    return f"images/{image_id}/{LEVELS}"


def ask(*, actor: Actor, image_id: uuid.UUID, form: Form) -> Job:
    """Have a form of an image made in the background. Raises NotFound, NotAllowed, Conflict, Invalid."""
    with transaction.atomic():
        image = _image(actor, image_id, lock=True)
        forms = forms_of(image)
        if forms.is_busy:
            raise Conflict("This image is being converted already.")
        if form in forms.made:
            raise Conflict("This was made of the image already.")
        _original(image)
        audit.record(actor.person, "asked for a conversion", image.study_id, image=str(image.pk), form=form)
        payload = {"image": str(image.pk), "form": form}
        return jobs.start(CONVERT, owner=actor.person, target=image.pk, payload=payload)


def cancel(*, actor: Actor, image_id: uuid.UUID) -> None:
    """Stop making what was asked for; what was done of it is thrown away."""
    image = _image(actor, image_id)
    for job in Job.objects.filter(target=image.pk, kind=CONVERT, state__in=OPEN):
        jobs.cancel(job)


def forms_of(image: Image) -> Forms:
    """What there is of an image, for pages that poll."""
    made = [Form.OME_ZARR] if Representation.objects.filter(image=image, is_generated=True).exists() else []
    with suppress(StorageError):
        storage_for(StoredFile.Backend.STORE).local_path(levels_key(image.pk))
        made.append(Form.LEVELS)
    return Forms(tuple(made), Job.objects.filter(target=image.pk, kind=CONVERT).order_by("-id").first())


def convert_job(progress: Progress) -> None:
    """Make the form that the payload names; begun again, it goes on with the shards that are there."""
    image = Image.objects.select_related("study", "document").filter(pk=progress.payload["image"]).first()
    if image is None:
        return
    form = Form(progress.payload["form"])
    folder = _work_folder(image.pk)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        made = folder / f"{form}.ome.zarr"
        if not made.exists():
            _convert(image, form, made, progress)
        _keep(image, form, made, progress)
    except Cancelled:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    except Archived as error:
        recall(error.stored)
        raise DomainError(f"{error} This is being fetched: ask again when it is here.") from error
    except ImageError as error:
        raise DomainError(str(error)) from error
    shutil.rmtree(folder, ignore_errors=True)


def make_now(image: Image, form: Form) -> Job:
    """Make a form here and now, for the administrators' command; the job says what came of it."""
    job = jobs.start(CONVERT, owner=None, target=image.pk, payload={"image": str(image.pk), "form": form})
    jobs.run_job(job.pk)
    job.refresh_from_db()
    return job


def write_out(image: Image, out: Path, *, to: str, tell: Tell) -> None:
    """Write an image to a file that is no part of the site, as "ome-zarr" or "ome-tiff". Raises ImageError, Invalid."""
    original = _original(image)
    is_labels = _is_labels(original)
    with closing(_open(original)) as source:
        if to == "ome-zarr":
            to_ome_zarr(source, out, about_image(image, is_labels=is_labels), identity=str(image.pk), tell=tell)
        else:
            document, index = _document(image)
            to_ome_tiff(source, out, lambda samples: tiff_xml(document, index, source, samples),
                        labels=is_labels, tell=tell)  # fmt: skip


def _convert(image: Image, form: Form, out: Path, progress: Progress) -> None:
    """Raises ImageError, DomainError."""
    original = _original(image)
    header = Table.open(table_of(original)).header
    with closing(_open(original)) as source:
        if form == Form.LEVELS and (len(header["levels"]) > 1 or max(source.levels[0].shape[3:]) <= LARGE):
            raise Invalid("This image needs no lower levels: its file has them, or it is small.")
        about = about_image(image, is_labels=_is_labels(original))
        to_ome_zarr(source, out, about, _how(form, source), identity=repr(header["identity"]),
                    tell=lambda done, total: progress.report(done, total, "Converting the image"))  # fmt: skip


def _open(original: Representation) -> PixelSource:
    return open_source(place_of_image(original), original.series, table_of(original))


def _is_labels(original: Representation) -> bool:
    """As its table says, by which it is served too: the type that people give an image may change, its pixels not."""
    return bool(Table.open(table_of(original)).header.get("labels"))


def _how(form: Form, source: PixelSource) -> How:
    """A whole OME-Zarr has the very chunks and codec that the image is served with, so that it may be served instead:
    addresses and what clients have kept of them stay right. So have lower levels alone."""
    if form == Form.LEVELS:
        return How(chunk=None, codec="zstd", first=1)
    if _goes_out_as_stored(source):
        raise Invalid("This would gain nothing: the image is served as OME-Zarr straight from the bytes of its file.")
    return How(chunk=None, codec="zstd")


def _goes_out_as_stored(source: PixelSource) -> bool:
    return all(source.raw_chunk(level, (0, 0, 0, 0, 0)) is not None for level in range(len(source.levels)))


def _keep(image: Image, form: Form, made: Path, progress: Progress) -> None:
    """Move what was made into the store, and note it."""
    store = storage_for(StoredFile.Backend.STORE)
    if form == Form.LEVELS:
        store.adopt(levels_key(image.pk), made)
        return
    key = f"conversions/{new_id()}"
    table = made.with_suffix(".table")
    limited.make_tables(made, [""], [table])
    with closing(open_source(made)) as source:
        level_count = len(source.levels)
    store.adopt(f"{key}/{image.pk}.ome.zarr", made)
    with transaction.atomic():
        owner = image.study.owner
        stored = StoredFile.objects.create(backend=StoredFile.Backend.STORE, key=f"{key}/{image.pk}.ome.zarr",
                                           is_folder=True, owner=owner, media_type=MEDIA_TYPE)  # fmt: skip
        store.adopt(f"{key}/table", table)
        Representation.objects.create(image=image, stored=stored, format=MEDIA_TYPE, table=f"{key}/table",
                                      is_generated=True, level_count=level_count)  # fmt: skip
    hash_stored(stored, progress)


def about_image(image: Image, *, is_labels: bool) -> About:
    """What the catalogue says of an image: names, colours, contrast, scale, and its OME-XML."""
    pixels = Pixels.objects.filter(image=image).first()
    sizes = {}
    for axis, name in (("x", "physical_size_x"), ("y", "physical_size_y"), ("z", "physical_size_z"),
                       ("t", "time_increment")):  # fmt: skip
        value = getattr(pixels, name, None)
        if value is not None:
            sizes[axis] = Quantity(value, getattr(pixels, f"{name}_unit"))
    channels = tuple(_channel(row) for row in Channel.objects.filter(image=image))
    return About(image.name, channels, sizes, is_labels=is_labels, ome_xml=lambda: _ome_xml(image))


def _channel(row: Channel) -> ChannelFacts:
    window = None
    if row.window_start is not None and row.window_end is not None:
        least = row.window_start if row.window_min is None else row.window_min
        greatest = row.window_end if row.window_max is None else row.window_max
        window = Window(least, greatest, row.window_start, row.window_end)
    return ChannelFacts(row.index or 0, name=row.name, color=row.color[:7] or None, display=window, active=row.active)


def _document(image: Image) -> tuple[OmeDocument, int]:
    """What its file says of all its images, and the number of this one there."""
    assert image.document is not None
    document = document_of(image.document)
    ids = [element.get("ID") for element in document.root.all("Image")]
    return document, ids.index(image.ome_id) if image.ome_id in ids else image.position


def _ome_xml(image: Image) -> bytes:
    document, index = _document(image)
    return zarr_xml(document, [index])


def _original(image: Image) -> Representation:
    found = Representation.objects.select_related("stored").filter(image=image, is_generated=False).first()
    if found is None or not found.table:
        raise Invalid("This image has no pixels that can be converted; have its file read first.")
    return found


def _image(actor: Actor, image_id: uuid.UUID, *, lock: bool = False) -> Image:
    images = Image.objects.select_for_update(of=("self",)) if lock else Image.objects.all()
    image = images.select_related("study").filter(pk=image_id).first()
    if image is None:
        raise NotFound("There is no such image, or it is not shared with you.")
    require(actor, Verb.CONVERT, image)
    return image


def _work_folder(image_id: uuid.UUID) -> Path:
    return Path(settings.DATA) / "converting" / str(image_id)
