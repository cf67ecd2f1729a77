"""Decisions as a set of mappings that goes out and comes in."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from base.models import User
from ontology.mapping import decisions, sssom
from ontology.mapping.sssom import LineProblem, Literal, LiteralSet
from ontology.models import Decision, Term
from ontology.names.comparing import fold

_BATCH = 500


@dataclass(frozen=True)
class Clash:
    """A line that says otherwise than a decision here: the decision stays unless it is to be replaced."""

    line: int
    text: str
    binding: str
    ours: str
    theirs: str

    def __str__(self) -> str:
        return f"line {self.line}: “{self.text}” ({self.binding}) is {self.theirs}; here it was decided: {self.ours}"


@dataclass(frozen=True)
class Taken:
    """What became of a set: how many decisions are new, replaced, and there already; and what is to be looked at.

    `unknown` are terms of no ontology here: what is decided for them is used once their ontology is loaded.
    """

    added: int
    replaced: int
    unchanged: int
    clashes: tuple[Clash, ...]
    problems: tuple[LineProblem, ...]
    unknown: tuple[str, ...]
    decisions: tuple[Decision, ...] = ()


def literals(*, for_all: bool) -> list[Literal]:
    """All decisions in force; `for_all` those that everybody may see, without comments, and with people told by their
    ORCID iD only, if they gave one."""
    rows = (decisions.public() if for_all else decisions.in_force()).select_related("decided_by")
    ordered = rows.order_by("folded", "binding")
    return [_literal(row, for_all=for_all) for row in ordered.iterator(chunk_size=_BATCH)]


def write(*, public_url: str, site: str, for_all: bool) -> str:
    """Decisions in force as SSSOM/TSV, as `literals` gives them. They are facts, so no right is kept on them (CC0)."""
    return sssom.write(
        literals(for_all=for_all),
        set_id=f"{public_url}/api/v1/mappings.sssom.tsv",
        licence="https://creativecommons.org/publicdomain/zero/1.0/",
        title=f"What texts stand for, as curators of {site} decided",
    )


@transaction.atomic
def take(found: LiteralSet, *, by: User | None, replace: bool = False, dry_run: bool = False) -> Taken:
    """Remember what a set says. A decision here that says otherwise stays, and is told, unless `replace`.

    `dry_run`: only say what would become of it.
    """
    terms = _terms(found.literals)
    ours = decisions.decided({(fold(one.text), one.binding) for one in found.literals})
    rows: list[Decision] = []
    clashes: list[Clash] = []
    replaced = unchanged = 0
    seen: dict[tuple[str, str], str] = {}
    problems = list(found.problems)
    for one in found.literals:
        row = _decision(one, terms, found.id, by)
        key = row.folded, row.binding
        if not row.folded or len(row.folded) > decisions.LONGEST:
            problems.append(LineProblem(one.line, "subject_label", "it is too long to stand for a term"))
            continue
        if key in seen:  # the same text in other letters
            if seen[key] != row.curie:
                problems.append(LineProblem(one.line, "subject_label", "a line before says otherwise of this text"))
            continue
        seen[key] = row.curie
        there = ours.get(key)
        if there and (there.curie, there.predicate) == (row.curie, row.predicate):
            unchanged += 1
            continue
        if there and not replace:
            clashes.append(Clash(one.line, one.text, one.binding, _said(there), _said(row)))
            continue
        replaced += there is not None
        rows.append(row)
    unknown = sorted({one.curie for one in found.literals if one.curie and not _term_of(one, terms)})
    if not dry_run:
        decisions.keep(rows, by=by)
    made = tuple(rows) if not dry_run else ()
    return Taken(len(rows) - replaced, replaced, unchanged, tuple(clashes), tuple(problems), tuple(unknown), made)


def _literal(row: Decision, *, for_all: bool) -> Literal:
    person = row.decided_by
    people = [part for part in row.author.split("|") if part]
    if person and person.orcid:
        people = [f"orcid:{person.orcid}"]
    elif person:
        people = [person.name] if person.name else []
    if for_all:
        people = [name for name in people if name.startswith("orcid:")]
    return Literal(
        text=row.text,
        binding=row.binding,
        curie=row.curie,
        label=row.label,
        iri=row.iri,
        predicate=row.predicate,
        justification=row.justification,
        people=tuple(people),
        day=row.decided_at.date(),
        confidence=row.confidence,
        comment="" if for_all else row.comment,
    )


def _decision(one: Literal, terms: Mapping[str, Term], source: str, by: User | None) -> Decision:
    term = _term_of(one, terms)
    at = datetime.combine(one.day, time(), UTC) if one.day else timezone.now()
    return Decision(
        text=one.text,
        folded=fold(one.text),
        binding=one.binding,
        predicate=one.predicate,
        justification=one.justification,
        confidence=one.confidence,
        comment=one.comment,
        decided_by=None if one.people else by,
        decided_at=at,
        author="|".join(name.replace("|", "/") for name in one.people),
        source=source[:500],
        is_public=True,  # who brings a set in takes it from where others see it too
        **(decisions.term_columns(term) if term else {"curie": one.curie, "iri": one.iri, "label": one.label}),
    )


def _terms(found: Collection[Literal]) -> dict[str, Term]:
    """The current terms of these CURIEs or IRIs, by each: other sites spell prefixes in other ways."""
    names = sorted({name for one in found for name in (one.curie, one.iri) if name})
    terms: dict[str, Term] = {}
    for start in range(0, len(names), _BATCH):
        batch = names[start : start + _BATCH]
        current = Term.objects.filter(Q(curie__in=batch) | Q(iri__in=batch), ontology__is_current=True)
        for term in current:
            terms[term.curie] = terms[term.iri] = term
    return terms


def _term_of(one: Literal, terms: Mapping[str, Term]) -> Term | None:
    return terms.get(one.iri) or terms.get(one.curie)


def _said(row: Decision) -> str:
    if not row.curie:
        return "no term fits"
    label = Decision.Predicate(row.predicate).label
    more = "" if row.predicate == Decision.Predicate.EXACT else f", {label}"
    return f"{row.curie} ({row.label}{more})"
