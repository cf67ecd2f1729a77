"""What in the catalogue uses which term: asked by the pages of terms, kept by the indexer, made from Records only."""

import datetime
import logging
import threading
import uuid
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, Q
from django.db.models.expressions import RawSQL

from catalogue.rules.fields import Kind
from catalogue.rules.rembi import MODULES
from ontology.mapping import decisions
from ontology.models import Ontology, Term
from publishing.models import Entry, Publication, TermCount, TermUse
from publishing.queries import newest_standing
from publishing.record import of_version
from publishing.search.documents.markers import MarkerTerms, read_name, terms_of_names
from publishing.shapes import ComponentRecord, RecordSet, TermText

logger = logging.getLogger(__name__)

KEY_VALUES = "key-values"  # the field of terms in key-values
CHANNELS = "channels"  # the field of targets and stains that images' channels are called after
_BATCH = 500
_RENEWING = threading.Lock()  # a rebuild renews beside the updates: who reads last is to write last

# CROSS JOIN: SQLite takes the tables in this order, so that the work depends on what is used, not on what there is.
# A term in several fields of a component is said of its images once.
_COUNT = """
WITH RECURSIVE used(term, study, component, images) AS (
    SELECT term.id, said.study_id, said.component_id, MAX(said.images) FROM publishing_termuse said
    CROSS JOIN ontology_term term CROSS JOIN ontology_ontology ontology
    WHERE term.curie = said.curie AND ontology.id = term.ontology_id AND ontology.is_current
    GROUP BY 1, 2, 3
), up(term, above) AS (
    SELECT DISTINCT term, term FROM used
    UNION
    SELECT up.term, parent.parent_id FROM up JOIN ontology_parent parent ON parent.term_id = up.above
), shown(above, study, component, images) AS (
    SELECT up.above, used.study, used.component, MAX(used.images) FROM up JOIN used ON used.term = up.term
    GROUP BY 1, 2, 3
)
SELECT above, COUNT(DISTINCT study), SUM(images) FROM shown GROUP BY above
"""
_BY_ONTOLOGY = """
SELECT ontology.id, COUNT(DISTINCT said.study_id), COUNT(DISTINCT said.curie) FROM publishing_termuse said
CROSS JOIN ontology_term term CROSS JOIN ontology_ontology ontology
WHERE term.curie = said.curie AND ontology.id = term.ontology_id AND ontology.is_current
GROUP BY ontology.id
"""
_USED_BELOW = """
SELECT term.curie FROM publishing_termcount used CROSS JOIN ontology_term term CROSS JOIN ontology_span span
WHERE term.id = used.term_id AND span.term_id = %s AND term.ontology_id = %s
AND term.position BETWEEN span.low AND span.high
"""

Stamp = tuple[tuple[int, datetime.datetime], ...]
Said = Counter[tuple[uuid.UUID | None, str, str]]  # images by component, CURIE and field


def field_labels() -> dict[str, str]:
    """What the fields with terms are called, by `TermUse.field`."""
    return {
        KEY_VALUES: "Key-values",
        CHANNELS: "Names of channels",
        **{name: label for name, label, *_ in _term_fields()},
    }


def _term_fields() -> Iterator[tuple[str, str, str, str, str]]:
    """Of each field that holds terms: its path, what it is called, its module's plural, its name and its column."""
    for module in MODULES:
        for field in module.fields:
            if field.kind is Kind.TERM:
                yield f"{module.key}/{field.name}", field.label, module.plural, field.name, ""
            for column in field.columns:
                if column.kind is Kind.TERM:
                    yield (
                        f"{module.key}/{field.name}/{column.name}",
                        column.label,
                        module.plural,
                        field.name,
                        column.name,
                    )


def renew(studies: Collection[uuid.UUID]) -> None:
    """Write what these studies say in their newest version that was not withdrawn; nothing for one without. A study
    at a time is one transaction."""
    markers = MarkerTerms()
    for study in set(studies):
        with _RENEWING:
            _renew(study, markers)


def _renew(study: uuid.UUID, markers: MarkerTerms) -> None:
    newest = newest_standing().filter(study=study).select_related("record").first()
    texts: set[str] = set()
    try:
        uses = _said_of(newest, texts, markers) if newest else Counter()
    except (KeyError, TypeError, AttributeError, ValueError):
        logger.exception("the terms of %s could not be read", newest)
        return
    rows = [
        TermUse(study_id=study, component_id=component, curie=curie, field=field, images=images)
        for (component, curie, field), images in uses.items()
    ]
    with transaction.atomic():
        TermUse.objects.filter(study=study).delete()
        TermUse.objects.bulk_create(rows, batch_size=_BATCH)
        decisions.make_public(texts)


def renew_all() -> None:
    """Write anew what every published study says, and forget what others said."""
    published = newest_standing()
    TermUse.objects.exclude(study__in=published.values("study")).delete()
    last = uuid.UUID(int=0)
    while page := list(published.filter(study__gt=last).order_by("study").values_list("study", flat=True)[:_BATCH]):
        renew(page)
        last = page[-1]


def stamp() -> Stamp:
    """By which one sees that ontologies were loaded, so that counts are to be made anew."""
    return tuple(Ontology.objects.filter(is_current=True).order_by("pk").values_list("pk", "loaded_at"))


def count() -> None:
    """Count the studies and images of every term that is used, and of those above it. Reads take place before the
    writing begins, so that nobody waits for it."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT)
        counted = {term: (studies, images) for term, studies, images in cursor.fetchall()}
    with transaction.atomic():
        kept = {row.term_id: row for row in TermCount.objects.all()}
        TermCount.objects.filter(term__in=kept.keys() - counted.keys()).delete()
        changed = [row for pk, row in kept.items() if pk in counted and counted[pk] != (row.studies, row.images)]
        for row in changed:
            row.studies, row.images = counted[row.term_id]
        TermCount.objects.bulk_update(changed, ["studies", "images"], batch_size=_BATCH)
        new = [TermCount(term_id=pk, studies=s, images=i) for pk, (s, i) in counted.items() if pk not in kept]
        TermCount.objects.bulk_create(new, batch_size=_BATCH)


def _said_of(publication: Publication, texts: set[str], markers: MarkerTerms) -> Said:
    """What it says; the texts in fields with terms are added to `texts`."""
    records = of_version(publication)
    said: Said = Counter()
    for field, _, plural, name, column in _term_fields():
        for entity in getattr(records.study, plural, ()):
            found = list(_texts(getattr(entity, name), column))
            texts.update(one.text for one in found)
            curies = {one.term.curie for one in found if one.term}
            places = _components(records, entity)
            for curie in curies:
                if not places:
                    said[None, curie, field] = 0
                for component in places:
                    said[uuid.UUID(component.id), curie, field] = component.counts.images
    said.update(_said_of_images(publication, texts, markers))
    return said


def _texts(value: object, column: str) -> Iterator[TermText]:
    for one in value if isinstance(value, tuple) else (value,):
        yield one if isinstance(one, TermText) else getattr(one, column)


def _components(records: RecordSet, entity: object) -> list[ComponentRecord]:
    """The components whose images were made from, or by, this part of the study."""
    ids = {getattr(entity, "id"), getattr(entity, "specimen", "")} - {""}  # noqa: B009  (an object of some shape)
    return [
        component
        for component in records.components
        if any(ids & {one.biosample, one.specimen, one.acquisition, one.analysis} for one in component.associations)
    ]


def _said_of_images(publication: Publication, texts: set[str], markers: MarkerTerms) -> Said:
    """The terms in key-values of images, and those that their channels are called after."""
    said: Said = Counter()
    version = publication.version
    entries = Entry.objects.filter(
        Q(last_version=None) | Q(last_version__gte=version),
        study=publication.study_id,
        kind=Entry.Kind.IMAGE,
        first_version__lte=version,
    )
    rows = entries.values_list("parent_id", "record__body__key_values", "record__body__channels").iterator()
    while page := list(islice(rows, _BATCH)):
        named = [frozenset(_names_of(channels or ())) for _, _, channels in page]
        markers.learn(name for names in set(named) for text in names for name in read_name(text).names)
        shown = {names: terms_of_names(names, markers) for names in set(named)}  # the images of a plate are alike
        for (component, pairs, _), names in zip(page, named, strict=True):
            mapped = [pair for pair in pairs or () if "term" in pair]
            texts.update(pair["value"] for pair in mapped)
            for curie in {pair["term"]["curie"] for pair in mapped}:
                said[component, curie, KEY_VALUES] += 1
            for curie in shown[names]:
                said[component, curie, CHANNELS] += 1
    return said


def _names_of(channels: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """What the channels of an image, as its record holds them, are called."""
    yield from (text for channel in channels for key in ("name", "fluor") if (text := channel.get(key)))


@dataclass(frozen=True)
class Uses:
    """What uses a term or one below it. `images` are at least so many; `fields` have a path, a name and the number of
    studies that say it there."""

    studies: int
    images: int
    newest: tuple[Publication, ...]
    fields: tuple[tuple[str, str, int], ...]


@dataclass(frozen=True)
class OntologyUses:
    """How many studies use any term of an ontology, and how many terms they use."""

    studies: int
    terms: int


def ontology_uses() -> dict[int, OntologyUses]:
    """By the key of the current version of each ontology that is used. One query."""
    with connection.cursor() as cursor:
        cursor.execute(_BY_ONTOLOGY)
        return {ontology: OntologyUses(studies, terms) for ontology, studies, terms in cursor.fetchall()}


def uses_of(term: Term, limit: int) -> Uses:
    """Four queries, however much is below the term."""
    counted = TermCount.objects.filter(term=term).first()
    if counted is None:
        return Uses(0, 0, (), ())
    said = TermUse.objects.filter(curie__in=_used_below(term))
    newest = newest_standing().filter(study__in=said.values("study"))
    labels = field_labels()
    fields = said.values_list("field").annotate(studies=Count("study", distinct=True)).order_by("-studies", "field")
    return Uses(
        counted.studies,
        counted.images,
        tuple(newest.select_related("record").order_by("-published_at", "-id")[:limit]),
        tuple((field, labels.get(field, field), studies) for field, studies in fields),
    )


def _used_below(term: Term) -> RawSQL:
    """The CURIEs of the used terms at or below a term."""
    return RawSQL(_USED_BELOW, (term.pk, term.ontology_id))
