"""Key-values, dictionary-encoded: each name and each text is stored once."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from catalogue.bulk import find_rows, insert_rows
from catalogue.models import KeyName, KeyText, KeyValue, Study
from catalogue.reading.fitting import clean, fitted
from imaging import facts

BATCH = 500


@dataclass(frozen=True)
class Pair:
    """One key-value on an entity ("image", "file", "instrument")."""

    entity: str
    entity_id: UUID
    position: int
    fact: facts.KeyValue


def pairs_of(entity: str, entity_id: UUID, found: Iterable[facts.KeyValue]) -> list[Pair]:
    """The pairs of one entity, in order."""
    return [Pair(entity, entity_id, position, fact) for position, fact in enumerate(found)]


def replace(study: Study, pairs: Sequence[Pair]) -> None:
    """Write the pairs in place of those that their entities have of the same names; what an import said stays.

    The number of queries grows only with the batches.
    """
    names = name_ids({(clean(p.fact.namespace)[:300], clean(p.fact.name)[:500]) for p in pairs})
    _delete(pairs, list(names.values()))
    texts = text_ids({clean(p.fact.value) for p in pairs})
    KeyValue.objects.bulk_create(
        (
            fitted(
                KeyValue,
                study=study,
                entity=pair.entity,
                entity_id=pair.entity_id,
                position=pair.position,
                key_id=names[clean(pair.fact.namespace)[:300], clean(pair.fact.name)[:500]],
                value_id=texts[clean(pair.fact.value)],
                unit=pair.fact.unit,
            )
            for pair in pairs
        ),
        batch_size=BATCH * 2,
    )


def _delete(pairs: Sequence[Pair], keys: Sequence[int]) -> None:
    by_entity: dict[str, list[UUID]] = {}
    for pair in pairs:
        ids = by_entity.setdefault(pair.entity, [])
        if not ids or ids[-1] != pair.entity_id:
            ids.append(pair.entity_id)
    for entity, ids in by_entity.items():
        for start in range(0, len(ids), BATCH):
            for first in range(0, len(keys), BATCH):
                KeyValue.objects.filter(
                    entity=entity, entity_id__in=ids[start : start + BATCH], key__in=keys[first : first + BATCH]
                ).delete()


def name_ids(wanted: set[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """The id of each (namespace, name), made if it was not there."""
    found: dict[tuple[str, str], int] = {}
    ordered = sorted(wanted)  # always in one order, so that two workers never wait for each other
    for start in range(0, len(ordered), BATCH):
        part = ordered[start : start + BATCH]
        KeyName.objects.bulk_create(
            (KeyName(namespace=space, name=name) for space, name in part), ignore_conflicts=True
        )
        rows = KeyName.objects.filter(namespace__in={space for space, _ in part}, name__in=[name for _, name in part])
        found |= {(space, name): pk for pk, space, name in rows.values_list("pk", "namespace", "name")}
    return found


def text_ids(wanted: set[str]) -> dict[str, int]:
    """The id of each text, made if it was not there."""
    texts = {hashlib.sha1(text.encode(), usedforsecurity=False).digest(): text for text in wanted}
    ids = _ids_by_digest(texts)
    new = sorted(texts.keys() - ids.keys())  # always in one order, as above
    if new:
        insert_rows(KeyText, ("digest", "text"), ((digest, texts[digest]) for digest in new), unless_there=True)
        ids |= _ids_by_digest(new)
    return {text: ids[digest] for digest, text in texts.items()}


def _ids_by_digest(digests: Iterable[bytes]) -> dict[bytes, int]:
    return {bytes(digest): pk for digest, pk in find_rows(KeyText, ("digest", "id"), "digest", digests)}
