"""Remembered decisions on what texts stand for: asked first, wherever a text is to be mapped."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from base.errors import Conflict, Invalid
from base.models import User
from ontology.bindings import BINDINGS
from ontology.models import Decision, Term
from ontology.names.comparing import fold

_BATCH = 500
_TEXTS = 10_000  # that are asked for at once
LONGEST = 400  # characters of a folded text; a longer one is a description, which no term stands for


@dataclass(frozen=True)
class Choice:
    """What somebody chose for a text in a field of a binding: a term of this site, or None if none fits."""

    text: str
    binding: str
    term: Term | None
    predicate: str = Decision.Predicate.EXACT
    justification: str = Decision.Justification.MANUAL
    confidence: float | None = None
    comment: str = ""

    @property
    def key(self) -> tuple[str, str]:
        return fold(self.text), self.binding


def all_of() -> QuerySet[Decision]:
    """All decisions that were ever made for the whole catalogue."""
    return Decision.objects.filter(is_proposal=False)


def in_force() -> QuerySet[Decision]:
    """The decisions that hold for the whole catalogue."""
    return all_of().filter(ended_at=None)


def public() -> QuerySet[Decision]:
    """The decisions in force that everybody may see: no text of a draft is among them."""
    return in_force().filter(is_public=True)


def make_public(texts: Iterable[str]) -> None:
    """A published study holds these texts, so that what was decided on them may be seen."""
    folded = sorted({key for text in texts if (key := fold(text)) and len(key) <= LONGEST})
    for start in range(0, len(folded), _BATCH):
        batch = folded[start : start + _BATCH]
        in_force().filter(folded__in=batch, is_public=False).update(is_public=True)


def proposals() -> QuerySet[Decision]:
    """What depositors chose for their own studies and no curator has taken or declined."""
    return Decision.objects.filter(ended_at=None, is_proposal=True)


def decided(keys: Collection[tuple[str, str]]) -> dict[tuple[str, str], Decision]:
    """The decision in force for each (folded text, binding) that has one. One query for many of them."""
    wanted = set(keys)
    texts = sorted({text for text, _ in wanted if text})
    found: dict[tuple[str, str], Decision] = {}
    for start in range(0, len(texts), _TEXTS):
        rows = in_force().select_related("decided_by").filter(folded__in=texts[start : start + _TEXTS])
        found |= {key: row for row in rows if (key := (row.folded, row.binding)) in wanted}
    return found


@transaction.atomic
def remember(
    choices: Iterable[Choice], *, by: User | None, study_id: UUID | None = None, is_proposal: bool = False
) -> list[Decision]:
    """Keep the choices, each in place of the one in force for the same text and binding (a depositor's proposal: of
    their earlier one for the same study). Raises Invalid for a text that is none, or too long to stand for a term, and
    Conflict if somebody decides on one at the same moment."""
    made = []
    now = timezone.now()
    for choice in choices:
        _check(choice)
        folded, binding = choice.key
        made.append(
            Decision(
                text=choice.text.strip(),
                folded=folded,
                binding=binding,
                predicate=choice.predicate,
                justification=choice.justification,
                confidence=choice.confidence,
                comment=choice.comment.strip(),
                decided_by=by,
                decided_at=now,
                study_id=study_id,
                is_proposal=is_proposal,
                **term_columns(choice.term),
            )
        )
    keep(made, by=by)
    return made


def keep(rows: Sequence[Decision], *, by: User | None) -> None:
    """Save new decisions, each on another text or binding: all for one study, or all for the whole catalogue. Those
    that they take the place of end. Raises Conflict if another was just made. Three queries for many rows."""
    ordered = sorted(rows, key=lambda one: (one.folded, one.binding))  # rows are locked in one order
    for start in range(0, len(ordered), _BATCH):
        new = {(row.folded, row.binding): row for row in ordered[start : start + _BATCH]}
        first = ordered[start]
        same = proposals().filter(study_id=first.study_id) if first.is_proposal else in_force()
        locked = same.select_for_update().filter(folded__in={text for text, _ in new}).order_by("folded", "binding")
        before = [row for row in locked if (row.folded, row.binding) in new]
        for row in before:
            row.ended_at, row.ended_by = timezone.now(), by
            row.replaced_by = new[row.folded, row.binding]
        try:
            Decision.objects.bulk_update(before, ["ended_at", "ended_by", "replaced_by"])
            Decision.objects.bulk_create(new.values())
        except IntegrityError as error:
            texts = f"“{first.text[:80]}”" if len(new) == 1 else "one of these texts"
            raise Conflict(f"Somebody decided on {texts} just now. Load the page again.") from error


def take_back(ids: Sequence[UUID], *, by: User | None) -> None:
    """End these decisions, where they are still in force, and put those in force again that they had replaced. Four
    queries for many rows."""
    places: list[tuple[str, str, UUID]] = []
    for start in range(0, len(ids), _BATCH):
        rows = Decision.objects.filter(pk__in=ids[start : start + _BATCH])
        places += rows.values_list("folded", "binding", "pk")
    ordered = [pk for _, _, pk in sorted(places)]  # rows are locked in one order
    for start in range(0, len(ordered), _BATCH):
        batch = Decision.objects.filter(pk__in=ordered[start : start + _BATCH]).order_by("folded", "binding")
        in_force_yet: list[UUID] = []
        for row in batch.select_for_update():
            if row.ended_at is None:
                in_force_yet.append(row.pk)
                continue
            # If a later one takes its place, that one is not to bring it back.
            row.replaces.update(replaced_by=row.replaced_by_id)
            Decision.objects.filter(pk=row.pk).update(replaced_by=None)
        Decision.objects.filter(pk__in=in_force_yet).update(ended_at=timezone.now(), ended_by=by)
        Decision.objects.filter(replaced_by__in=in_force_yet).update(ended_at=None, ended_by=None, replaced_by=None)


def term_columns(term: Term | None) -> dict[str, str]:
    """A term as a decision keeps it."""
    return {"curie": term.curie, "iri": term.iri, "label": term.label} if term else {}


def _check(choice: Choice) -> None:
    if choice.binding not in BINDINGS:
        raise Invalid(f"There is no kind of field “{choice.binding[:40]}”.", field="binding")
    if not 0 < len(fold(choice.text)) <= LONGEST:
        raise Invalid(f"A text of 1 to {LONGEST} characters can stand for a term.", field="text")
    if choice.predicate not in Decision.Predicate.values:
        raise Invalid("A text is the same as its term, nearly the same, broader or narrower.", field="predicate")
    if choice.term is not None and choice.term.obsolete:
        instead = f" Its ontology names {choice.term.replaced_by} instead." if choice.term.replaced_by else ""
        raise Invalid(f"{choice.term.curie} ({choice.term.label}) is obsolete.{instead}", field="curie")
