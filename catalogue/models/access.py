from typing import ClassVar

from django.db import models
from django.db.models import Q

from base.ids import new_id
from base.models import Group, User
from catalogue.models.component import StudyComponent
from catalogue.models.image import Image
from catalogue.models.study import Study


class AccessGrant(models.Model):
    """One person, group or link may do something to one study, component or image, until it expires or is revoked."""

    class Right(models.TextChoices):
        VIEW = "view"
        EDIT = "edit"
        MANAGE = "manage"  # also share, submit and withdraw

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    right = models.CharField(max_length=10, choices=Right)
    user = models.ForeignKey(User, models.CASCADE, null=True, related_name="grants")
    group = models.ForeignKey(Group, models.CASCADE, null=True, related_name="grants")
    link_digest = models.CharField(max_length=64, blank=True, db_index=True)  # of a link's secret
    link_name = models.CharField(max_length=200, blank=True)  # what the link is for, as whoever made it calls it
    is_blind = models.BooleanField(default=False)  # of a link: for referees, who see no name of a person
    study = models.ForeignKey(Study, models.CASCADE, null=True, related_name="grants")
    component = models.ForeignKey(StudyComponent, models.CASCADE, null=True, related_name="grants")
    image = models.ForeignKey(Image, models.CASCADE, null=True, related_name="grants")
    granted_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="grant_to_one_subject",
                condition=Q(user__isnull=False, group=None, link_digest="")
                | Q(user=None, group__isnull=False, link_digest="")
                | (Q(user=None, group=None) & ~Q(link_digest="")),
            ),
            models.CheckConstraint(
                name="grant_on_one_object",
                condition=Q(study__isnull=False, component=None, image=None)
                | Q(study=None, component__isnull=False, image=None)
                | Q(study=None, component=None, image__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.right} on {self.study_id or self.component_id or self.image_id}"
