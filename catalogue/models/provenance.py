"""Where the values of a draft's fields come from, when nobody typed them."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from catalogue.models.study import Study


class FieldSource(models.Model):
    """The origin of one field's present value; removed as soon as a person changes the value.

    A filled field without a row here was typed. `path` is that of a field (catalogue.paths), never of a table's cell.
    """

    class Kind(models.TextChoices):
        FILE = "file", _("from an image file")
        IMPORT = "import", _("from an import")
        LOOKUP = "lookup", _("from a look-up")
        COPY = "copy", _("copied from a study")
        TEMPLATE = "template", _("from a lab template")
        PERSON = "person", _("suggested by a person")

    study = models.ForeignKey(Study, models.CASCADE, related_name="field_sources")
    path = models.CharField(max_length=200)
    kind = models.CharField(max_length=10, choices=Kind)
    source = models.TextField()  # in words: which file, study, sheet or service, and where in it
    at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["study", "path"], name="field_source_once")]

    def __str__(self) -> str:
        return f"{self.path}: {self.source}"
