"""The stored forms of an image beside its file: which there are, and how one goes again. The file itself never does."""

import enum
import uuid
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from django.db import transaction

from base import audit
from base.errors import NotFound, StorageError
from base.models import Job, StoredFile, User
from base.storage import Tier, storage_for, tier_of
from catalogue.access import NOT_SHARED, Actor, Verb, require
from catalogue.files import delete_forms
from catalogue.models import Image, Representation
from imaging.source import LEVELS

CONVERT = "convert-image"  # the job


class Form(enum.StrEnum):
    """What can be made of an image: all of it as OME-Zarr or OME-TIFF, or the levels that its file lacks."""

    OME_ZARR = "ome-zarr"
    OME_TIFF = "ome-tiff"
    LEVELS = "levels"


MEDIA_TYPES = {Form.OME_ZARR: "image/ome-zarr;version=0.5", Form.OME_TIFF: "image/tiff"}


@dataclass(frozen=True)
class Forms:
    """What an image has been made into, and what is being made of it. last: the newest job, also one that is over."""

    made: tuple[Form, ...]
    last: Job | None

    @property
    def is_busy(self) -> bool:
        return self.last is not None and self.last.state in Job.OPEN


@dataclass(frozen=True)
class Standing:
    """What goes when a form is removed: its bytes. is_only_one: the image's file lies in an archive, so that it is
    served from what was made of it alone."""

    bytes: int
    is_only_one: bool


def levels_key(image_id: uuid.UUID) -> str:
    """Lower levels lie beside the table, where imaging.source looks for them."""
    return f"images/{image_id}/{LEVELS}"


def forms_of(image: Image) -> Forms:
    """What there is of an image, for pages that poll."""
    formats = set(Representation.objects.filter(image=image, is_generated=True).values_list("format", flat=True))
    made = [form for form, media_type in MEDIA_TYPES.items() if media_type in formats]
    with suppress(StorageError):
        storage_for(StoredFile.Backend.STORE).local_path(levels_key(image.pk))
        made.append(Form.LEVELS)
    return Forms(tuple(made), Job.objects.filter(target=image.pk, kind=CONVERT).order_by("-id").first())


def image_for(actor: Actor, image_id: uuid.UUID, *, lock: bool = False) -> Image:
    """The image, for those who may have forms of it made and removed. Raises NotFound, NotAllowed, Conflict."""
    images = Image.objects.select_for_update(of=("self",)) if lock else Image.objects.all()
    image = images.select_related("study").filter(pk=image_id).first()
    if image is None:
        raise NotFound(NOT_SHARED)
    require(actor, Verb.CONVERT, image)
    return image


def standing(image: Image, form: Form) -> Standing:
    """What would go with a form. Raises NotFound if it was not made."""
    if form not in forms_of(image).made:
        raise NotFound("This form was not made of the image, or it is removed already.")
    store = storage_for(StoredFile.Backend.STORE)
    if form == Form.LEVELS:
        key = levels_key(image.pk)
        return Standing(sum(store.stat(f"{key}/{name}").size for name in store.names(key)), is_only_one=False)
    made = Representation.objects.select_related("stored").filter(image=image, is_generated=True)
    own = Representation.objects.select_related("stored").filter(image=image, is_generated=False).first()
    found = made.filter(format=MEDIA_TYPES[form])
    is_away = own is not None and tier_of(own.stored.backend) == Tier.ARCHIVE
    return Standing(sum(one.stored.bytes for one in found), is_only_one=is_away)


def remove(*, actor: Actor, image_id: uuid.UUID, form: Form) -> int:
    """Remove a form that was made of an image; gives its bytes. What was deposited, and what is published, stays as it
    is. Raises NotFound, NotAllowed, Conflict."""
    with transaction.atomic():
        image = image_for(actor, image_id, lock=True)
        return _remove(image, form, actor.person)


def remove_now(image: Image, form: Form) -> int:
    """See `remove`; for the administrators' command."""
    with transaction.atomic():
        return _remove(Image.objects.select_for_update(of=("self",)).get(pk=image.pk), form, None)


def _remove(image: Image, form: Form, person: User | None) -> int:
    size = standing(image, form).bytes
    store = storage_for(StoredFile.Backend.STORE)
    if form == Form.LEVELS:
        transaction.on_commit(partial(store.delete, levels_key(image.pk)), robust=True)
    else:
        made = Representation.objects.filter(image=image, is_generated=True, format=MEDIA_TYPES[form])
        delete_forms(made)
    audit.record(person, "removed a stored form", image.study_id, image=str(image.pk), form=form, bytes=size)
    return size
