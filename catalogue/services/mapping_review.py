"""What curators do with decisions: take depositors' choices for all, bring sets of mappings in, follow ontologies."""

import re
import uuid
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from base.errors import Conflict, Invalid, NotAllowed, NotFound
from base.models import User
from catalogue.access import Actor
from catalogue.models import MappingAct
from catalogue.services import mapping, mapping_values
from catalogue.services.mapping import Decided, person_of, scope
from catalogue.services.mapping_places import PLACES
from catalogue.services.mapping_values import Cell, Change
from ontology.mapping import decisions, sssom
from ontology.mapping import sets as mapping_sets
from ontology.mapping.decisions import Choice
from ontology.mapping.sets import Taken
from ontology.models import Decision, Term
from ontology.queries import resolve, terms_of

_WAS_MOVED = re.compile(r"\A(\S+ is outdated\.\s*)+")  # what earlier replacements noted


@dataclass(frozen=True)
class Outdated:
    """A term that values have and that its ontology has no longer, or calls obsolete; and what it names instead."""

    curie: str
    label: str
    is_obsolete: bool  # else it is gone
    replacement: Term | None
    consider: tuple[Term, ...]
    places: int
    studies: int
    decisions: int


def proposals(*, actor: Actor) -> QuerySet[Decision]:
    """What depositors chose for their studies and nobody has taken or declined, oldest first; not one's own."""
    person = _curator(actor)
    return decisions.proposals().exclude(decided_by=person).select_related("decided_by").order_by("id")


@transaction.atomic
def accept_proposal(*, actor: Actor, decision_id: uuid.UUID) -> Decided:
    """Take a depositor's choice for the whole catalogue, as a decision of one's own."""
    row = _proposal(actor, decision_id)
    term = resolve(row.curie) if row.curie else None
    if row.curie and term is None:
        raise Conflict(f"{row.curie} is in none of this site's ontologies any more. Decline it.")
    choice = Choice(row.text, row.binding, term, row.predicate, Decision.Justification.REVIEW, None, row.comment)
    done = mapping.decide(actor=actor, choices=[choice])
    same = decisions.proposals().filter(folded=row.folded, binding=row.binding, curie=row.curie)
    same.update(ended_at=timezone.now(), ended_by=actor.person, replaced_by=done.decisions[0])
    return done


@transaction.atomic
def decline_proposal(*, actor: Actor, decision_id: uuid.UUID) -> None:
    """Leave a depositor's choice to their study."""
    row = _proposal(actor, decision_id)
    row.ended_at, row.ended_by = timezone.now(), actor.person
    row.save(update_fields=["ended_at", "ended_by"])


@transaction.atomic
def take_set(
    *, actor: Actor, data: bytes, binding: str = "", replace: bool = False, dry_run: bool = False
) -> tuple[Taken, uuid.UUID | None]:
    """Remember the mappings of an SSSOM/TSV file, as ontology.mapping.sets.take does; gives the act to undo it with."""
    person = _curator(actor)
    taken = mapping_sets.take(sssom.read(data, binding=binding), by=person, replace=replace, dry_run=dry_run)
    if not taken.decisions:
        return taken, None
    act = MappingAct.objects.create(actor=person, decisions=[str(one.pk) for one in taken.decisions])
    return taken, act.pk


def outdated(*, actor: Actor, study_id: uuid.UUID | None = None) -> list[Outdated]:
    """The outdated terms of a study's texts, or of all that the acting curator may map, and of decisions."""
    studies = scope(actor, study_id)
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for place in PLACES:
        old = Q(**{f"{place.term}__obsolete": True}) | Q(**{f"{place.term}__ontology__is_current": False})
        rows = place.rows(studies).filter(old).values(f"{place.term}__curie")
        for row in rows.annotate(n=Count("pk"), s=Count(place.study, distinct=True)):
            found = counts[row[f"{place.term}__curie"]]
            found[0], found[1] = found[0] + row["n"], max(found[1], row["s"])
    if study_id is None:
        for curie, n in _outdated_decisions():
            counts[curie][2] += n
    now = terms_of(counts)
    counts = defaultdict(list, {curie: n for curie, n in counts.items() if curie not in now or now[curie].obsolete})
    named = {curie: (now[curie].replaced_by, now[curie].consider.split()) for curie in counts if curie in now}
    meant = terms_of({name for first, others in named.values() for name in (first, *others) if name})
    labels = dict(Term.objects.filter(curie__in=counts).order_by("pk").values_list("curie", "label"))
    return [
        Outdated(
            curie=curie,
            label=labels.get(curie, ""),
            is_obsolete=curie in now,
            replacement=_usable(meant.get(named.get(curie, ("", []))[0])),
            consider=tuple(term for name in named.get(curie, ("", []))[1] if (term := _usable(meant.get(name)))),
            places=counts[curie][0],
            studies=counts[curie][1],
            decisions=counts[curie][2],
        )
        for curie in sorted(counts)
    ]


@transaction.atomic
def replace_terms(*, actor: Actor, by: Mapping[str, str], study_id: uuid.UUID | None = None) -> Decided:
    """Put for each term, by its CURIE, another one in all values and decisions that have it, in a study or in all that
    the acting curator may map. What was typed stays. Raises Invalid for a term that is not to be used."""
    person = person_of(actor)
    scope(actor, study_id)
    if not 0 < len(by) <= mapping.MOST_CHOICES:
        raise Invalid(f"Replace 1 to {mapping.MOST_CHOICES} terms at once.", field="terms")
    terms = terms_of(by.values())
    for curie in by.values():
        if _usable(terms.get(curie)) is None:
            raise Invalid(f"“{curie[:80]}” is no term of this site's ontologies, or is obsolete itself.", field="terms")

    def change(cell: Cell) -> Change | None:
        return Change(cell, terms[by[cell.term.curie]]) if cell.term and cell.term.curie in by else None

    places = [(place, Q(**{f"{place.term}__curie__in": list(by)})) for place in PLACES]
    made: list[Decision] = []
    if study_id is None:  # decisions before studies, as in `decide`
        rows = list(decisions.in_force().filter(curie__in=list(by)))
        made = decisions.remember((_moved(row, terms[by[row.curie]]) for row in rows), by=person)
    locked = mapping.lock(actor, study_id, places)
    done = mapping_values.write(places, studies=locked, decide=change, by=person, verb="replaced terms")
    act = MappingAct.objects.create(actor=person, decisions=[str(one.pk) for one in made])
    mapping_values.note(act, done)
    return Decided(act.pk, len(done), len({one.cell.study_id for one in done}), tuple(made))


@transaction.atomic
def follow_ontologies() -> int:
    """Point all texts to the current version of their term, where there is one with the same CURIE: its label is then
    the present one, and an older version can be removed. Gives how many were moved. May be repeated."""
    moved = 0
    for place in PLACES:
        manager = place.model._default_manager
        old = manager.filter(**{f"{place.term}__isnull": False, f"{place.term}__ontology__is_current": False})
        curies = dict(old.order_by().values_list(place.term, f"{place.term}__curie").distinct())
        current = terms_of(curies.values())
        for pk, curie in curies.items():
            if term := current.get(curie):
                moved += manager.filter(**{place.term: pk}).update(**{place.term: term})
    _refresh_labels()
    return moved


def _refresh_labels() -> None:
    """Give decisions the present labels of their terms."""
    labels = dict(decisions.in_force().exclude(curie="").values_list("curie", "label").distinct())
    for curie, term in terms_of(labels).items():
        if term.label != labels[curie]:
            decisions.in_force().filter(curie=curie).update(label=term.label)


def _outdated_decisions() -> list[tuple[str, int]]:
    """The terms of decisions that are obsolete or gone, with how many decisions name each. Those of an ontology that
    was never loaded here are not outdated."""
    rows = decisions.in_force().exclude(curie="").values("curie").annotate(n=Count("pk")).order_by()
    known = Term.objects.filter(Q(obsolete=True, ontology__is_current=True) | Q(ontology__is_current=False))
    return list(rows.filter(curie__in=known.values("curie")).values_list("curie", "n"))


def _moved(row: Decision, term: Term) -> Choice:
    comment = f"{row.curie} is outdated. {_WAS_MOVED.sub('', row.comment)}".strip()
    return Choice(row.text, row.binding, term, row.predicate, Decision.Justification.REVIEW, None, comment)


def _usable(term: Term | None) -> Term | None:
    return term if term and not term.obsolete else None


def _proposal(actor: Actor, decision_id: uuid.UUID) -> Decision:
    row = proposals(actor=actor).select_for_update(of=("self",)).filter(pk=decision_id).first()
    if row is None:
        raise NotFound("This choice is not there any more: it was taken, declined, or taken back.")
    return row


def _curator(actor: Actor) -> User:
    person = person_of(actor)
    if not person.is_curator:
        raise NotAllowed("Only curators decide for the whole catalogue.")
    return person
