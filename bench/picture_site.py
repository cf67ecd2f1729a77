"""`python -m bench.picture_site FILE…`: a site in VITRINE_DATA on which the image of each file is published; prints their
ids as a list in JSON.

Run by bench.rows in a process of its own, since Django can be set up only once in one.
"""

import json
import os
import sys

import django
from django.conf import settings
from django.core.management import call_command
from django.utils import timezone


def main(paths: list[str]) -> list[str]:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    django.setup()
    call_command("migrate", interactive=False, verbosity=0)
    # Rooms can be imported only now.
    from base import jobs  # noqa: PLC0415
    from base.models import User  # noqa: PLC0415
    from catalogue import files, services  # noqa: PLC0415
    from catalogue.access import Actor  # noqa: PLC0415
    from catalogue.models import Image  # noqa: PLC0415
    from publishing.freezing import freeze  # noqa: PLC0415
    from publishing.models import Publication  # noqa: PLC0415
    from publishing.working_copy import record_set  # noqa: PLC0415

    owner = User.objects.create_user("bench@example.org")
    study = services.create_study(actor=Actor(owner), title="A study to be measured")
    first: list[str] = []
    for path in paths:
        files.register_in_place(actor=Actor(owner), study_id=study.pk, path=path)
        jobs.run_queued(study.pk)
        image = Image.objects.filter(study=study).exclude(pk__in=first).order_by("position").first()
        assert image is not None
        first.append(str(image.pk))
    now = timezone.now()
    record = freeze(study, record_set(study, published=now.isoformat()))
    Publication.objects.create(study=study, accession=f"{settings.ACCESSION_PREFIX}1", version=1, record=record,
                               published_at=now, published_by=owner)  # fmt: skip
    return first


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1:])))
