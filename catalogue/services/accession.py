"""Accessions: given once, in order, and never again."""

from django.conf import settings
from django.db import transaction

from catalogue.models import AccessionCounter, Study


@transaction.atomic
def take(study: Study) -> str:
    """The study's accession; the next number under the site's prefix if it has none yet. The caller holds the study."""
    if study.accession:
        return study.accession
    prefix = settings.ACCESSION_PREFIX
    AccessionCounter.objects.get_or_create(prefix=prefix)
    counter = AccessionCounter.objects.select_for_update().get(prefix=prefix)
    counter.last += 1
    counter.save(update_fields=["last"])
    study.accession = f"{prefix}{counter.last}"
    study.save(update_fields=["accession"])
    return study.accession
