"""From catalogue's rows to records: of a study, its components, and batches of its images and files.

Each function makes a number of queries that does not grow with what the study holds.
"""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.db.models import Count, OuterRef, QuerySet, Subquery, Sum

from catalogue.documents import read
from catalogue.label_images import Labelling, labelling_of
from catalogue.models import (
    Channel,
    File,
    Image,
    Instrument,
    Objective,
    OmeDocument,
    PlaneTable,
    Representation,
    Study,
    StudyComponent,
)
from catalogue.models import KeyValue as KeyValueRow
from catalogue.models.ome import ROIRef
from ontology.hierarchy import ancestors_of
from ontology.models import Term as TermRow
from publishing.image_shapes import (
    ChannelRecord,
    FileRecord,
    ImageFile,
    ImageRecord,
    InstrumentRecord,
    KeyValue,
    LabelRecord,
    ObjectiveRecord,
    RepresentationRecord,
)
from publishing.ome_words import PREFETCH, part_texts, seen_with, taken_with
from publishing.projection import Document, curies_of, facets_of, study_record
from publishing.shapes import Association, ComponentRecord, Counts, RecordSet, Term, TermRef

THUMBNAILS = 8  # of a study
COMPONENT_THUMBNAILS = 4

PIXELS = (
    "size_x", "size_y", "size_z", "size_c", "size_t", "dimension_order", "significant_bits",
    "physical_size_x", "physical_size_x_unit", "physical_size_x_um",
    "physical_size_y", "physical_size_y_unit", "physical_size_y_um",
    "physical_size_z", "physical_size_z_unit", "physical_size_z_um", "time_increment", "time_increment_unit",
)  # fmt: skip
OBJECTIVE = tuple(ObjectiveRecord.__dataclass_fields__)
COLUMNS_OF_CHANNEL = {field.name for field in Channel._meta.fields}
CHANNEL = tuple(name for name in ChannelRecord.__dataclass_fields__ if name in COLUMNS_OF_CHANNEL)


def record_set(study: Study, **fixed: Any) -> RecordSet:
    """The study and its components as they are now. `fixed`: what publishing adds (DOIs, times)."""
    document = read(study)
    terms, ids = _terms(set(curies_of(document)))
    counts = _counts(study)
    images = Image.objects.filter(study=study)
    formats = images.values_list("image_files__file__format", flat=True).distinct()
    channel_counts = images.filter(pixels__isnull=False).values_list("pixels__size_c", flat=True).distinct()
    facets = facets_of(
        document,
        terms,
        _ancestors(ids),
        formats=tuple(sorted({name for name in formats if name})),
        channel_counts=tuple(sorted(channel_counts)),
    )
    record = study_record(
        document,
        terms,
        id=str(study.id),
        accession=study.accession or "",
        version=study.version,
        counts=_sum(counts.values()),
        facets=facets,
        thumbnails=tuple(str(pk) for pk in images.order_by("id").values_list("id", flat=True)[:THUMBNAILS]),
        **fixed,
    )
    return RecordSet(record, tuple(_components(study, document, counts)))


def image_records(images: QuerySet[Image]) -> list[ImageRecord]:
    """The records of a batch of images (a sliced QuerySet), in its order."""
    rows = list(
        images.select_related("pixels", "instrument").prefetch_related(
            "channels", "image_files__file", "representations", *PREFETCH
        )
    )
    ids = [row.id for row in rows]
    key_values = _key_values("image", ids)
    planes = dict(PlaneTable.objects.filter(image__in=ids).values_list("image_id", "count"))
    rois = dict(ROIRef.objects.filter(image__in=ids).order_by().values_list("image").annotate(Count("pk")))
    labelling = labelling_of(rows)
    return [
        _image(row, labelling, tuple(key_values[row.id]), planes.get(row.id, 0), rois.get(row.id, 0)) for row in rows
    ]


def file_records(files: QuerySet[File]) -> list[FileRecord]:
    """The records of a batch of files, in its order."""
    rows = list(files.select_related("stored"))
    ids = [row.id for row in rows]
    key_values = _key_values("file", ids)
    documents = dict(OmeDocument.objects.filter(file__in=ids).order_by("created_at", "id").values_list("file", "id"))
    return [
        FileRecord(
            id=str(row.id),
            path=row.path,
            bytes=row.stored.bytes,
            sha256=row.stored.sha256,
            stored=str(row.stored_id),
            media_type=row.stored.media_type,
            format=row.format,
            component=_id(row.component_id),
            is_folder=row.stored.is_folder,
            file_count=row.stored.file_count,
            key_values=tuple(key_values[row.id]),
            ome_document=_id(documents.get(row.id)),
        )
        for row in rows
    ]


def batches(rows: QuerySet[Any], size: int) -> Iterator[QuerySet[Any]]:
    """Slices of at most `size` rows in the order of their ids, so that memory does not grow with the study."""
    after: uuid.UUID | None = None
    while True:
        page = rows.order_by("id") if after is None else rows.filter(id__gt=after).order_by("id")
        ids = list(page.values_list("id", flat=True)[:size])
        if not ids:
            return
        yield rows.filter(id__gte=ids[0], id__lte=ids[-1]).order_by("id")
        after = ids[-1]


def _components(study: Study, document: Document, counts: dict[uuid.UUID | None, Counts]) -> Iterator[ComponentRecord]:
    first = Image.objects.filter(component=OuterRef("pk")).order_by("id").values("id")
    rows = StudyComponent.objects.filter(study=study).annotate(
        **{f"image{n}": Subquery(first[n : n + 1]) for n in range(COMPONENT_THUMBNAILS)}
    )
    thumbnails = {
        str(row.id): tuple(str(pk) for n in range(COMPONENT_THUMBNAILS) if (pk := getattr(row, f"image{n}")))
        for row in rows
    }
    for position, row in enumerate(document.get("components") or []):
        yield ComponentRecord(
            id=row["id"],
            title=row.get("title") or "",
            description=row.get("description") or "",
            position=position,
            associations=tuple(
                Association(**{name: it.get(name) or "" for name in Association.__dataclass_fields__})
                for it in row.get("associations") or []
            ),
            counts=counts.get(uuid.UUID(row["id"]), Counts()),
            thumbnails=thumbnails.get(row["id"], ()),
        )


def _counts(study: Study) -> dict[uuid.UUID | None, Counts]:
    """Images, files and bytes of each component; under None what belongs to none."""
    images = dict(Image.objects.filter(study=study).order_by().values_list("component").annotate(Count("id")))
    files = {
        component: (count, size)
        for component, count, size in File.objects.filter(study=study)
        .order_by()
        .values_list("component")
        .annotate(Sum("stored__file_count"), Sum("stored__bytes"))
    }
    return {key: Counts(images.get(key, 0), *files.get(key, (0, 0))) for key in {*images, *files}}


def _sum(counts: Iterable[Counts]) -> Counts:
    parts = list(counts)
    return Counts(sum(c.images for c in parts), sum(c.files for c in parts), sum(c.bytes for c in parts))


def _terms(curies: set[str]) -> tuple[dict[str, Term], dict[int, str]]:
    """The terms by CURIE, from the current version of their ontology if it is there; and their rows' ids."""
    rows = TermRow.objects.filter(curie__in=curies).select_related("ontology").order_by("ontology__is_current", "id")
    chosen = {row.curie: row for row in rows}  # the last wins: a current one
    return {curie: term_of(row) for curie, row in chosen.items()}, {row.id: curie for curie, row in chosen.items()}


def term_of(row: TermRow) -> Term:
    ontology = row.ontology
    return Term(row.iri, row.curie, row.label, ontology.prefix, ontology.version, ontology.source)


def _ancestors(curies: dict[int, str]) -> dict[str, tuple[TermRef, ...]]:
    """What stands above each term, nearest first."""
    links = ancestors_of(curies)
    rows = TermRow.objects.only("curie", "label").in_bulk({ancestor for _, ancestor, _ in links})
    above: dict[str, list[TermRef]] = defaultdict(list)
    for term, ancestor, _ in sorted(links, key=lambda link: (link[2], rows[link[1]].curie)):
        above[curies[term]].append(TermRef(rows[ancestor].curie, rows[ancestor].label))
    return {curie: tuple(refs) for curie, refs in above.items()}


def _key_values(entity: str, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[KeyValue]]:
    rows = KeyValueRow.objects.filter(entity=entity, entity_id__in=ids).select_related("key", "value", "term__ontology")
    found: dict[uuid.UUID, list[KeyValue]] = defaultdict(list)
    for row in rows:
        term = term_of(row.term) if row.term else None
        found[row.entity_id].append(KeyValue(row.key.namespace, row.key.name, row.value.text, row.unit, term))
    return found


def _image(
    row: Image, labelling: Labelling, key_values: tuple[KeyValue, ...], plane_count: int, roi_count: int
) -> ImageRecord:
    pixels = getattr(row, "pixels", None)
    sizes = {name: getattr(pixels, name) for name in PIXELS} if pixels else {}
    files = sorted(row.image_files.all(), key=lambda it: (it.is_part, it.file_id))
    return ImageRecord(
        id=str(row.id),
        component=_id(row.component_id),
        specimen=_id(row.specimen_id),
        is_labels=row.id in labelling.told,
        name=row.name,
        description=row.description,
        acquisition_date=row.acquisition_date,
        ome_id=row.ome_id,
        stage_label=next((label.name for label in row.stage_labels.all()), ""),
        format=files[0].file.format if files else "",
        pixel_type=pixels.type if pixels else "",
        plane_count=plane_count,
        roi_count=roi_count,
        channels=tuple(_channel(channel) for channel in row.channels.all()),
        instrument=_instrument(row.instrument) if row.instrument else None,
        objective=next((_objective(it.objective) for it in row.objective_settings.all() if it.objective), None),
        key_values=key_values,
        files=tuple(ImageFile(str(it.file_id), it.file.path, it.series) for it in files),
        representations=tuple(
            _representation(it)
            for it in sorted(row.representations.all(), key=lambda it: it.pk)
            if not it.is_generated  # may come and go whatever was published
        ),
        labels=tuple(
            LabelRecord(it.name, str(it.representation.image_id), _representation(it.representation))
            for it in labelling.below.get(row.id, ())
        ),
        **sizes,
        **taken_with(row),
    )


def _representation(row: Representation) -> RepresentationRecord:
    return RepresentationRecord(str(row.stored_id), row.format, row.series, row.level_count, table=row.table)


def _channel(row: Channel) -> ChannelRecord:
    return ChannelRecord(**{name: getattr(row, name) for name in CHANNEL}, **seen_with(row))


def _objective(row: Objective) -> ObjectiveRecord:
    return ObjectiveRecord(**{name: getattr(row, name) for name in OBJECTIVE})


def _instrument(row: Instrument) -> InstrumentRecord:
    stand = next(iter(row.microscopes.all()), None)
    texts = ("manufacturer", "model", "serial_number", "lot_number")
    return InstrumentRecord(
        ome_id=row.ome_id,
        microscope_type=stand.type if stand else "",
        detectors=part_texts(row.detectors.all()),
        light_sources=part_texts(row.light_sources.all()),
        filters=part_texts(row.filters.all()),
        dichroics=part_texts(row.dichroics.all()),
        **{name: getattr(stand, name) for name in texts if stand},
    )


def _id(value: uuid.UUID | None) -> str:
    return "" if value is None else str(value)
