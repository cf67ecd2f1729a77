"""Bytes that the site keeps or knows of, and uploads on their way in."""

from typing import ClassVar

from django.db import models

from base.ids import new_id
from base.models.people import User


class StoredFile(models.Model):
    """One file, or one folder that is read as a whole (an OME-Zarr), in one store (`base.storage.stores`).

    A folder is one row with a manifest beside it, never a row per chunk.
    """

    class Backend(models.TextChoices):
        STORE = "store"  # a key in the site's own storage
        IN_PLACE = "in-place"  # an absolute path below one of the allowed folders; never written
        ERASED = "erased"  # its bytes are no longer here, as a curator decided

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    backend = models.CharField(max_length=20)  # one of Backend, or a store that the settings name
    key = models.CharField(max_length=1000)
    is_folder = models.BooleanField(default=False)
    bytes = models.BigIntegerField(default=0)
    file_count = models.PositiveIntegerField(default=1)
    sha256 = models.CharField(max_length=64, blank=True)  # of a folder: of its manifest
    version = models.BigIntegerField(null=True)  # of a file, as `Stat.version` was when its checksum was made
    media_type = models.CharField(max_length=100, blank=True)
    owner = models.ForeignKey(User, models.PROTECT, related_name="stored_files")
    created_at = models.DateTimeField(auto_now_add=True)
    published_at = models.DateTimeField(null=True)  # first
    opened_at = models.DateTimeField(null=True)  # last, to the hour
    checked_at = models.DateTimeField(null=True, db_index=True)  # when its bytes were last held against sha256
    is_damaged = models.BooleanField(default=False)  # as that found

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["backend", "key", "owner"], name="stored_file_once")]
        indexes: ClassVar = [
            models.Index(fields=["backend", "published_at"]),  # rules ask for these
            models.Index(fields=["id"], condition=models.Q(is_damaged=True), name="stored_file_damaged"),
        ]

    def __str__(self) -> str:
        return self.key


class UploadFolder(models.Model):
    """A folder that is read as one image (an OME-Zarr), on its way in file by file."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    target = models.UUIDField()
    path = models.CharField(max_length=1000)  # up to and with the folder's name
    expected = models.PositiveIntegerField()  # files that it will have
    arrived = models.PositiveIntegerField(default=0)
    bytes = models.BigIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["target", "path"], condition=models.Q(finished_at=None), name="upload_folder_once"
            )
        ]

    def __str__(self) -> str:
        return self.path


class Upload(models.Model):
    """A tus 1.0 upload. `received` is the truth that a client resumes from."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    owner = models.ForeignKey(User, models.CASCADE, related_name="uploads")
    target = models.UUIDField(db_index=True)  # a study's id; no foreign key, since this room does not know studies
    path = models.CharField(max_length=1000)  # relative path as the depositor has it
    length = models.BigIntegerField()
    received = models.BigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)  # as the client announced it, checked on arrival
    folder = models.ForeignKey(UploadFolder, models.CASCADE, null=True, related_name="uploads")
    stored = models.ForeignKey(StoredFile, models.SET_NULL, null=True, related_name="uploads")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(db_index=True)
    finished_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.path
