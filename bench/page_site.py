"""`python -m bench.page_site`: fills a site in VITRINE_DATA with published studies and times its pages; prints JSON.

Run by bench.rows.pages in a process of its own. Pages are asked for in process, through all of Django's middleware.
"""

import itertools
import json
import os
import random
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import django
from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bench.row import time_calls

STUDIES, IMAGES, LARGE = 1_000, 20, 400  # LARGE: images of the last study, to see that no query is added
RANDOM = random.Random(3)
WORDS = """
    mouse human fish brain cell nucleus membrane actin tubulin mitosis light sheet confocal widefield stained fixed live
    embryo larva cortex retina neuron glia kinase growth culture clone mutant control drug screen
"""
ORGANISMS = ("Mus musculus", "Homo sapiens", "Danio rerio", "Drosophila melanogaster", "Caenorhabditis elegans")
METHODS = ("confocal microscopy", "light sheet microscopy", "wide-field microscopy", "electron microscopy")


def words(count: int) -> str:
    return " ".join(RANDOM.choices(WORDS.split(), k=count))


def fill() -> None:
    from base.models import User  # noqa: PLC0415  (Django is set up only now)
    from catalogue.models import Study  # noqa: PLC0415
    from publishing.models import Entry, Publication, Record  # noqa: PLC0415

    owner = User.objects.create_user("bench@example.org")
    for number in range(1, STUDIES + 1):
        accession = f"VIT-{number}"
        study = Study.objects.create(owner=owner, accession=accession, state=Study.State.PUBLISHED)
        at = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(days=number)
        entries: list[tuple[str, str, str | None, Record]] = []
        study_record = None
        for kind, plain in _records(study.pk, number, at, LARGE if number == STUDIES else IMAGES):
            record = _frozen(Record, plain)
            if kind == "study":
                study_record = record
            else:
                entries.append((kind, plain["id"], plain.get("component"), record))
        assert study_record is not None
        Record.objects.bulk_create([study_record, *(record for *_, record in entries)], ignore_conflicts=True)
        Publication.objects.create(study=study, accession=accession, version=1, record=study_record,
                                   published_at=at, published_by=owner)  # fmt: skip
        Entry.objects.bulk_create(
            Entry(study=study, kind=kind, object_id=key, parent_id=parent, first_version=1, record=record)
            for kind, key, parent, record in entries
        )


def _frozen(model: Any, plain: dict[str, Any]) -> Any:
    from publishing.canonical import digest_of  # noqa: PLC0415
    from publishing.shapes import RECORD_SCHEMA  # noqa: PLC0415

    return model(digest=digest_of(plain), schema=RECORD_SCHEMA, body=plain)


def _records(study: uuid.UUID, number: int, at: datetime, images: int) -> Iterator[tuple[str, dict[str, Any]]]:
    from publishing import image_shapes, shapes  # noqa: PLC0415
    from publishing.canonical import to_plain  # noqa: PLC0415

    component = str(uuid.uuid4())
    ids = [str(uuid.uuid4()) for _ in range(images)]
    organism, method = shapes.FacetTerm("", RANDOM.choice(ORGANISMS)), shapes.FacetTerm("", RANDOM.choice(METHODS))
    counts = shapes.Counts(images, images, images * 10**6)
    yield "study", to_plain(shapes.StudyRecord(
        id=str(study), accession=f"VIT-{number}", version=1, published=at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        title=words(12), description=words(120), licence="CC-BY-4.0", keywords=tuple(words(3).split()),
        contributors=tuple(shapes.Person(str(n), f"Family{n}", "Given", roles=("Author",)) for n in range(5)),
        counts=counts, thumbnails=tuple(ids[:8]),
        facets=shapes.Facets((organism,), (method,), ("image/ome-tiff",), (3,), "CC-BY-4.0"),
    ))  # fmt: skip
    yield "component", to_plain(shapes.ComponentRecord(component, words(4), words(20), 0, (), counts, tuple(ids[:4])))
    for n, key in enumerate(ids):
        file, path = str(uuid.uuid4()), f"plate/{n}.ome.tif"
        channels = tuple(image_shapes.ChannelRecord(c, name=f"Channel {c}") for c in range(3))
        yield "image", to_plain(image_shapes.ImageRecord(
            id=key, component=component, name=f"image {n} {words(2)}", format="image/ome-tiff", size_x=2048,
            size_y=2048, size_c=3, pixel_type="uint16", channels=channels,
            files=(image_shapes.ImageFile(file, path),),
        ))  # fmt: skip
        yield "file", to_plain(image_shapes.FileRecord(
            id=file, path=path, bytes=10**6, sha256="0" * 64, stored=str(uuid.uuid4()), component=component,
        ))  # fmt: skip


def measure() -> dict[str, Any]:
    client = Client(SERVER_NAME="localhost")

    def ask(address: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(address)
        if answer.status_code != 200:
            raise RuntimeError(f"{address} answered {answer.status_code}")
        return len(queries)

    def timed(addresses: list[str]) -> list[float]:
        todo = itertools.cycle(addresses)
        timing = time_calls(lambda: client.get(next(todo)), repeats=200, warm_up=20)
        return [timing.p50, timing.p95]

    studies = [f"/studies/VIT-{RANDOM.randint(1, STUDIES - 1)}" for _ in range(100)]
    searches = [f"/search?q={'+'.join(RANDOM.sample(WORDS.split(), 2))}&type=study,image" for _ in range(70)]
    searches += [f"/search?organism={organism.replace(' ', '+')}" for organism in ORGANISMS] + ["/search"]
    return {
        "study": timed(studies),
        "search": timed(searches),
        "queries": [ask(studies[0]), ask(f"/studies/VIT-{STUDIES}"), ask("/search?size=10"), ask("/search?size=100")],
    }


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    django.setup()
    call_command("migrate", interactive=False, verbosity=0)
    settings.STATIC_ROOT.mkdir(exist_ok=True)
    with transaction.atomic():
        fill()
    call_command("reindex", verbosity=0)
    print(json.dumps(measure()))


if __name__ == "__main__":
    main()
