"""What became of a study: its document as it was at each submission, and who set which field when."""

import json
import uuid
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import CharField, QuerySet, TextField
from django.db.models.functions import Cast

from base import audit
from base.errors import NotFound
from base.models import AuditEvent
from catalogue import documents
from catalogue.differences import ModuleChange, Piece, differences, in_words, words
from catalogue.models import ReviewRound, RoundSnapshot, Study
from catalogue.paths import Path, parse
from catalogue.rules.fields import Field, Kind, Module
from catalogue.rules.rembi import BY_KEY
from catalogue.rules.titles import title_of

NOW = "now"
PAGE = 50  # events
_OF_FIELDS = ("changed", "added", "removed", "moved", "replaced the metadata", "took a suggested value", "mapped",
              "replaced terms", "took terms back")  # fmt: skip


@dataclass(frozen=True)
class Point:
    """A moment whose document is kept: `key` is `v<version>r<round>`, or "now" for the study as it stands."""

    key: str
    round: ReviewRound | None

    @property
    def at(self) -> datetime | None:
        return self.round.submitted_at if self.round else None


@dataclass(frozen=True)
class FieldEvent:
    """What one event did to one field: `label` says which in words, `pieces` how it changed."""

    path: str
    label: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True)
class Event:
    """One line of the audit log with the fields that it changed."""

    id: uuid.UUID
    at: datetime
    who: str  # a name; an e-mail address only for people without one
    verb: str
    fields: tuple[FieldEvent, ...]
    detail: dict[str, Any]


def keep_snapshot(round_: ReviewRound, study: Study) -> None:
    """Keep the document as it is sent in. A study's texts shrink to a fraction of their length."""
    body = json.dumps(documents.read(study), ensure_ascii=False, separators=(",", ":")).encode()
    RoundSnapshot.objects.create(round=round_, body=zlib.compress(body, 9))


def document_of(round_: ReviewRound) -> dict[str, Any]:
    """The document as it was sent in with this round. Raises NotFound for rounds from before documents were kept."""
    snapshot = RoundSnapshot.objects.filter(round=round_).first()
    if snapshot is None:
        raise NotFound("What was sent in at that time was not kept.")
    found: dict[str, Any] = json.loads(zlib.decompress(bytes(snapshot.body)))
    return found


def points(study: Study) -> list[Point]:
    """The moments that can be compared, newest first: the study now, and each round whose document is kept."""
    rounds = ReviewRound.objects.filter(study=study, snapshot__isnull=False).select_related("submitted_by")
    return [Point(NOW, None), *(Point(key_of(one), one) for one in rounds.order_by("-version", "-number"))]


def key_of(round_: ReviewRound) -> str:
    return f"v{round_.version}r{round_.number}"


def last_two(study: Study) -> tuple[str, str]:
    """The keys of the points that one most likely asks about: what changed since the round before; while the study is
    being changed, since the last one."""
    keys = [point.key for point in points(study)]
    is_open = study.state in {Study.State.DRAFT, Study.State.RETURNED}
    return keys[min(1 if is_open else 2, len(keys) - 1)], keys[0]


def compare(study: Study, old: str, new: str) -> list[ModuleChange]:
    """What differs between two points, named by their keys. Raises NotFound for a key that is none."""
    return differences(_document(study, old), _document(study, new))


def changed_since(study: Study, round_: ReviewRound, document: dict[str, Any]) -> list[ModuleChange]:
    """What differs in `document` from the round before this one; nothing if there is none."""
    before = (
        ReviewRound.objects.filter(study=study, snapshot__isnull=False, submitted_at__lt=round_.submitted_at)
        .order_by("-submitted_at")
        .first()
    )
    return differences(document_of(before), document) if before else []


def _document(study: Study, key: str) -> dict[str, Any]:
    found = next((point for point in points(study) if point.key == key), None)
    if found is None:
        raise NotFound(f"This study has no version or round “{key[:40]}” to compare.")
    return document_of(found.round) if found.round else documents.read(study)


def events(
    study: Study, *, path: str = "", who: uuid.UUID | None = None, only_fields: bool = False
) -> QuerySet[AuditEvent]:
    """What was done with the study, newest first: all of it, or what changed a field, row or module (`path`), or what
    one person did; `only_fields` leaves out files, comments and decisions."""
    found = audit.history(study.pk).select_related("actor")
    if only_fields:
        found = found.filter(verb__in=_OF_FIELDS)
    if who is not None:
        found = found.filter(actor=who)
    if path:
        whole = json.dumps(path)  # the path alone, or the beginning of one
        found = found.annotate(as_text=Cast("detail", TextField()))
        found = found.filter(as_text__contains=whole[:-1] if path in BY_KEY else whole) | found.filter(
            as_text__contains=f"{whole[:-1]}/"
        )
    return found


def people(study: Study) -> list[tuple[str, str]]:
    """Id and name of everybody who did something with the study."""
    rows = audit.history(study.pk).exclude(actor=None).order_by()
    named = rows.annotate(key=Cast("actor_id", CharField())).values_list("actor", "actor__name", "actor__email")
    return sorted({(str(pk), name or email) for pk, name, email in named.distinct()}, key=lambda it: it[1].lower())


def read_event(event: AuditEvent, path: str = "") -> Event:
    """An event with its fields in words; with `path`, only those at or below it."""
    who = str(event.actor) if event.actor else event.actor_label
    fields = tuple(one for one in _fields(event.detail) if not path or one.path == path or _is_below(one.path, path))
    return Event(event.pk, event.at, who, event.verb, fields, event.detail)


def _is_below(path: str, above: str) -> bool:
    return path.startswith(f"{above}/")


def _fields(detail: dict[str, Any]) -> Iterator[FieldEvent]:
    for path, old, new in detail.get("changes", ()):
        try:
            at = parse(path)
            module = BY_KEY[at.module]
        except (ValueError, KeyError):
            continue
        if not at.field:  # a whole row came or went
            yield from _row(module, path, old, new)
        elif (field := _field(module, at)) is not None:
            yield FieldEvent(path, _label(module, field), words(_text(field, old), _text(field, new)))


def _row(module: Module, path: str, old: Any, new: Any) -> Iterator[FieldEvent]:
    before, after = (value if isinstance(value, dict) else {} for value in (old, new))
    if title := title_of(module, after or before):
        yield FieldEvent(path, module.label, words(title if before else "", title if after else ""))
    for field in module.fields:
        if before.get(field.name) != after.get(field.name):
            pieces = words(_text(field, before.get(field.name)), _text(field, after.get(field.name)))
            if pieces and title not in {piece.text for piece in pieces}:
                yield FieldEvent(f"{path}/{field.name}", _label(module, field), pieces)


def _field(module: Module, at: Path) -> Field | None:
    try:
        return module.field(at.field)
    except KeyError:
        return None


def _label(module: Module, field: Field) -> str:
    return f"{module.label}: {field.label}" if module.repeated else field.label


def _text(field: Field, value: Any) -> str:
    """A value of the log in words; the rows of a table on a line each. References to rows are told as such."""
    if field.kind is Kind.ROWS and isinstance(value, list):
        rows = (
            "; ".join(filter(None, (_cell(column, row.get(column.name)) for column in field.columns)))
            for row in value
            if isinstance(row, dict)
        )
        return "\n".join(filter(None, rows))
    return _cell(field, value)


def _cell(field: Field, value: Any) -> str:
    if field.kind is Kind.REFERENCE and value:
        return f"→ {BY_KEY[field.target].label.lower()}"
    return in_words(field, value, lambda _module, _key: "")
