"""Named values of entities between plain data (exchange.Pair) and the dictionary-encoded table of key-values."""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from catalogue.bulk import find_rows, insert_rows
from catalogue.exchange.dossier import Pair
from catalogue.models import KeyValue, Study
from catalogue.reading.fitting import clean
from catalogue.reading.key_values import name_ids, text_ids
from ontology.queries import Wanted, map_terms

STUDY = "study"
FILE = "file"
LISTED_FILE = "listed-file"
BATCH = 500
_COLUMNS = ("study", "entity", "entity_id", "position", "key", "value", "unit", "term", "curie")
_NAMESPACE, _NAME, _UNIT, _CURIE = 300, 500, 50, 200  # characters, as the columns take them


class Writer:
    """Stores pairs of many entities of one study. Names, texts and terms met once are not looked up again."""

    def __init__(self, study: Study) -> None:
        self.study = study
        self._names: dict[tuple[str, str], int] = {}  # by namespace and name, as pairs have them
        self._texts: dict[str, int] = {}
        self._terms: dict[str, int | None] = {}

    def put(self, entity: str, pairs: Mapping[uuid.UUID, Sequence[Pair]]) -> None:
        """Give each entity its pairs, in place of those that it has of the same names."""
        self._learn([pair for some in pairs.values() for pair in some])
        self._take_away(entity, pairs)
        rows = (
            self._row(entity, entity_id, position, pair)
            for entity_id, some in pairs.items()
            for position, pair in enumerate(some)
        )
        insert_rows(KeyValue, _COLUMNS, rows)

    def _row(self, entity: str, entity_id: uuid.UUID, position: int, pair: Pair) -> tuple[Any, ...]:
        """The columns of a key-value, as _COLUMNS names them."""
        term = self._terms[pair.curie] if pair.curie else None
        curie = "" if term or not pair.curie else clean(pair.curie)[:_CURIE]
        unit = clean(pair.unit)[:_UNIT] if pair.unit else ""
        key, value = self._names[pair.namespace, pair.name], self._texts[pair.value]
        return self.study.pk, entity, entity_id, position, key, value, unit, term, curie

    def _take_away(self, entity: str, pairs: Mapping[uuid.UUID, Sequence[Pair]]) -> None:
        """Delete what these entities have under the names of their pairs. Looked for by their ids alone: asked for
        the names as well, a database may go through all values of a name instead."""
        there = find_rows(KeyValue, ("id", "entity_id", "key"), "entity_id", pairs, entity=entity)
        old = [
            pk
            for pk, owner, key in there
            if any(key == self._names[pair.namespace, pair.name] for pair in pairs[owner])
        ]
        for start in range(0, len(old), BATCH):
            KeyValue.objects.filter(pk__in=old[start : start + BATCH]).delete()

    def _learn(self, pairs: Sequence[Pair]) -> None:
        """Find, or make, the ids of all names, texts and terms."""
        names = {(pair.namespace, pair.name) for pair in pairs} - self._names.keys()
        if names:
            ids = name_ids({_name(*one) for one in names})
            self._names |= {one: ids[_name(*one)] for one in names}
        texts = {pair.value for pair in pairs} - self._texts.keys()
        if texts:
            found = text_ids({clean(text) for text in texts})
            self._texts |= {text: found[clean(text)] for text in texts}
        curies = {pair.curie for pair in pairs if pair.curie} - self._terms.keys()
        if curies:
            terms = map_terms([Wanted("", curie, "variable") for curie in curies])
            self._terms |= dict.fromkeys(curies) | {wanted.curie: term.pk for wanted, term in terms.items()}


def _name(namespace: str, name: str) -> tuple[str, str]:
    return clean(namespace)[:_NAMESPACE], clean(name)[:_NAME]


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
