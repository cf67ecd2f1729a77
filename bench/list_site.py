# ruff: noqa: E402  # Django must be set up before its models are imported
"""A site of its own with one study of many files, into which a file list is imported; run by bench.rows.file_list.

Prints, as JSON, the seconds of the look and of the taking over, the rows that came of it and the peak of memory in MB.
"""

import json
import os
import resource
import sys
import time
from pathlib import Path

os.environ["VITRINE_DATA"] = sys.argv[1]
os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings"

import django

django.setup()

from django.core.management import call_command

from base import jobs
from base.models import StoredFile, User
from catalogue import imports, services
from catalogue.access import Actor
from catalogue.models import File, KeyValue


def main(path: Path, count: int) -> None:
    call_command("migrate", verbosity=0)
    owner = User.objects.create_user("bench@example.org", "not a secret", name="Bench")
    study = services.create_study(actor=Actor(owner))
    stored = StoredFile.objects.create(backend=StoredFile.Backend.STORE, key="none", bytes=1, owner=owner)
    File.objects.bulk_create(
        (
            File(study=study, stored=stored, path=f"plate{number // 384}/{number:06}.tif", state=File.State.PLAIN)
            for number in range(count)
        ),
        batch_size=1000,
    )
    start = time.perf_counter()
    with path.open("rb") as stream:
        row = imports.receive(
            actor=Actor(owner), study_id=study.pk, files={path.name: iter(lambda: stream.read(1 << 20), b"")}
        )
    jobs.run_queued(study.pk)
    looked = time.perf_counter()
    row.refresh_from_db()
    imports.take(actor=Actor(owner), import_id=row.pk, digest=row.report["digest"])
    jobs.run_queued(study.pk)
    done = time.perf_counter()
    row.refresh_from_db()
    assert row.state == row.State.APPLIED, row.problem
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps([looked - start, done - looked, KeyValue.objects.filter(study=study).count(), peak]))


if __name__ == "__main__":
    main(Path(sys.argv[2]), int(sys.argv[3]))
