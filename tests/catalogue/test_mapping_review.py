"""Depositors' choices taken for all, sets of mappings, and terms that a new version of an ontology calls obsolete."""

from collections.abc import Callable
from typing import Any

import pytest

from base.errors import Invalid, NotAllowed, NotFound
from catalogue import documents, history, services
from catalogue.access import Actor
from catalogue.models import Study
from catalogue.services import mapping, mapping_review
from ontology.loading import load_starter
from ontology.mapping import decisions, sssom
from ontology.mapping import sets as mapping_sets
from ontology.mapping.decisions import Choice
from ontology.models import Decision, Ontology, Term
from ontology.queries import Wanted, map_terms, resolve
from tests import factory

pytestmark = [pytest.mark.django_db, pytest.mark.both]

MOUSE, RAT, HUMAN = "NCBITaxon:10090", "NCBITaxon:10116", "NCBITaxon:9606"


@pytest.fixture(autouse=True)
def starter(db: Any) -> None:
    load_starter()


@pytest.fixture
def carla() -> Actor:
    return Actor(factory.curator("Carla Curator", orcid="0000-0002-1825-0097"))


def with_organism(text: str, curie: str = "", *, submit: bool = True) -> Study:
    made = factory.study()
    document = documents.read(made)
    document["biosamples"][0]["organisms"] = [{"organism": {"text": text, "curie": curie}}]
    documents.write(Actor(made.owner), made, document)
    if submit:
        services.submit(actor=Actor(made.owner), study_id=made.pk)
    made.refresh_from_db()
    return made


def organism(study: Study) -> tuple[str, str]:
    value = documents.read(study)["biosamples"][0]["organisms"][0]["organism"]
    return value["text"], value["curie"]


def choice(text: str, curie: str | None) -> Choice:
    return Choice(text, "organism", resolve(curie) if curie else None)


def mapped(text: str) -> str:
    wanted = Wanted(text, "", "organism")
    found = map_terms([wanted]).get(wanted)
    return found.curie if found else ""


def new_version(prefix: str, *, obsolete: dict[str, str], gone: set[str], labels: dict[str, str]) -> Ontology:
    """A version of the ontology in which these terms are obsolete (with their replacement), gone, or called anew."""
    old = Ontology.objects.get(prefix=prefix, is_current=True)
    terms = list(Term.objects.filter(ontology=old).exclude(curie__in=gone))
    Ontology.objects.filter(pk=old.pk).update(is_current=False)
    old.pk, old.version = None, "next"
    old.save()
    for term in terms:
        term.pk, term.ontology = None, old
        term.label = labels.get(term.curie, term.label)
        term.obsolete = term.curie in obsolete
        term.replaced_by = obsolete.get(term.curie, "")
        term.consider = HUMAN if term.obsolete else ""
    Term.objects.bulk_create(terms)
    return old


def test_a_depositors_choice_is_taken_for_all(carla: Actor) -> None:
    study = with_organism("lab mouse", submit=False)
    mapping.decide(actor=Actor(study.owner), choices=[choice("lab mouse", MOUSE)], study_id=study.pk)
    waiting = with_organism("Lab mouse")
    assert mapped("lab mouse") == ""
    (proposal,) = mapping_review.proposals(actor=carla)
    done = mapping_review.accept_proposal(actor=carla, decision_id=proposal.pk)
    assert mapped("LAB MOUSE") == MOUSE
    assert organism(waiting) == ("Lab mouse", MOUSE)
    assert not mapping_review.proposals(actor=carla).exists()
    mapping.undo(actor=carla, act_id=done.id)
    assert mapped("lab mouse") == ""
    assert organism(waiting) == ("Lab mouse", "")
    mapping_review.decline_proposal(actor=carla, decision_id=proposal.pk)
    with pytest.raises(NotFound, match="not there any more"):
        mapping_review.accept_proposal(actor=carla, decision_id=proposal.pk)
    assert organism(study) == ("lab mouse", MOUSE), "the depositor's study keeps it"
    with pytest.raises(NotAllowed):
        mapping_review.proposals(actor=Actor(study.owner))


def test_a_set_goes_out_and_comes_in_again(carla: Actor) -> None:
    mapping.decide(actor=carla, choices=[choice("lab mouse", MOUSE), choice("phantom", None)])
    data = mapping_sets.write(public_url="https://vitrine.example", site="Vitrine", for_all=False).encode()
    assert b"orcid:0000-0002-1825-0097" in data
    taken, act = mapping_review.take_set(actor=carla, data=data)
    assert (taken.added, taken.unchanged, act) == (0, 2, None)
    Decision.objects.all().delete()
    taken, act = mapping_review.take_set(actor=carla, data=data)
    assert (taken.added, taken.replaced, taken.unchanged, taken.clashes) == (2, 0, 0, ())
    assert mapped("Lab Mouse") == MOUSE
    row = decisions.in_force().get(folded="lab mouse")
    assert row.source == "https://vitrine.example/api/v1/mappings.sssom.tsv"
    assert row.who == "orcid:0000-0002-1825-0097"
    again = mapping_sets.write(public_url="https://vitrine.example", site="Vitrine", for_all=False)
    assert sssom.read(again.encode()).literals == sssom.read(data).literals
    assert act is not None
    mapping.undo(actor=carla, act_id=act)
    assert not decisions.in_force().exists()


def test_a_set_never_overwrites_a_decision_silently(carla: Actor) -> None:
    mapping.decide(actor=carla, choices=[choice("lab animal", MOUSE)])
    data = (
        b"#curie_map:\n#  NCBITaxon: http://purl.obolibrary.org/obo/NCBITaxon_\n#  XX: https://xx.example/\n"
        b"#mapping_set_id: https://example.org/set\n"
        b"subject_label\tsubject_category\tpredicate_id\tobject_id\tmapping_justification\n"
        b"Lab  Animal\torganism\tskos:exactMatch\tNCBITaxon:10116\tsemapv:ManualMappingCuration\n"
        b"odd beast\torganism\tskos:exactMatch\tXX:1\tsemapv:ManualMappingCuration\n"
        b"ODD beast\torganism\tskos:exactMatch\tXX:2\tsemapv:ManualMappingCuration\n"
    )
    taken, _ = mapping_review.take_set(actor=carla, data=data, dry_run=True)
    assert decisions.in_force().count() == 1
    taken, _ = mapping_review.take_set(actor=carla, data=data)
    assert str(taken.clashes[0]) == (
        "line 6: “Lab  Animal” (organism) is NCBITaxon:10116 (Rattus norvegicus); "
        "here it was decided: NCBITaxon:10090 (Mus musculus)"
    )
    assert [str(one) for one in taken.problems] == ["line 8, subject_label: a line before says otherwise of this text"]
    assert taken.unknown == ("XX:1", "XX:2")
    assert mapped("lab animal") == MOUSE
    taken, act = mapping_review.take_set(actor=carla, data=data, replace=True)
    assert (taken.replaced, mapped("lab animal")) == (1, RAT)
    assert act is not None
    mapping.undo(actor=carla, act_id=act)
    assert mapped("lab animal") == MOUSE
    with pytest.raises(NotAllowed):
        mapping_review.take_set(actor=Actor(factory.user()), data=data)


def test_a_new_version_is_followed_and_what_is_outdated_is_listed_and_replaced(carla: Actor) -> None:
    mapping.decide(actor=carla, choices=[choice("lab mouse", MOUSE), choice("lab rat", RAT)])
    mouse, rat, fish = with_organism("lab mouse"), with_organism("lab rat"), with_organism("Zebrafish")
    draft = with_organism("lab mouse", submit=False)
    assert mapping_review.outdated(actor=carla) == []
    new_version("NCBITaxon", obsolete={MOUSE: HUMAN}, gone={RAT}, labels={"NCBITaxon:7955": "zebra danio"})
    assert mapping_review.follow_ontologies() == 3
    assert mapping_review.follow_ontologies() == 0
    assert fish.biosamples.get().organisms.get().organism_term.label == "zebra danio"
    first, second = mapping_review.outdated(actor=carla)
    assert (first.curie, first.is_obsolete, first.places, first.decisions) == (MOUSE, True, 1, 1)
    assert first.replacement == resolve(HUMAN)
    assert first.consider == (resolve(HUMAN),)
    assert (second.curie, second.is_obsolete, second.label) == (RAT, False, "Rattus norvegicus")
    assert second.replacement is None
    done = mapping_review.replace_terms(actor=carla, by={MOUSE: HUMAN})
    assert (done.places, done.studies, len(done.decisions)) == (1, 1, 1)
    assert organism(mouse) == ("lab mouse", HUMAN)
    assert organism(draft) == ("lab mouse", MOUSE), "curators touch no draft"
    assert mapped("lab mouse") == HUMAN
    assert history.events(mouse)[0].verb == "replaced terms"
    assert [one.curie for one in mapping_review.outdated(actor=carla)] == [RAT]
    mapping.undo(actor=carla, act_id=done.id)
    assert organism(mouse) == ("lab mouse", MOUSE)
    assert [one.curie for one in mapping_review.outdated(actor=carla)] == [MOUSE, RAT]
    with pytest.raises(Invalid, match="obsolete itself"):
        mapping_review.replace_terms(actor=carla, by={RAT: MOUSE})
    owner = Actor(draft.owner)
    (mine,) = mapping_review.outdated(actor=owner, study_id=draft.pk)
    assert (mine.curie, mine.decisions) == (MOUSE, 0)
    mapping_review.replace_terms(actor=owner, by={MOUSE: HUMAN}, study_id=draft.pk)
    assert organism(draft) == ("lab mouse", HUMAN)
    assert organism(rat) == ("lab rat", RAT)


def test_a_replaced_term_is_named_once_however_often_that_is_done(carla: Actor) -> None:
    why = "As the labels say. Its name is outdated."
    mapping.decide(actor=carla, choices=[Choice("lab mouse", "organism", resolve(MOUSE), comment=why)])
    for old, new in ((MOUSE, RAT), (RAT, HUMAN), (HUMAN, RAT)):
        mapping_review.replace_terms(actor=carla, by={old: new})
    assert decisions.in_force().get().comment == f"{HUMAN} is outdated. {why}"


def test_a_large_set_takes_few_queries(carla: Actor, django_assert_max_num_queries: Callable[..., Any]) -> None:
    head, columns = (
        "#mapping_set_id: https://example.org/set\n",
        "subject_label\tpredicate_id\tobject_id\tmapping_justification\n",
    )
    for predicate, done in (("skos:exactMatch", "added"), ("skos:closeMatch", "replaced")):
        rows = (f"text {n}\t{predicate}\tsssom:NoTermFound\tsemapv:ManualMappingCuration\n" for n in range(1200))
        data = (head + columns + "".join(rows)).encode()
        with django_assert_max_num_queries(60):
            taken, act = mapping_review.take_set(actor=carla, data=data, binding="organism", replace=True)
        assert (getattr(taken, done), decisions.in_force().count()) == (1200, 1200)
    assert act is not None
    with django_assert_max_num_queries(60):
        mapping.undo(actor=carla, act_id=act)
    assert set(decisions.in_force().values_list("predicate", flat=True)) == {"skos:exactMatch"}
