"""`python -m bench.chunk_site FILE`: a site in VITRINE_DATA on which FILE is a published image, and one of a draft;
prints their ids and a token of who may see the draft.

Run by bench.rows.chunk_requests in a process of its own, since Django can be set up only once in one.
"""

import os
import sys

import django
from django.conf import settings
from django.core.management import call_command
from django.utils import timezone


def main(path: str) -> tuple[str, str, str]:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    django.setup()
    call_command("migrate", interactive=False, verbosity=0)
    # Rooms can be imported only now.
    from base import jobs, tokens  # noqa: PLC0415
    from base.models import User  # noqa: PLC0415
    from catalogue import files, services  # noqa: PLC0415
    from catalogue.access import Actor  # noqa: PLC0415
    from catalogue.models import Image  # noqa: PLC0415
    from publishing.freezing import freeze  # noqa: PLC0415
    from publishing.models import Publication  # noqa: PLC0415
    from publishing.working_copy import record_set  # noqa: PLC0415

    owner = User.objects.create_user("bench@example.org")
    study, draft = (services.create_study(actor=Actor(owner), title="A study to be measured") for _ in range(2))
    for one in (study, draft):
        files.register_in_place(actor=Actor(owner), study_id=one.pk, path=path)
        jobs.run_queued(one.pk)
    now = timezone.now()
    record = freeze(study, record_set(study, published=now.isoformat()))
    Publication.objects.create(study=study, accession=f"{settings.ACCESSION_PREFIX}1", version=1, record=record,
                               published_at=now, published_by=owner)  # fmt: skip
    _, secret = tokens.issue(user=owner, name="bench")
    return str(Image.objects.get(study=study).pk), str(Image.objects.get(study=draft).pk), secret


if __name__ == "__main__":
    print(*main(sys.argv[1]))
