"""Whole ontologies into the tables: beside each other, once, resumably, and never half."""

import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

from base.errors import Conflict, NotFound
from ontology import loading
from ontology.bulk import insert
from ontology.hierarchy import ancestors_of, below, paths_of
from ontology.loading import load_file, load_starter, ordered
from ontology.models import Ontology, Parent, Span, Synonym, Term, Xref
from ontology.queries import Wanted, map_terms, resolve
from ontology.reading import CannotRead, Given
from ontology.removal import remove, uses

pytestmark = [pytest.mark.django_db, pytest.mark.both]

HEAD = "format-version: 1.2\nontology: zfa\ndata-version: {version}\n\n"
FISH = (
    HEAD
    + """[Term]
id: ZFA:1
name: whole organism

[Term]
id: ZFA:2
name: brain
synonym: "head brain" RELATED []
xref: UBERON:0000955
is_a: ZFA:1

[Term]
id: ZFA:3
name: cortex
relationship: part_of ZFA:2

[Term]
id: ZFA:4
name: left cortex
is_a: CARO:1

[Term]
id: CARO:1
name: left thing
is_a: ZFA:3

[Term]
id: ZFA:5
name: obsolete fin
is_obsolete: true
replaced_by: ZFA:2
consider: ZFA:3
consider: ZFA:4
"""
)


@pytest.fixture
def fish(tmp_path: Path) -> Path:
    path = tmp_path / "fish.obo"
    path.write_text(FISH.format(version="2026-01-01"))
    return path


def _contents(ontology: Ontology) -> dict[str, object]:
    terms = Term.objects.filter(ontology=ontology)
    links = Parent.objects.filter(term__in=terms)
    return {
        "terms": sorted(terms.values_list("curie", "label", "label_folded", "definition", "obsolete", "replaced_by",
                                          "consider", "position")),
        "synonyms": sorted(Synonym.objects.filter(term__in=terms).values_list("term__curie", "scope", "text")),
        "xrefs": sorted(Xref.objects.filter(term__in=terms).values_list("term__curie", "curie")),
        "parents": sorted(links.values_list("term__curie", "relation", "parent__curie")),
        "spans": sorted(Span.objects.filter(term__in=terms).values_list("term__curie", "low", "high")),
    }  # fmt: skip


def _curies(*above: str) -> set[str]:
    return set(below(above).values_list("curie", flat=True))


def test_a_file_becomes_terms_with_their_hierarchy(fish: Path) -> None:
    loaded = load_file(fish)
    ontology = loaded.ontology
    assert (loaded.is_new, ontology.prefix, ontology.version, ontology.term_count) == (True, "ZFA", "2026-01-01", 5)
    assert (ontology.is_current, ontology.state, ontology.licence) == (True, "ready", "CC-BY-3.0")
    assert _curies("ZFA:2") == {"ZFA:2", "ZFA:3", "ZFA:4"}  # also by part, and through a term of another ontology
    assert _curies("ZFA:4", "ZFA:5") == {"ZFA:4", "ZFA:5"}
    assert _curies("CARO:1") == _curies() == set()
    left = Term.objects.get(curie="ZFA:4")
    labels = {term.pk: term.label for term in Term.objects.all()}
    assert [(labels[pk], far) for _, pk, far in ancestors_of([left.pk])] == [
        ("cortex", 1), ("brain", 2), ("whole organism", 3)]  # fmt: skip
    assert paths_of([left.pk]) == {left.pk: ("whole organism", "brain", "cortex")}
    span = Span.objects.get(term__curie="ZFA:2")
    assert span.high - span.low == 2
    gone = Term.objects.get(curie="ZFA:5")
    assert (gone.obsolete, gone.replaced_by, gone.consider) == (True, "ZFA:2", "ZFA:3 ZFA:4")
    assert list(Xref.objects.values_list("term__curie", "curie")) == [("ZFA:2", "UBERON:0000955")]


def test_the_same_file_again_changes_nothing(fish: Path) -> None:
    first = load_file(fish).ontology
    keys = list(Term.objects.order_by("pk").values_list("pk", flat=True))
    again = load_file(fish)
    assert not again.is_new
    assert again.ontology.loaded_at == first.loaded_at
    assert list(Term.objects.order_by("pk").values_list("pk", flat=True)) == keys


def test_versions_stand_side_by_side_and_the_newer_one_counts(fish: Path) -> None:
    load_file(fish)
    fish.write_text(FISH.format(version="2026-02-01").replace("name: brain", "name: encephalon"))
    load_file(fish)
    fish.write_text(FISH.format(version="2025-12-01").replace("name: brain", "name: cerebrum"))
    load_file(fish)
    found = resolve("ZFA:2")
    assert found
    assert found.label == "encephalon"
    assert len(_curies("ZFA:2")) == 3
    load_file(fish, current=True)
    found = resolve("ZFA:2")
    assert found
    assert found.label == "cerebrum"
    assert Ontology.objects.filter(prefix="ZFA", is_current=True).count() == 1


def test_a_version_that_is_there_is_not_overwritten(fish: Path) -> None:
    load_file(fish)
    fish.write_text(FISH.format(version="2026-01-01").replace("brain", "encephalon"))
    with pytest.raises(Conflict, match=r"ZFA 2026-01-01 is loaded already, from something else \(fish\.obo\)"):
        load_file(fish)
    assert load_file(fish, Given(version="2026-01-01a")).is_new


def test_a_whole_version_goes_before_a_starter_set_and_back(shared: Path) -> None:
    load_starter()
    path = shared / "reference/ontologies/fbbi-2019-03-07.owl"
    whole = load_file(path).ontology
    assert whole.is_current
    assert load_starter() > 1000
    assert Ontology.objects.get(prefix="FBbi", is_current=True) == whole
    assert str(remove(prefix="FBbi", version="2019-03-07", tell=lambda done: None)) == "FBbi 2019-03-07"
    assert Ontology.objects.get(prefix="FBbi", is_current=True).is_part


def test_names_that_a_starter_set_gives_are_kept_beside_the_whole(tmp_path: Path) -> None:
    load_starter()
    wanted = Wanted("4',6-diamidino-2-phenylindole", "", "molecule")
    of_starter = map_terms([wanted])[wanted]
    path = tmp_path / "chebi.obo"
    head = HEAD.format(version="2099-01-01").replace("zfa", "chebi")
    path.write_text(f"{head}[Term]\nid: {of_starter.curie}\nname: a dye\n\n[Term]\nid: CHEBI:1\nname: another one\n")
    whole = load_file(path).ontology
    assert map_terms([wanted])[wanted].ontology_id == whole.pk


def test_circles_are_broken_and_told(tmp_path: Path) -> None:
    path = tmp_path / "round.obo"
    path.write_text(
        HEAD.format(version="1")
        + "[Term]\nid: ZFA:1\nname: a\nis_a: ZFA:2\n\n"
        + "[Term]\nid: ZFA:2\nname: b\nrelationship: part_of ZFA:1\nis_a: ZFA:3\nis_a: ZFA:77\n\n"
        + "[Term]\nid: ZFA:3\nname: c\nis_a: ZFA:3\n"
    )
    loaded = load_file(path)
    assert (list(loaded.circles), loaded.strangers) == ([("ZFA:2", "ZFA:1")], 1)
    assert _curies("ZFA:3") == {"ZFA:1", "ZFA:2", "ZFA:3"}
    assert _curies("ZFA:1") == {"ZFA:1"}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[Term]\nid: ZFA:1\nname: a\n\n[Term]\nid: ZFA:1\nname: b\n", r"ZFA:1: this term is there twice"),
        (f"[Term]\nid: ZFA:{'1' * 200}\nname: a\n", r"ZFA:1+: this is no id of a term"),
        (f"[Term]\nid: ZFA:1\nis_obsolete: true\nreplaced_by: ZFA:{'1' * 300}\n", "ZFA:1: what replaces it is longer"),
        ("[Term]\nid: ZFA:1\nname: a\n\n[Term]\nid: ZFA:2\nis_a:\n", r"line \d+: this is not as OBO has it"),
    ],
)
def test_what_is_broken_leaves_the_current_version_alone(fish: Path, tmp_path: Path, text: str, reason: str) -> None:
    load_file(fish)
    broken = tmp_path / "broken.obo"
    broken.write_text(HEAD.format(version="2027-01-01") + text)
    with pytest.raises(CannotRead, match=rf"^broken\.obo: {reason}"):
        load_file(broken)
    assert [one.version for one in Ontology.objects.filter(prefix="ZFA")] == ["2026-01-01"]


@pytest.mark.parametrize(
    "said", [{"prefix": "Z" * 41}, {"version": "1" * 101}, {"licence": "CC-" * 20}], ids=lambda said: next(iter(said))
)
def test_what_there_is_no_room_for_is_refused(fish: Path, said: dict[str, str]) -> None:
    (field,) = said
    with pytest.raises(CannotRead, match=rf"^fish\.obo: {field}: this is longer than the \d+ characters"):
        load_file(fish, Given(own=("ZFA",), **said))
    assert not Ontology.objects.exists()


def test_a_load_that_stopped_goes_on_and_was_never_current(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = shared / "reference/ontologies/cmpo.obo"
    whole = _contents(load_file(path).ontology)
    remove(prefix="CMPO", tell=lambda done: None)
    monkeypatch.setattr(loading, "_TERMS", 50)

    def stop_at(wanted: str, many: int) -> loading.Tell:
        def tell(what: str, done: int, total: int) -> None:
            if what == wanted and done >= many:
                raise KeyboardInterrupt

        return tell

    for what, many in (("terms", 150), ("terms", 300), ("links", 1), ("places in the tree", 1)):
        with pytest.raises(KeyboardInterrupt):
            load_file(path, tell=stop_at(what, many))
        (half,) = Ontology.objects.filter(prefix="CMPO")
        assert (half.state, half.is_current) == ("loading", False)
        assert resolve("CMPO:0000003") is None
    keys = dict(Term.objects.values_list("curie", "pk"))
    loaded = load_file(path)
    assert _contents(loaded.ontology) == whole
    assert dict(Term.objects.values_list("curie", "pk")) == keys
    assert loaded.ontology.is_current


def test_what_another_file_left_half_is_replaced(fish: Path) -> None:
    load_file(fish)
    whole = _contents(Ontology.objects.get())
    Ontology.objects.update(state="loading", is_current=False, digest="of another file")
    Term.objects.filter(curie="ZFA:2").update(label="wrong")
    Term.objects.create(ontology=Ontology.objects.get(), curie="ZFA:99", iri="x", label="gone")
    assert _contents(load_file(fish).ontology) == whole


def test_versions_follow_each_other_as_people_number_them() -> None:
    versions = ["v2.0", "v10.0", "2019-03-07", "v2025-01-23", "releases/2026-01-16", "2026-01-17"]
    assert sorted(versions, key=ordered) == versions
    assert ordered("vWS297") < ordered("vWS298")


def test_a_removed_version_leaves_nothing_and_records_lose_the_link_only(fish: Path) -> None:
    load_file(fish)
    with pytest.raises(NotFound, match=r"ZFA 3 is not loaded"):
        remove(prefix="ZFA", version="3", tell=lambda done: None)
    assert uses(Ontology.objects.get()) == {}
    remove(prefix="ZFA", tell=lambda done: None)
    assert not any(model.objects.exists() for model in (Ontology, Term, Synonym, Xref, Parent, Span))


def test_names_longer_than_an_index_can_hold_are_kept_whole(fish: Path) -> None:
    name = "poly" * 2000
    fish.write_text(FISH.format(version="1").replace("name: brain", f"name: {name}").replace("head brain", name))
    load_file(fish)
    found = resolve("ZFA:2")
    assert found
    assert found.label == name
    assert list(found.synonyms.values_list("text", flat=True)) == [name]


def test_many_rows_are_inserted_as_they_are() -> None:
    ontology = Ontology.objects.create(prefix="X", name="X", version="1", source="test")
    texts = ["plain", 'quo"ted', "back\\slash", "{brace}", "", "NULL", "tab\tand\nline", "€ 𝛼"]
    rows = [(ontology.pk, f"X:{n}", "x", text, text, text, n % 2 == 0, "", "", n) for n, text in enumerate(texts)]
    names = ("ontology_id", "curie", "iri", "label", "label_folded", "definition", "obsolete", "replaced_by",
             "consider", "position")  # fmt: skip
    insert(Term, names, rows)
    insert(Term, names, [(*rows[0][:3], "other", *rows[0][4:])], update_on=("ontology_id", "curie"))
    found = Term.objects.order_by("position").values_list("label", "definition", "obsolete")
    assert list(found) == [("other", "plain", True), *((t, t, n % 2 == 0) for n, t in enumerate(texts) if n)]


@pytest.mark.django_db(transaction=True)
def test_while_an_ontology_is_loaded_the_site_goes_on_with_the_older_one(shared: Path) -> None:
    old = Ontology.objects.create(prefix="CMPO", name="Phenotypes", version="0", source="test")
    Term.objects.create(ontology=old, curie="CMPO:0000003", iri="x", label="old", label_folded="old")
    asked = set()

    def look(what: str, done: int, total: int) -> None:
        assert not connection.in_atomic_block  # so that others may write
        found = resolve("CMPO:0000003")
        assert found
        assert found.label == "old"
        asked.add(what)

    load_file(shared / "reference/ontologies/cmpo.obo", tell=look)
    assert asked == {"reading", "terms", "links", "places in the tree"}
    found = resolve("CMPO:0000003")
    assert found
    assert found.label != "old"


def test_reading_ontologies_needs_no_database() -> None:
    """The readers can be used, and tested, without a site."""
    code = "import sys, ontology.reading, ontology.numbering; assert 'django.db' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
