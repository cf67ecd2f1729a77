"""What a version of an ontology changed, for those whose records name its terms."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from django.db import connection

from base.errors import NotFound
from ontology.models import Ontology

_ROWS = 2000
# Kept terms that changed; then those that the new version has not; then those that only it has.
_CHANGES = """
SELECT old.curie, CASE WHEN new.obsolete AND NOT old.obsolete THEN 'obsoleted' ELSE 'relabelled' END,
       old.label, new.label, new.replaced_by, new.consider
FROM ontology_term old JOIN ontology_term new ON new.ontology_id = %(new)s AND new.curie = old.curie
WHERE old.ontology_id = %(old)s AND (new.label <> old.label OR new.obsolete AND NOT old.obsolete)
UNION ALL
SELECT old.curie, 'removed', old.label, '', '', ''
FROM ontology_term old LEFT JOIN ontology_term new ON new.ontology_id = %(new)s AND new.curie = old.curie
WHERE old.ontology_id = %(old)s AND new.id IS NULL
"""
_ADDED = """
UNION ALL
SELECT new.curie, 'added', '', new.label, '', ''
FROM ontology_term new LEFT JOIN ontology_term old ON old.ontology_id = %(old)s AND old.curie = new.curie
WHERE new.ontology_id = %(new)s AND old.id IS NULL
"""


class Change(Enum):
    OBSOLETED = "obsoleted"
    RELABELLED = "relabelled"
    REMOVED = "removed"
    ADDED = "added"


@dataclass(frozen=True)
class TermChange:
    """One term that differs. `replaced_by` and `consider` are what the new version offers for an obsolete one."""

    curie: str
    kind: Change
    old_label: str
    new_label: str
    replaced_by: str = ""
    consider: tuple[str, ...] = ()


def find(prefix: str, version: str) -> Ontology:
    """The whole version if it is there, else its starter set. Raises NotFound if it is not loaded."""
    rows = Ontology.objects.filter(prefix=prefix, version=version, state=Ontology.State.READY)
    found = rows.order_by("is_part").first()
    if found is None:
        raise NotFound(f"{prefix} {version} is not loaded.")
    return found


def changes(prefix: str, old: str, new: str, *, added: bool = False) -> Iterator[TermChange]:
    """What version `new` changed since `old`, by kind of change; new terms only if wanted. One query, whose rows are
    fetched as they are asked for. Raises NotFound if one of the versions is not loaded."""
    keys = {"old": find(prefix, old).pk, "new": find(prefix, new).pk}
    return _read(_CHANGES + (_ADDED if added else ""), keys)


def _read(sql: str, keys: dict[str, int]) -> Iterator[TermChange]:
    with connection.chunked_cursor() as cursor:
        cursor.execute(sql, keys)
        while rows := cursor.fetchmany(_ROWS):
            for curie, kind, old_label, new_label, replaced_by, consider in rows:
                yield TermChange(curie, Change(kind), old_label, new_label, replaced_by, tuple(consider.split()))
