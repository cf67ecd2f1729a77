from typing import ClassVar

from django.db import models


class AnsweredRequest(models.Model):
    """What a POST with an Idempotency-Key was answered, kept for a day so that it can be asked again in safety."""

    asker = models.CharField(max_length=64)  # sha256 of what stands for who asked
    key = models.CharField(max_length=255)
    digest = models.CharField(max_length=64)  # sha256 of method, address and body
    status = models.PositiveSmallIntegerField(default=0)
    headers = models.JSONField(default=dict)
    body = models.BinaryField(default=b"")
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["asker", "key"], name="answered_once")]

    def __str__(self) -> str:
        return self.key
