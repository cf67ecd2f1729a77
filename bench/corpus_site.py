"""The studies and images of bench.corpus as published Records, for measurements of whole pages."""

import itertools
import uuid
from typing import Any

from django.db import transaction

from base.models import User
from bench.corpus import documents
from catalogue.models import Study
from publishing import shapes
from publishing.canonical import digest_of, to_plain
from publishing.models import Entry, Publication, Record
from publishing.search.document import Document, FacetValue

COMPONENT = "-0000-7000-9000-000000000000"  # with the first digits of its study's id


@transaction.atomic
def fill_site(studies: int = 5_000, images: int = 200_000, seed: int = 1) -> None:
    """Publish them, under the ids and accessions that they have as documents; without files. 200,000 images take one
    or two minutes. The search index is not touched: rebuild it of `documents()`, or by
    `manage.py reindex` of the Records.
    """
    owner = User.objects.create_user("corpus@example.org")
    for _, some in itertools.groupby(documents(studies, images, seed), key=lambda document: document.study):
        study, *own = some
        _publish(owner, study, own)


def _publish(owner: User, study: Document, images: list[Document]) -> None:
    row = Study.objects.create(pk=study.id, owner=owner, accession=study.accession, state=Study.State.PUBLISHED)
    component = study.study[:8] + COMPONENT
    counts = shapes.Counts(len(images), len(images), len(images) * 8_000_000)
    part = to_plain(shapes.ComponentRecord(component, "Plate 1", study.context[0], 0, (), counts))
    bodies = [_image(image, component) for image in images]
    records = [_record(body) for body in (_study(study, counts), part, *bodies)]
    Record.objects.bulk_create(records, ignore_conflicts=True)
    Publication.objects.create(
        study=row,
        accession=study.accession,
        version=1,
        record=records[0],
        published_at=study.published,
        published_by=owner,
    )
    entries = zip([part, *bodies], records[1:], strict=True)
    Entry.objects.bulk_create(
        Entry(
            study=row,
            kind=Entry.Kind.COMPONENT if body is part else Entry.Kind.IMAGE,
            object_id=body["id"],
            parent_id=None if body is part else uuid.UUID(component),
            first_version=1,
            record=record,
        )
        for body, record in entries
    )


def _record(body: dict[str, Any]) -> Record:
    return Record(digest=digest_of(body), schema=shapes.RECORD_SCHEMA, body=body)


def _study(study: Document, counts: shapes.Counts) -> dict[str, Any]:
    organisms, methods = (
        tuple(
            shapes.FacetTerm(one.value, one.label, tuple(map(_ref, study.ancestors[one.value])))
            for one in study.facets[name]
        )
        for name in ("organism", "method")
    )
    people = (name.split(" ") for name in study.authors)
    licence = study.facets["licence"][0].value
    return to_plain(  # type: ignore[no-any-return]
        shapes.StudyRecord(
            id=study.id,
            accession=study.accession,
            version=1,
            study_doi=study.identifiers[0],
            published=study.published.strftime("%Y-%m-%dT%H:%M:%SZ"),
            title=study.title,
            description=study.description,
            licence=licence,
            keywords=study.keywords,
            contributors=tuple(
                shapes.Person(str(place), family, given, roles=("Author",))
                for place, (given, family) in enumerate(people)
            ),
            grants=tuple(shapes.Grant(str(n), one.value) for n, one in enumerate(study.facets["funder"])),
            biosamples=(
                shapes.BioSample(
                    "sample",
                    "Sample",
                    tuple(shapes.Organism(_term(one)) for one in study.facets["organism"]),
                    _term(study.facets["tissue"][0]),
                ),
            ),
            specimens=(shapes.Specimen("specimen", "Specimen", "sample"),),
            channels=tuple(
                shapes.SignalChannel(f"c{n}", "specimen", _term(one), _term(one), name)
                for n, (one, name) in enumerate(zip(study.facets["marker"], study.channels, strict=False))
            ),
            counts=counts,
            facets=shapes.Facets(organisms, methods, (study.facets["format"][0].value,), (3,), licence),
            thumbnails=(study.thumbnail or "",),
        )
    )


def _image(image: Document, component: str) -> dict[str, Any]:
    """The body of an ImageRecord; to_plain would take as long as all the rest."""
    of = image.numbers
    return {
        "id": image.id,
        "component": component,
        "name": image.title,
        "format": image.facets["format"][0].value,
        "size_x": 2048,
        "size_y": 2048,
        "size_z": int(of["planes"][0]),
        "size_c": int(of["channels"][0]),
        "pixel_type": "uint16",
        "physical_size_x_um": of["pixel_size"][0],
        "physical_size_y_um": of["pixel_size"][0],
        "channels": [{"index": index, "name": name} for index, name in enumerate(image.channels)],
        "key_values": [{"namespace": "", "name": kv.name, "value": kv.value} for kv in image.key_values],
        "files": [{"id": image.id, "path": f"plate/{image.title}", "series": "0"}],
    }


def _term(value: FacetValue) -> shapes.TermText:
    prefix, _, local = value.value.partition(":")
    iri = f"http://purl.obolibrary.org/obo/{prefix}_{local}"
    return shapes.TermText(value.label, shapes.Term(iri, value.value, value.label, prefix))


def _ref(value: FacetValue) -> shapes.TermRef:
    return shapes.TermRef(value.value, value.label)
