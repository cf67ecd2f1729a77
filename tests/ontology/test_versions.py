"""What a new version of an ontology changed, told from the tables."""

from collections import Counter
from pathlib import Path

import pytest

from base.errors import NotFound
from ontology.loading import load_file
from ontology.reading import Given, cellxgene, read
from ontology.versions import Change, TermChange, changes

pytestmark = [pytest.mark.django_db, pytest.mark.both]


def test_obsolete_relabelled_removed_and_added_terms_are_told(tmp_path: Path) -> None:
    path = tmp_path / "a.obo"
    head = "format-version: 1.2\nontology: zfa\ndata-version: {}\n\n"
    path.write_text(head.format(1) + "".join(f"[Term]\nid: ZFA:{n}\nname: {n}\n\n" for n in range(1, 7)))
    load_file(path)
    path.write_text(
        head.format(2)
        + "[Term]\nid: ZFA:1\nname: 1\n\n[Term]\nid: ZFA:2\nname: two\n\n"
        + "[Term]\nid: ZFA:3\nname: obsolete 3\nis_obsolete: true\nreplaced_by: ZFA:2\n\n"
        + "[Term]\nid: ZFA:4\nname: 4\nis_obsolete: true\nconsider: ZFA:1\nconsider: ZFA:2\n\n"
        + "[Term]\nid: ZFA:5\nname: 5\nalt_id: ZFA:6\n\n[Term]\nid: ZFA:8\nname: 8\n"
    )
    load_file(path)
    found = sorted(changes("ZFA", "1", "2", added=True), key=lambda one: one.curie)
    assert found == [
        TermChange("ZFA:2", Change.RELABELLED, "2", "two"),
        TermChange("ZFA:3", Change.OBSOLETED, "3", "obsolete 3", "ZFA:2"),
        TermChange("ZFA:4", Change.OBSOLETED, "4", "4", "", ("ZFA:1", "ZFA:2")),
        TermChange("ZFA:6", Change.OBSOLETED, "6", "ZFA:6", "ZFA:5"),  # merged into another one
        TermChange("ZFA:8", Change.ADDED, "", "8"),
    ]
    assert [one.kind for one in changes("ZFA", "2", "1")] == [Change.RELABELLED] * 3 + [Change.REMOVED]
    assert list(changes("ZFA", "1", "1", added=True)) == []
    with pytest.raises(NotFound, match=r"ZFA 3 is not loaded"):
        list(changes("ZFA", "1", "3"))


def test_two_editions_of_the_imaging_methods(shared: Path) -> None:
    folder = shared / "reference/ontologies"
    load_file(folder / "fbbi-2019-03-07.owl")
    load_file(folder / "fbbi-edit-2026-01-30.ofn", Given(version="2026-01-30"))
    old = {term.curie: term for term in read(folder / "fbbi-2019-03-07.owl").terms() if term.curie.startswith("FBbi:")}
    new = {term.curie: term for term in read(folder / "fbbi-edit-2026-01-30.ofn", Given(version="1")).terms()}
    told = {one.curie: one for one in changes("FBbi", "2019-03-07", "2026-01-30", added=True)}
    counts = Counter(one.kind for one in told.values())
    assert counts[Change.ADDED] == len(new.keys() - old.keys()) > 10
    assert counts[Change.REMOVED] == len(old.keys() - new.keys())
    for curie in old.keys() & new.keys():
        differs = (old[curie].label or curie) != (new[curie].label or curie)
        assert (curie in told) == (differs or (new[curie].obsolete and not old[curie].obsolete))


def test_releases_of_the_cell_ontology_offer_replacements() -> None:
    pytest.importorskip("cellxgene_ontology_guide", reason="install cellxgene-ontology-guide: it is in the extra dev")
    for path in cellxgene.find("CL@v2025-02-13,CL"):
        load_file(path)
    found = list(changes("CL", "v2025-02-13", "v2026-03-26"))
    assert {one.kind for one in found} >= {Change.OBSOLETED, Change.RELABELLED}
    obsoleted = [one for one in found if one.kind == Change.OBSOLETED]
    assert any(one.replaced_by.startswith("CL:") or one.consider for one in obsoleted)
    assert not any(one.old_label.startswith("obsolete") for one in obsoleted)
