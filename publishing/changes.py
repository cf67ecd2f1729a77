"""What differs between two published versions of a study, from their Records only."""

from dataclasses import dataclass

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from base.errors import NotFound
from catalogue.differences import ModuleChange, differences
from publishing import record
from publishing.dossiers import document_of
from publishing.models import Entry, Publication

NAMED = 20


@dataclass(frozen=True)
class MemberChanges:
    """How many images or files came, went or changed, and the names of the first few that came or went."""

    kind: str  # image | file
    added: int
    removed: int
    changed: int
    added_names: tuple[str, ...] = ()
    removed_names: tuple[str, ...] = ()


@dataclass(frozen=True)
class VersionChanges:
    old: Publication
    new: Publication
    metadata: list[ModuleChange]
    members: list[MemberChanges]


def between(old: Publication, new: Publication) -> VersionChanges:
    """What differs in `new` from `old`, two versions of one study. A fixed number of queries, whatever they hold."""
    if old.study_id != new.study_id:
        raise NotFound("These are versions of two different studies.")
    metadata = differences(document_of(record.of_version(old)), document_of(record.of_version(new)))
    members = [_members(kind, old, new) for kind in (Entry.Kind.IMAGE, Entry.Kind.FILE)]
    return VersionChanges(old, new, metadata, [one for one in members if one.added or one.removed or one.changed])


def _members(kind: Entry.Kind, old: Publication, new: Publication) -> MemberChanges:
    before, after = _of(kind, old), _of(kind, new)
    came = after.filter(~Exists(before.filter(object_id=OuterRef("object_id"))))
    went = before.filter(~Exists(after.filter(object_id=OuterRef("object_id"))))
    other = before.filter(object_id=OuterRef("object_id")).exclude(record=OuterRef("record"))
    return MemberChanges(
        kind, came.count(), went.count(), after.filter(Exists(other)).count(), _names(kind, came), _names(kind, went)
    )


def _of(kind: Entry.Kind, publication: Publication) -> QuerySet[Entry]:
    version = publication.version
    return Entry.objects.filter(
        Q(last_version=None) | Q(last_version__gte=version),
        study=publication.study_id,
        kind=kind,
        first_version__lte=version,
    )


def _names(kind: Entry.Kind, entries: QuerySet[Entry]) -> tuple[str, ...]:
    key = F("record__body__path") if kind == Entry.Kind.FILE else F("record__body__name")
    return tuple(str(name) for name in entries.order_by("object_id").values_list(key, flat=True)[:NAMED] if name)
