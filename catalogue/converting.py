"""Other forms of an image's pixels, made when somebody asks for it: OME-Zarr, OME-TIFF, or only the lower levels.

The file as deposited is never changed. A whole OME-Zarr and lower levels have the chunks and codec that the image is
served with, and are served in its place (`publishing.delivery.choosing`), which spares decoding; an OME-TIFF is what is
downloaded. They are no part of a published version, and say nothing of people.
"""

import shutil
import time
import uuid
from contextlib import closing
from pathlib import Path

from django.conf import settings
from django.db import transaction

from base import audit, jobs
from base.errors import Archived, Conflict, DomainError, Invalid
from base.jobs import Cancelled, Progress
from base.models import Job, StoredFile
from base.storage import storage_for
from base.tiers.moves import recall
from catalogue.access import Actor
from catalogue.label_images import is_label_image
from catalogue.models import Channel, Image, Pixels, Representation
from catalogue.ome.export import export_image
from catalogue.reading.hashing import hash_stored
from catalogue.reading.staging import place_of_image, table_of
from catalogue.stored_forms import CONVERT, MEDIA_TYPES, Form, forms_of, image_for, levels_key
from imaging import limited
from imaging.converting.files import ENDINGS
from imaging.converting.ome_tiff import to_ome_tiff
from imaging.converting.ome_zarr import How, to_ome_zarr
from imaging.converting.writing import Tell
from imaging.errors import ImageError
from imaging.facts import ChannelFacts, Quantity, Window
from imaging.ome.some_images import Written
from imaging.pixels import PixelSource
from imaging.representations.view import About
from imaging.source import LEVELS_TABLE, are_labels, open_source
from imaging.sources.pyramid import LARGE
from imaging.table import Table

ENDING = {Form.OME_ZARR: ENDINGS["ome-zarr"], Form.OME_TIFF: ENDINGS["ome-tiff"], Form.LEVELS: ENDINGS["ome-zarr"]}


def ask(*, actor: Actor, image_id: uuid.UUID, form: Form) -> Job:
    """Have a form of an image made in the background. Raises NotFound, NotAllowed, Conflict, Invalid."""
    with transaction.atomic():
        image = image_for(actor, image_id, lock=True)
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
    image = image_for(actor, image_id)
    for job in Job.objects.filter(target=image.pk, kind=CONVERT, state__in=Job.OPEN):
        jobs.cancel(job)


def convert_job(progress: Progress) -> None:
    """Make the form that the payload names. Begun again, an OME-Zarr goes on with the shards that are there, and an
    OME-TIFF is begun anew."""
    image = Image.objects.select_related("study", "document").filter(pk=progress.payload["image"]).first()
    if image is None:
        return
    form = Form(progress.payload["form"])
    if form in forms_of(image).made:  # all but its checksum, before it was stopped
        _hash(image, form, progress)
        return
    folder = _work_folder(image.pk)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        made = folder / f"{form}{ENDING[form]}"
        if not made.exists():
            _convert(image, form, made, progress)
        _keep(image, form, made, progress)
    except Cancelled:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    except ImageError as error:  # told, so that nobody comes back to what was done of it
        shutil.rmtree(folder, ignore_errors=True)
        raise DomainError(str(error)) from error
    except Archived as error:
        recall(error.stored)
        raise DomainError(f"{error} This is being fetched: ask again when it is here.") from error
    shutil.rmtree(folder, ignore_errors=True)


def make_now(image: Image, form: Form) -> Job:
    """Make a form here and now, for the administrators' command; the job says what came of it."""
    job = jobs.start(CONVERT, owner=None, target=image.pk, payload={"image": str(image.pk), "form": form})
    while not jobs.run_job(job.pk):  # a worker was quicker
        job.refresh_from_db()
        if job.state not in Job.OPEN:
            break
        time.sleep(1)
    job.refresh_from_db()
    return job


def write_out(image: Image, out: Path, *, to: Form, tell: Tell) -> None:
    """Write an image to a file that is no part of the site, whole. Raises ImageError, Invalid."""
    original = _original(image)
    labels = _is_labels(image, original)
    with closing(_open(original, labels=labels)) as source:
        if to == Form.OME_ZARR:
            to_ome_zarr(source, out, about_image(image, is_labels=labels), identity=str(image.pk), tell=tell)
        else:
            _to_ome_tiff(image, source, out, labels=labels, as_served=False, tell=tell)


def _to_ome_tiff(image: Image, source: PixelSource, out: Path, *, labels: bool, as_served: bool, tell: Tell) -> None:
    """Raises ImageError."""
    shape, dtype = source.levels[0].shape, source.dtype.name
    to_ome_tiff(source, out, lambda samples: _ome_xml(image, Written(shape, dtype, samples, not as_served)),
                as_served=as_served, labels=labels, tell=tell)  # fmt: skip


def _convert(image: Image, form: Form, out: Path, progress: Progress) -> None:
    """Raises ImageError, DomainError."""
    original = _original(image)
    header, labels = Table.open(table_of(original)).header, _is_labels(image, original)
    with closing(_open(original, labels=labels)) as source:
        if form == Form.LEVELS and (len(header["levels"]) > 1 or max(source.levels[0].shape[3:]) <= LARGE):
            raise Invalid("This image needs no lower levels: its file has them, or it is small.")

        def tell(done: int, total: int) -> None:
            progress.report(done, total, "Converting the image")

        if form == Form.OME_TIFF:
            _to_ome_tiff(image, source, out, labels=labels, as_served=True, tell=tell)
        else:
            about, identity = about_image(image, is_labels=labels), repr((header["identity"], labels))
            to_ome_zarr(source, out, about, _how(form, source), identity=identity, tell=tell)


def _open(original: Representation, *, labels: bool) -> PixelSource:
    return open_source(place_of_image(original), original.series, table_of(original), labels=labels)


def _is_labels(image: Image, original: Representation) -> bool:
    """As it is served: what its file says, or an annotation."""
    return are_labels(Table.open(table_of(original))) or is_label_image(image)


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
        limited.make_tables(made, [""], [made / LEVELS_TABLE])
        store.adopt(levels_key(image.pk), made)
        return
    folder = f"conversions/{progress.job.pk}"
    key, table = f"{folder}/{image.pk}{ENDING[form]}", made.with_name(f"{form}.table")
    limited.make_tables(made, [""], [table])
    if form == Form.OME_TIFF and _is_labels(image, _original(image)):
        opened = Table.open(table)  # no TIFF tells it
        Table({**opened.header, "labels": True}, opened.arrays).save(table)
    with closing(open_source(made)) as source:
        level_count = len(source.levels)
    is_folder = made.is_dir()
    store.delete(folder)  # of an attempt that ended here
    store.adopt(key, made)
    with transaction.atomic():
        stored = StoredFile.objects.create(backend=StoredFile.Backend.STORE, key=key, is_folder=is_folder,
                                           owner=image.study.owner, media_type=MEDIA_TYPES[form])  # fmt: skip
        store.adopt(f"{folder}/table", table)
        Representation.objects.create(image=image, stored=stored, format=MEDIA_TYPES[form], table=f"{folder}/table",
                                      is_generated=True, document=image.document, level_count=level_count)  # fmt: skip
    _hash(image, form, progress)


def _hash(image: Image, form: Form, progress: Progress) -> None:
    generated = Representation.objects.select_related("stored").filter(image=image, is_generated=True)
    for made in generated.filter(format=MEDIA_TYPES.get(form)):
        if not made.stored.sha256:
            hash_stored(made.stored, progress)


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
    return About(image.title, channels, sizes, is_labels=is_labels, ome_xml=lambda: _ome_xml(image))


def _channel(row: Channel) -> ChannelFacts:
    window = None
    if row.window_start is not None and row.window_end is not None:
        least = row.window_start if row.window_min is None else row.window_min
        greatest = row.window_end if row.window_max is None else row.window_max
        window = Window(least, greatest, row.window_start, row.window_end)
    return ChannelFacts(row.index or 0, name=row.name, color=row.color[:7] or None, display=window, active=row.active)


def _ome_xml(image: Image, written: Written | None = None) -> bytes:
    """What its file says of it, without people: what is made may be had by everybody once the image is published."""
    assert image.document is not None
    return export_image(image.document, image.pk, written)


def _original(image: Image) -> Representation:
    found = Representation.objects.select_related("stored").filter(image=image, is_generated=False).first()
    if found is None or not found.table:
        raise Invalid("This image has no pixels that can be converted; have its file read first.")
    return found


def _work_folder(image_id: uuid.UUID) -> Path:
    return Path(settings.DATA) / "converting" / str(image_id)
