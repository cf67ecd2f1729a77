"""Named values of entities between plain data (exchange.Pair) and the dictionary-encoded table of key-values."""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from catalogue.exchange.dossier import Pair
from catalogue.models import KeyValue, Study
from catalogue.reading.fitting import clean
from catalogue.reading.key_values import digest_of, name_ids, text_ids
from ontology.queries import Wanted, map_terms

STUDY = "study"
FILE = "file"
LISTED_FILE = "listed-file"
BATCH = 500
_NAMESPACE, _NAME, _UNIT, _CURIE = 300, 500, 50, 200  # characters, as the columns take them


class Writer:
    """Stores pairs of many entities of one study. Names, texts and terms met once are not looked up again."""

    def __init__(self, study: Study) -> None:
        self.study = study
        self._names: dict[tuple[str, str], int] = {}
        self._texts: dict[bytes, int] = {}
        self._terms: dict[str, int | None] = {}

    def put(self, entity: str, pairs: Mapping[uuid.UUID, Sequence[Pair]]) -> None:
        """Give each entity its pairs, in place of those that it has of the same names."""
        self._learn([pair for some in pairs.values() for pair in some])
        by_keys: dict[frozenset[int], list[uuid.UUID]] = defaultdict(list)
        rows: list[KeyValue] = []
        for entity_id, some in pairs.items():
            keys = [self._names[_name(pair)] for pair in some]
            by_keys[frozenset(keys)].append(entity_id)
            rows += [
                KeyValue(
                    study=self.study,
                    entity=entity,
                    entity_id=entity_id,
                    position=position,
                    key_id=key,
                    value_id=self._texts[digest_of(clean(pair.value))],
                    unit=clean(pair.unit)[:_UNIT],
                    term_id=self._terms.get(pair.curie),
                    curie="" if self._terms.get(pair.curie) else clean(pair.curie)[:_CURIE],
                )
                for position, (pair, key) in enumerate(zip(some, keys, strict=True))
            ]
        there = KeyValue.objects.filter(study=self.study, entity=entity)
        for keys_of_some, ids in by_keys.items():
            for start in range(0, len(ids), BATCH):
                there.filter(entity_id__in=ids[start : start + BATCH], key__in=keys_of_some).delete()
        KeyValue.objects.bulk_create(rows, batch_size=2 * BATCH)

    def _learn(self, pairs: Sequence[Pair]) -> None:
        names = {_name(pair) for pair in pairs}
        self._names |= name_ids(names - self._names.keys())
        texts = {clean(pair.value) for pair in pairs}
        self._texts |= text_ids({text for text in texts if digest_of(text) not in self._texts})
        curies = {pair.curie for pair in pairs if pair.curie} - self._terms.keys()
        if curies:
            found = map_terms([Wanted("", curie, "variable") for curie in curies])
            self._terms |= dict.fromkeys(curies) | {wanted.curie: term.pk for wanted, term in found.items()}


def _name(pair: Pair) -> tuple[str, str]:
    return clean(pair.namespace)[:_NAMESPACE], clean(pair.name)[:_NAME]


def pairs_of(study: Study, entity: str, ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, list[Pair]]:
    """The pairs of entities of one kind, in their order."""
    found: dict[uuid.UUID, list[Pair]] = defaultdict(list)
    wanted = list(ids)
    for start in range(0, len(wanted), BATCH):
        rows = KeyValue.objects.filter(study=study, entity=entity, entity_id__in=wanted[start : start + BATCH])
        columns = ("entity_id", "key__namespace", "key__name", "value__text", "unit", "term__curie", "curie")
        for entity_id, namespace, name, value, unit, term, curie in rows.values_list(*columns):
            found[entity_id].append(Pair(namespace, name, value, unit, term or curie))
    return found
