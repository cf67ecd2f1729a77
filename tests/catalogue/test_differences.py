"""What differs between two documents, in words."""

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalogue.differences import Piece, changed_paths, differences, words
from catalogue.rules.rembi import MODULES
from tests import factory

TEXTS = st.text(st.sampled_from("ab .,\nµ-é"), max_size=60)


@given(TEXTS, TEXTS)
def test_the_pieces_hold_both_texts_whole(old: str, new: str) -> None:
    pieces = words(old, new)
    assert "".join(it.text for it in pieces if it.kind != "added") == old
    assert "".join(it.text for it in pieces if it.kind != "removed") == new
    assert (old == new) == all(it.kind == "same" for it in pieces)


def test_a_word_in_a_long_text_is_told_apart() -> None:
    text = "Cells were fixed in 4 % PFA, and stained. " * 60
    pieces = words(text + "Imaged at 20x.", text + "Imaged at 40x.")
    assert [it for it in pieces if it.kind != "same"] == [Piece("removed", "20x"), Piece("added", "40x")]


def test_texts_too_long_for_words_are_compared_by_sentence() -> None:
    text = "".join(f"Sentence number {number} tells of one cell. " for number in range(2000))
    changed = [it for it in words(text, text.replace("number 77 tells", "number 77 is silent")) if it.kind != "same"]
    assert changed == [
        Piece("removed", "Sentence number 77 tells of one cell. "),
        Piece("added", "Sentence number 77 is silent of one cell. "),
    ]


def test_changes_that_a_space_keeps_apart_are_one() -> None:
    assert words("a red cell", "a dark blue cell") == (
        Piece("same", "a "), Piece("removed", "red"), Piece("added", "dark blue"), Piece("same", " cell"),
    )  # fmt: skip


def whole() -> dict[str, Any]:
    """A document with a row of every module."""
    document = factory.document()
    document["organisations"].append({"id": "org2", "name": "Institute of Cell Biology"})
    document["contributors"].append({"id": "bo", "family_name": "Helper", "given_name": "Bo"})
    return document


def by_label(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """The changed fields by module and label."""
    return {
        f"{module.label}/{entity.title}/{field.label}": field
        for module in differences(old, new)
        for entity in module.entities
        for field in entity.fields
    }


def test_a_document_does_not_differ_from_itself() -> None:
    assert differences(whole(), whole()) == []
    assert differences({}, {}) == []


def test_fields_are_told_by_label_and_values_in_words() -> None:
    old, new = whole(), whole()
    new["study"]["title"] = "Cell Painting of Schwann cells without neurofibromin"
    new["contributors"][0]["affiliations"] = [{"organisation": "org2"}]
    new["biosamples"][0]["biological_entity"] = {"text": "glial cell", "curie": "CL:0000125"}
    found = by_label(old, new)
    assert [name.rpartition("/")[2] for name in found] == ["Title", "Affiliations", "Tissue, cell or structure"]
    title = next(field for name, field in found.items() if name.endswith("Title"))
    assert [it.text for it in title.pieces if it.kind == "removed"] == ["with and "]
    (row,) = next(field for field in found.values() if field.path == "contributor/ada/affiliations").rows
    text = "".join(it.text for cell in row.cells for it in cell)
    assert "Institute of Cell Biology" in text
    assert "org2" not in text
    entity = next(field for field in found.values() if field.path == "biosample/sample/biological_entity")
    assert "CL:0000125" in "".join(it.text for it in entity.pieces if it.kind == "added")


def test_rows_of_a_table_come_go_move_and_change() -> None:
    def keywords(*texts: str) -> dict[str, Any]:
        return {"study": {"keywords": [{"text": text} for text in texts]}}

    def told(old: dict[str, Any], new: dict[str, Any]) -> list[tuple[str, str]]:
        (module,) = differences(old, new)
        (field,) = module.entities[0].fields
        return [(row.kind, "".join(it.text for it in row.cells[0] if it.kind != "removed")) for row in field.rows]

    assert told(keywords("a"), keywords("a", "b")) == [("added", "b")]
    assert told(keywords("a", "b"), keywords("a")) == [("removed", "")]
    assert told(keywords("a", "b", "c"), keywords("c", "a", "b")) == [("moved", "c")]
    assert told(keywords("actin stain", "b"), keywords("tubulin stain", "b")) == [("changed", "tubulin stain")]


def test_rows_of_modules_come_go_and_move_by_id() -> None:
    old, new = whole(), whole()
    new["contributors"].reverse()
    new["organisations"].pop()
    new["grants"].append({"id": "g2", "funder_name": "Wellcome Trust"})
    found = {entity.path: entity for module in differences(old, new) for entity in module.entities}
    kinds = {path: entity.kind for path, entity in found.items()}
    assert kinds == {"contributor/bo": "moved", "organisation/org2": "removed", "funding/g2": "added"}
    assert found["organisation/org2"].title == "Institute of Cell Biology"
    assert {"funding/g2", "funding/g2/funder_name"} <= changed_paths(differences(old, new))


@settings(max_examples=30, deadline=None)
@given(st.permutations(["one", "two", "three", "four"]), st.sets(st.sampled_from(["one", "two", "three", "four"])))
def test_whatever_is_moved_or_dropped_is_told(order: list[str], kept: set[str]) -> None:
    old = {"biosamples": [{"id": name, "title": name} for name in ("one", "two", "three", "four")]}
    new = {"biosamples": [{"id": name, "title": name} for name in order if name in kept]}
    found = [entity for module in differences(old, new) for entity in module.entities]
    assert {it.title for it in found if it.kind == "removed"} == {"one", "two", "three", "four"} - kept
    still = [name for name in ("one", "two", "three", "four") if name in kept]
    moved = {it.title for it in found if it.kind == "moved"}
    assert bool(moved) == (still != [name for name in order if name in kept])
    assert [name for name in still if name not in moved] == [name for name in order if name in kept - moved]


@pytest.mark.parametrize("module", [module for module in MODULES if module.repeated], ids=lambda it: it.key)
def test_every_module_is_compared(module: Any) -> None:
    new: dict[str, Any] = {module.plural: [{"id": "x", module.fields[0].name: "something"}]}
    old = deepcopy(new)
    assert differences(old, new) == []
    assert [it.key for it in differences({}, new)] == [module.key]
