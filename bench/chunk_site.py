"""`python -m bench.chunk_site FILE…`: a site in VITRINE_DATA on which the image of each file is published, and that of
the first is the image of a draft too; prints their ids and a token of who may see the draft, as JSON.

Run by bench.chunk_servers in a process of its own, since Django can be set up only once in one.
"""

import json
import os
import sys

import django
from django.conf import settings
from django.core.management import call_command
from django.utils import timezone


def main(paths: list[str]) -> dict[str, object]:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    django.setup()
    call_command("migrate", interactive=False, verbosity=0)
    # Rooms can be imported only now.
    from base import jobs, tokens  # noqa: PLC0415
    from base.models import User  # noqa: PLC0415
    from catalogue import files, services  # noqa: PLC0415
    from catalogue.access import Actor  # noqa: PLC0415
    from catalogue.models import Image, Study  # noqa: PLC0415
    from publishing.freezing import freeze  # noqa: PLC0415
    from publishing.models import Publication  # noqa: PLC0415
    from publishing.working_copy import record_set  # noqa: PLC0415

    owner = User.objects.create_user("bench@example.org")

    def image(path: str, number: int) -> str:
        """Its id; `number` is that of its study's accession, 0 for a draft."""
        study: Study = services.create_study(actor=Actor(owner), title="A study to be measured")
        files.register_in_place(actor=Actor(owner), study_id=study.pk, path=path)
        jobs.run_queued(study.pk)
        if number:
            now = timezone.now()
            record = freeze(study, record_set(study, published=now.isoformat()))
            Publication.objects.create(study=study, accession=f"{settings.ACCESSION_PREFIX}{number}", version=1,
                                       record=record, published_at=now, published_by=owner)  # fmt: skip
        return str(Image.objects.get(study=study).pk)

    public = [image(path, number) for number, path in enumerate(paths, 1)]
    _, secret = tokens.issue(user=owner, name="bench")
    return {"public": public, "draft": image(paths[0], 0), "token": secret}


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1:])))
