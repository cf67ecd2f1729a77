# ruff: noqa: E402  # Django must be set up before its models are imported
"""A site of its own with two large drafts, and the time of their deposit pages; run by bench.rows.deposit_pages.

Prints, as JSON, [study, page, p50, p95] for each page, in milliseconds.
"""

import json
import os
from typing import Any

os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings"

import django

django.setup()

from django.conf import settings
from django.core.management import call_command
from django.test import Client

from base.models import StoredFile, User
from bench.row import time_calls
from catalogue import documents, services
from catalogue.access import Actor
from catalogue.models import File, Image, ImageFile, Pixels, Study, StudyComponent

IMAGES, SAMPLES = 10_000, 1_000
PAGES = ("study", "people", "samples", "preparation", "components", "files", "check")


def main() -> None:
    settings.ALLOWED_HOSTS = ["*"]
    call_command("migrate", verbosity=0)
    owner = User.objects.create_user("bench@example.org", "not a secret", name="Bench")
    client = Client()
    client.force_login(owner)
    found = []
    for name, study in (("10,000 images", _images(owner)), ("1,000 samples", _samples(owner))):
        for page in PAGES:
            timing = time_calls(lambda address=f"/deposit/{study.pk}/{page}": client.get(address), repeats=5, warm_up=1)  # type: ignore[misc]
            found.append([name, page, timing.p50, timing.p95])
    print(json.dumps(found))


def _draft(owner: User, samples: int) -> Study:
    study = services.create_study(actor=Actor(owner), title="A large study of many images and samples")
    organisms = [{"organism": "Homo sapiens"}]
    rows: list[dict[str, Any]] = [
        {"id": f"sample-{number}", "title": f"Sample {number}", "organisms": organisms} for number in range(samples)
    ]
    document = {
        "study": {"title": study.title, "licence": "CC-BY-4.0"},
        "biosamples": rows,
        "specimens": [{"id": "specimen", "title": "Slide", "biosample": "sample-0"}],
        "components": [{"id": "component", "title": "All", "associations": [{"biosample": "sample-0"}]}],
    }
    documents.write(Actor(owner), study, document)
    return study


def _samples(owner: User) -> Study:
    return _draft(owner, SAMPLES)


def _images(owner: User) -> Study:
    study = _draft(owner, 1)
    component = StudyComponent.objects.get(study=study)
    store = StoredFile.Backend.STORE
    stored = StoredFile.objects.bulk_create(
        [StoredFile(backend=store, key=f"files/{number}", bytes=1024, owner=owner) for number in range(IMAGES)],
        batch_size=1000,
    )
    common: dict[str, Any] = {"study": study, "component": component}
    files = File.objects.bulk_create(
        [
            File(**common, stored=one, path=f"{one.key}.ome.tif", state=File.State.READ, format="image/ome-tiff")
            for one in stored
        ],
        batch_size=1000,
    )
    images = Image.objects.bulk_create([Image(**common, name=file.path) for file in files], batch_size=1000)
    ImageFile.objects.bulk_create(
        [ImageFile(image=image, file=file, series="0") for image, file in zip(images, files, strict=True)],
        batch_size=1000,
    )
    Pixels.objects.bulk_create(
        [Pixels(image=image, size_x=64, size_y=48, size_c=3, type="uint16") for image in images], batch_size=1000
    )
    return study


main()
