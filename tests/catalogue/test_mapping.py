"""Texts without a term are found once each, decided on once for all equal ones, remembered, and given back."""

from typing import Any

import pytest

from base.errors import Conflict, Invalid, NotAllowed, NotFound
from catalogue import documents, history, services
from catalogue.access import Actor
from catalogue.exchange.dossier import Pair
from catalogue.models import InvalidValue, MappingAct, Study
from catalogue.pairs import Writer, pairs_of
from catalogue.services import mapping
from catalogue.services.mapping import Decided
from ontology.loading import load_starter
from ontology.mapping import decisions
from ontology.mapping.decisions import Choice
from ontology.models import Decision, Term
from ontology.queries import Wanted, map_terms, resolve
from tests import factory

pytestmark = [pytest.mark.django_db, pytest.mark.both]

MOUSE = "NCBITaxon:10090"
RAT = "NCBITaxon:10116"


@pytest.fixture(autouse=True)
def starter(db: Any) -> None:
    load_starter()


@pytest.fixture
def carla() -> Actor:
    return Actor(factory.curator("Carla Curator"))


def term(curie: str) -> Term:
    found = resolve(curie)
    assert found is not None
    return found


def with_organisms(*names: str, curie: str = "", submit: bool = True, owner: Any = None) -> Study:
    """A study of one sample with these organisms; in review unless it is not to be sent."""
    made = factory.study(owner)
    document = documents.read(made)
    document["biosamples"][0]["organisms"] = [{"organism": {"text": name, "curie": curie}} for name in names]
    documents.write(Actor(made.owner), made, document)
    if submit:
        services.submit(actor=Actor(made.owner), study_id=made.pk)
    made.refresh_from_db()
    return made


def organisms(study: Study) -> list[tuple[str, str]]:
    rows = documents.read(study)["biosamples"][0]["organisms"]
    return [(row["organism"]["text"], row["organism"]["curie"]) for row in rows]


def texts(actor: Actor, study: Study | None = None, **wanted: Any) -> list[str]:
    page = mapping.unmapped(actor=actor, study_id=study.pk if study else None, **wanted)
    return [row.text for row in page.rows]


def decide(
    actor: Actor, text: str, curie: str | None, study: Study | None = None, binding: str = "organism"
) -> Decided:
    choice = Choice(text, binding, term(curie) if curie else None)
    return mapping.decide(actor=actor, choices=[choice], study_id=study.pk if study else None)


def test_equal_texts_are_one_row_with_their_places(carla: Actor) -> None:
    one = with_organisms("Lab mouse", "lab  MOUSE", "Mus musculus")
    with_organisms("lab mouse", "a rat of the lab")
    factory.draft(title="Never sent")
    page = mapping.unmapped(actor=carla, binding="organism")
    assert [(row.key, row.places, row.studies) for row in page.rows] == [
        ("a rat of the lab", 1, 1),
        ("lab mouse", 3, 2),
    ]
    assert page.rows[1].where[0].title == one.title
    assert texts(carla, one, binding="organism") == ["Lab mouse"]
    assert "lab mouse" in {row.key for row in mapping.unmapped(actor=carla).rows}
    assert mapping.count_unmapped(actor=carla) == len(mapping.unmapped(actor=carla, limit=500).rows)


def test_pages_follow_one_another_without_loss(carla: Actor) -> None:
    with_organisms(*(f"Beast of kind {letter}" for letter in "edcba"))
    seen, after = [], None
    while True:
        page = mapping.unmapped(actor=carla, binding="organism", after=after, limit=2)
        seen += [row.text for row in page.rows]
        if page.next is None:
            break
        after = page.next
    assert seen == [f"Beast of kind {letter}" for letter in "abcde"]


def test_one_decision_goes_to_all_equal_values_and_is_remembered(carla: Actor) -> None:
    one, other = with_organisms("Lab mouse", "lab mouse"), with_organisms("LAB MOUSE", "Homo sapiens")
    draft = with_organisms("lab mouse", submit=False)
    before = one.biosamples.get().revision
    done = decide(carla, "lab mouse", MOUSE)
    assert (done.places, done.studies) == (3, 2)
    assert organisms(one) == [("Lab mouse", MOUSE), ("lab mouse", MOUSE)]
    assert organisms(other)[0] == ("LAB MOUSE", MOUSE)
    assert organisms(draft) == [("lab mouse", "")], "curators touch no draft"
    assert one.biosamples.get().revision == before + 1
    event = history.events(one).first()
    assert event is not None
    assert (event.verb, event.actor) == ("mapped", carla.person)
    (change,) = history.read_event(event).fields
    assert change.path.endswith("/organisms")
    assert MOUSE in "".join(piece.text for piece in change.pieces)
    assert with_organisms("lab Mouse", submit=False).biosamples.get().organisms.get().organism_term.curie == MOUSE
    (decision,) = decisions.in_force()
    assert (decision.who, decision.label, decision.folded) == ("Carla Curator", "Mus musculus", "lab mouse")


def test_undo_gives_back_what_nobody_changed_since(carla: Actor) -> None:
    one, other = with_organisms("lab mouse", "lab mouse"), with_organisms("lab mouse")
    done = decide(carla, "lab mouse", MOUSE)
    services.return_to_depositor(actor=carla, study_id=other.pk, note="Which strain?")
    sample = one.biosamples.get()
    services.return_to_depositor(actor=carla, study_id=one.pk, note="Which strain?")
    rows = documents.read(one)["biosamples"][0]["organisms"]
    rows[1]["organism"] = {"text": "Rat", "curie": RAT}
    services.save_fields(
        actor=Actor(one.owner), study_id=one.pk, module="biosample", entity_id=sample.pk,
        values={"organisms": rows}, revision=None,
    )  # fmt: skip
    services.submit(actor=Actor(one.owner), study_id=one.pk)
    back = mapping.undo(actor=carla, act_id=done.id)
    assert (back.places, back.left) == (1, 2), "one was changed, one study is with its depositor"
    assert organisms(one) == [("lab mouse", ""), ("Rat", RAT)]
    assert organisms(other) == [("lab mouse", MOUSE)]
    assert not decisions.in_force().exists()
    assert Decision.objects.get().ended_at is not None
    assert history.events(one)[0].verb == "took terms back"
    with pytest.raises(Conflict, match="already"):
        mapping.undo(actor=carla, act_id=done.id)
    with pytest.raises(NotFound):
        mapping.undo(actor=Actor(factory.curator()), act_id=done.id)


def test_a_new_decision_replaces_the_old_one_and_undo_brings_it_back(carla: Actor) -> None:
    study = with_organisms("lab animal")
    decide(carla, "lab animal", MOUSE)
    second = decide(carla, "Lab Animal", RAT)
    assert organisms(study) == [("lab animal", RAT)]
    assert Decision.objects.filter(ended_at=None).count() == 1
    mapping.undo(actor=carla, act_id=second.id)
    assert organisms(study) == [("lab animal", MOUSE)]
    assert decisions.in_force().get().curie == MOUSE


def test_undoing_that_no_term_fits_brings_the_term_back(carla: Actor) -> None:
    study = with_organisms("lab animal")
    decide(carla, "lab animal", MOUSE)
    second = decide(carla, "lab animal", None)
    assert organisms(study) == [("lab animal", "")]
    assert mapping.undo(actor=carla, act_id=second.id).places == 1
    assert organisms(study) == [("lab animal", MOUSE)]


def test_what_was_undone_stays_undone(carla: Actor) -> None:
    with_organisms("lab animal")
    first = decide(carla, "lab animal", MOUSE)
    second = decide(carla, "lab animal", RAT)
    mapping.undo(actor=carla, act_id=first.id)
    mapping.undo(actor=carla, act_id=second.id)
    assert not decisions.in_force().exists()


def test_no_term_fits_is_remembered_too(carla: Actor) -> None:
    study = with_organisms("phantom of agarose")
    done = decide(carla, "phantom of agarose", None)
    assert texts(carla, binding="organism") == []
    assert done.places == 0
    assert organisms(study) == [("phantom of agarose", "")]
    wanted = Wanted("Mus musculus", "", "organism")
    assert wanted in map_terms([wanted])
    decide(carla, "Mus musculus", None)
    assert wanted not in map_terms([wanted]), "a decision goes before a label"
    mapping.undo(actor=carla, act_id=done.id)
    assert texts(carla, binding="organism") == ["phantom of agarose"]


def test_a_curie_that_no_ontology_has_is_shown_and_comes_back_with_undo(carla: Actor) -> None:
    study = with_organisms("lab mouse", curie="NCBITaxn_10090")
    (row,) = mapping.unmapped(actor=carla, binding="organism").rows
    assert row.given == "NCBITaxn_10090"
    done = decide(carla, "lab mouse", MOUSE)
    assert organisms(study) == [("lab mouse", MOUSE)]
    assert not InvalidValue.objects.filter(study=study).exists()
    mapping.undo(actor=carla, act_id=done.id)
    assert organisms(study) == [("lab mouse", "NCBITaxn_10090")]
    assert "in none of this site's ontologies" in InvalidValue.objects.get(study=study).message


def test_key_values_that_name_an_unknown_term_are_mapped_too(carla: Actor) -> None:
    study = with_organisms("Mus musculus")
    Writer(study).put("study", {study.pk: [Pair("idr", "Phenotype", "odd cells", "", "CMPO_00001"),
                                           Pair("idr", "Gene", "NF1", "", "")]})  # fmt: skip
    row = next(row for row in mapping.unmapped(actor=carla, binding="variable").rows if row.key == "odd cells")
    assert (row.given, row.places) == ("CMPO_00001", 1)
    done = decide(carla, "odd cells", "CL:0002573", binding="variable")
    assert [pair.curie for pair in pairs_of(study, "study", [study.pk])[study.pk]] == ["CL:0002573", ""]
    mapping.undo(actor=carla, act_id=done.id)
    assert [pair.curie for pair in pairs_of(study, "study", [study.pk])[study.pk]] == ["CMPO_00001", ""]


def test_a_depositor_decides_for_a_study_of_theirs_only(carla: Actor) -> None:
    study, other = with_organisms("lab mouse", submit=False), with_organisms("lab mouse")
    owner = Actor(study.owner)
    assert texts(owner, study, binding="organism") == ["lab mouse"]
    done = decide(owner, "lab mouse", MOUSE, study)
    assert done.places == 1
    assert organisms(other) == [("lab mouse", "")]
    assert not decisions.in_force().exists()
    assert decisions.proposals().get().study_id == study.pk
    wanted = Wanted("lab mouse", "", "organism")
    assert map_terms([wanted]) == {}
    mapping.undo(actor=owner, act_id=done.id)
    assert organisms(study) == [("lab mouse", "")]
    with pytest.raises(NotFound):
        decide(owner, "lab mouse", MOUSE, other)
    with pytest.raises(NotAllowed):
        decide(owner, "lab mouse", MOUSE)
    with pytest.raises(NotFound):
        decide(carla, "lab mouse", MOUSE, study)


def test_a_curator_never_decides_on_a_study_of_their_own(carla: Actor) -> None:
    own = with_organisms("lab mouse", owner=carla.person)
    assert texts(carla) == []
    decide(carla, "lab mouse", MOUSE)
    assert organisms(own) == [("lab mouse", "")]


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        (Choice(" ", "organism", None), "1 to 400"),
        (Choice("x" * 401, "organism", None), "1 to 400"),
        (Choice("mouse", "colour", None), "no kind of field"),
        (Choice("mouse", "organism", None, predicate="owl:sameAs"), "broader or narrower"),
    ],
)
def test_what_cannot_be_decided_is_told_and_nothing_is_kept(carla: Actor, choice: Choice, words: str) -> None:
    with pytest.raises(Invalid, match=words):
        mapping.decide(actor=carla, choices=[Choice("lab mouse", "organism", term(MOUSE)), choice])
    with pytest.raises(Invalid):
        mapping.decide(actor=carla, choices=[])
    assert not Decision.objects.exists()
    assert not MappingAct.objects.exists()


def test_an_obsolete_term_is_refused(carla: Actor) -> None:
    Term.objects.filter(curie=RAT).update(obsolete=True, replaced_by=MOUSE)
    with pytest.raises(Invalid, match=f"obsolete.*{MOUSE}"):
        decide(carla, "rat of the lab", RAT)


def test_queries_do_not_grow(carla: Actor, django_assert_max_num_queries: Any) -> None:
    with_organisms("Beast 1", "lab mouse")
    with django_assert_max_num_queries(60) as few:
        mapping.unmapped(actor=carla, limit=100)
    for number in range(6):
        with_organisms(*(f"Beast {number} {letter}" for letter in "abcdef"), "lab mouse")
    with django_assert_max_num_queries(len(few)):
        mapping.unmapped(actor=carla, limit=100)
