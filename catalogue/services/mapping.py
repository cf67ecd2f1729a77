"""Texts without a term: which there are, and deciding once for all equal ones what they stand for."""

import uuid
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

from django.db import transaction
from django.db.models import CharField, Count, Exists, F, OuterRef, Q, QuerySet, Value, Window
from django.db.models.functions import Length, RowNumber
from django.utils import timezone

from base.errors import Conflict, Invalid, NotAllowed, NotFound
from base.models import User
from catalogue.access import Actor, Role, Verb, edited_by, may, roles, study_for
from catalogue.models import InvalidValue, MappingAct, Study
from catalogue.paths import Path
from catalogue.services import mapping_values
from catalogue.services.mapping_places import PLACES, Place
from catalogue.services.mapping_values import Cell, Change
from ontology.mapping import decisions
from ontology.mapping.decisions import Choice
from ontology.models import Decision
from ontology.names.comparing import fold

NO_WORDS = r"^[^A-Za-z\u00c0-\uffff]*$"  # numbers, dates and signs stand for no term
MOST_CHOICES = 200  # in one act

Examples = dict[tuple[Place, str], dict[str, Any]]  # by column and key


@dataclass(frozen=True)
class Where:
    """One column that holds a text: in how many studies and rows, and one of them."""

    place: Place
    places: int
    studies: int
    study_id: uuid.UUID
    title: str  # of the study
    entity: Any  # the id of the module's row


@dataclass(frozen=True)
class Unmapped:
    """A text without a term, as it is written in one place; `given` is a CURIE given with it that is not known here."""

    text: str
    key: str  # folded
    binding: str
    where: tuple[Where, ...]
    given: str = ""

    @property
    def places(self) -> int:
        return sum(one.places for one in self.where)

    @property
    def studies(self) -> int:
        """In how many studies, at least: one may have the text in two columns."""
        return max(one.studies for one in self.where)


@dataclass(frozen=True)
class Page:
    rows: list[Unmapped]
    next: tuple[str, str] | None  # the (key, binding) that the following page goes on after


@dataclass(frozen=True)
class Decided:
    """What an act did. `id` is the token to undo it."""

    id: uuid.UUID
    places: int
    studies: int
    decisions: tuple[Decision, ...] = ()


@dataclass(frozen=True)
class Undone:
    places: int
    left: int  # values that somebody changed since, or whose study is closed now


def unmapped(
    *,
    actor: Actor,
    study_id: uuid.UUID | None = None,
    binding: str | None = None,
    after: tuple[str, str] | None = None,
    limit: int = 20,
) -> Page:
    """Texts without a term in a study, or in all studies that the acting curator may map, each once for a binding, by
    their letters. What somebody decided that no term fits is left out.

    The number of queries depends on the number of columns of the metadata model only.
    """
    studies = scope(actor, study_id)
    counted: dict[tuple[str, str], dict[Place, dict[str, int]]] = defaultdict(dict)
    for place in PLACES:
        if binding and place.binding != binding:
            continue
        rows = _without_term(place, studies, study_id)
        if after:
            same = Q(folded=after[0]) if place.binding > after[1] else Q(pk__in=())
            rows = rows.filter(Q(folded__gt=after[0]) | same)
        grouped = rows.values("folded").annotate(n=Count("pk"), s=Count(place.study, distinct=True)).order_by("folded")
        for row in grouped[: limit + 1]:
            counted[row["folded"], place.binding][place] = {"places": row["n"], "studies": row["s"]}
    keys = sorted(counted)
    shown = keys[:limit]
    examples = _examples(studies, study_id, {key: tuple(counted[key]) for key in shown})
    given = _given_of(examples)
    found = [_row(key, counted[key], examples, given) for key in shown]
    return Page([one for one in found if one], shown[-1] if len(keys) > limit else None)


def count_unmapped(*, actor: Actor, study_id: uuid.UUID | None = None) -> int:
    """How many texts `unmapped` has in all. One query beside those for the actor's rights."""
    studies = scope(actor, study_id)
    first, *others = (
        _without_term(place, studies, study_id)
        .annotate(binding_of_it=Value(place.binding, output_field=CharField()))
        .values_list("folded", "binding_of_it")
        for place in PLACES
    )
    texts: QuerySet[Any] = first.union(*others)
    return texts.count()


@transaction.atomic
def decide(*, actor: Actor, choices: Sequence[Choice], study_id: uuid.UUID | None = None) -> Decided:
    """Give each text its term wherever it stands without one, in a study, or in all that the acting curator may map;
    and remember it. An earlier decision on the text is replaced, and with it the term of the values that it set.

    A depositor decides for a study of theirs; that is remembered as a proposal, for curators to take for all. Raises
    Invalid for a text that cannot stand for a term and an obsolete term, and what access.require raises.
    """
    person = person_of(actor)
    if not 0 < len(choices) <= MOST_CHOICES:
        raise Invalid(f"Decide on 1 to {MOST_CHOICES} texts at once.", field="choices")
    studies = scope(actor, study_id)
    is_proposal = study_id is not None and Role.CURATOR not in roles(actor, studies.get())
    by_key = {one.key: one for one in choices}
    earlier = {} if is_proposal else decisions.decided(by_key)
    made = decisions.remember(by_key.values(), by=person, study_id=study_id, is_proposal=is_proposal)
    replaced = {key: row.curie for key, row in earlier.items() if row.curie}

    def change(cell: Cell) -> Change | None:
        key = fold(cell.text), cell.place.binding
        choice = by_key.get(key)
        if choice is None or (cell.term is not None and cell.term.curie != replaced.get(key)):
            return None
        if choice.term is None:
            return Change(cell, None) if cell.term else None
        return Change(cell, choice.term) if cell.term != choice.term else None

    places = [(place, _matching(place, by_key, replaced)) for place in PLACES]
    locked = lock(actor, study_id, places)
    done = mapping_values.write(places, studies=locked, decide=change, by=person, verb="mapped")
    act = MappingAct.objects.create(actor=person, decisions=[str(one.pk) for one in made])
    mapping_values.note(act, done)
    return Decided(act.pk, len(done), len({one.cell.study_id for one in done}), tuple(made))


@transaction.atomic
def undo(*, actor: Actor, act_id: uuid.UUID) -> Undone:
    """Take back what an act of one's own did: its decisions end, those before hold again, and the values that nobody
    changed since get back what they had. Studies that are closed meanwhile keep theirs."""
    person = person_of(actor)
    act = MappingAct.objects.select_for_update().filter(pk=act_id, actor=person).first()
    if act is None:
        raise NotFound("There is nothing of yours to undo here.")
    if act.undone_at:
        raise Conflict("This was undone already.")
    made = [uuid.UUID(one) for one in act.decisions]
    if not person.is_curator and decisions.all_of().filter(pk__in=made).exists():
        raise NotAllowed("Only curators change what holds for the whole catalogue.")
    # Decisions before studies, as in `decide`: two acts never wait for each other.
    decisions.take_back(made, by=person)
    locked = _locked(_open_to(actor, set(act.values.values_list("study", flat=True))))
    back = mapping_values.put_back(act, studies=locked, by=person)
    act.undone_at = timezone.now()
    act.save(update_fields=["undone_at"])
    return Undone(len(back), act.values.count() - len(back))


def _row(
    key: tuple[str, str], counted: dict[Place, dict[str, int]], examples: Examples, given: dict[tuple[Place, Any], str]
) -> Unmapped | None:
    """A text with where it stands; None if it got a term between two queries."""
    rows = {place: row for place in counted if (row := examples.get((place, key[0])))}
    if not rows:
        return None
    where = tuple(
        Where(place, **counted[place], study_id=row["the_study"], title=row["the_title"], entity=row["the_entity"])
        for place, row in rows.items()
    )
    curies = [row["the_given"] or given.get((place, row["the_entity"]), "") for place, row in rows.items()]
    text = next(iter(rows.values()))["the_text"]
    return Unmapped(text, key[0], key[1], where, next(filter(None, curies), ""))


def _examples(
    studies: QuerySet[Study], study_id: uuid.UUID | None, wanted: dict[tuple[str, str], tuple[Place, ...]]
) -> Examples:
    """One row for each column and key: its text, study, and the CURIE that was given with it."""
    keys: dict[Place, list[str]] = defaultdict(list)
    for (key, _binding), places in wanted.items():
        for place in places:
            keys[place].append(key)
    found: Examples = {}
    for place, some in keys.items():
        rows = _without_term(place, studies, study_id).filter(folded__in=some)
        first = rows.annotate(
            number=Window(RowNumber(), partition_by=F("folded"), order_by="pk"),
            the_text=F(place.text),
            the_study=F(place.study),
            the_title=F(f"{place.study}__title"),
            the_entity=F(place.entity),
            the_given=Value("") if place.module else F("curie"),
        ).filter(number=1)
        for row in first.values("folded", "the_text", "the_study", "the_title", "the_entity", "the_given"):
            found[place, row["folded"]] = row
    return found


def _given_of(examples: Examples) -> dict[tuple[Place, Any], str]:
    """The CURIEs that were given with the texts of these rows and kept aside, by column and row of the module."""
    paths = {
        str(Path(place.module.key, str(row["the_entity"]), place.field.name)): (place, row["the_entity"])
        for (place, _), row in examples.items()
        if place.module and place.field
    }
    if not paths:
        return {}
    at = reduce(or_, (Q(path__startswith=path) for path in paths))
    kept = InvalidValue.objects.filter(at).values_list("path", "text")
    return {paths["/".join(path.split("/")[:3])]: text for path, text in kept}


def _without_term(place: Place, studies: QuerySet[Study], study_id: uuid.UUID | None) -> QuerySet[Any]:
    """The rows of a column whose text is words, has no term, and was not found to have none."""
    everywhere = Q(is_proposal=False) | Q(study_id=study_id, is_proposal=True) if study_id else Q(is_proposal=False)
    no_term = Decision.objects.filter(
        everywhere, ended_at=None, curie="", binding=place.binding, folded=OuterRef("folded")
    )
    rows: QuerySet[Any] = place.rows(studies).filter(place.unmapped).alias(length=Length("folded"))
    rows = rows.filter(length__lte=decisions.LONGEST).exclude(folded__regex=NO_WORDS)
    return rows.filter(~Exists(no_term))


def scope(actor: Actor, study_id: uuid.UUID | None) -> QuerySet[Study]:
    """The study, or all whose texts the acting curator may map. Raises as access.require does."""
    if study_id is not None:
        return Study.objects.filter(pk=study_for(actor, Verb.MAP, study_id).pk)
    person = actor.person
    if person is None or not person.is_curator:
        raise NotAllowed("Only curators see the texts of all studies in review.")
    return Study.objects.filter(state=Study.State.IN_REVIEW).exclude(edited_by(person))


def _matching(place: Place, choices: Collection[tuple[str, str]], replaced: dict[tuple[str, str], str]) -> Q:
    """The rows of a column that the choices are about."""
    keys = [key for key, binding in choices if binding == place.binding]
    curies = [curie for (_, binding), curie in replaced.items() if binding == place.binding]
    return Q(folded__in=keys) & (place.unmapped | Q(**{f"{place.term}__curie__in": curies}))


def lock(actor: Actor, study_id: uuid.UUID | None, places: Sequence[tuple[Place, Q]]) -> list[uuid.UUID]:
    """The studies of the scope that have such rows, locked until the end of the transaction. Raises as access.require
    does, also if a study was sent on while its row was waited for."""
    studies = scope(actor, study_id)
    ids: set[uuid.UUID] = set()
    for place, condition in places:
        ids.update(place.rows(studies).filter(condition).values_list(place.study, flat=True).distinct())
    locked = _locked(studies.filter(pk__in=ids))
    scope(actor, study_id)
    return locked


def _locked(studies: QuerySet[Study]) -> list[uuid.UUID]:
    return [one.pk for one in studies.select_for_update(of=("self",)).order_by("pk").only("pk")]


def _open_to(actor: Actor, touched: Collection[uuid.UUID]) -> QuerySet[Study]:
    """Those of these studies whose texts the actor may map now."""
    person = person_of(actor)
    own = Study.objects.filter(edited_by(person), pk__in=touched)
    ids = [study.pk for study in own if may(actor, Verb.MAP, study)]
    if person.is_curator:
        ids += scope(actor, None).filter(pk__in=touched).values_list("pk", flat=True)
    return Study.objects.filter(pk__in=ids)


def person_of(actor: Actor) -> User:
    if actor.person is None:
        raise NotAllowed("Sign in to say what texts stand for.")
    if actor.is_read_only:
        raise NotAllowed("This API token may read but not change anything.")
    return actor.person
