"""`manage.py ontology`: what it does and what it says."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from catalogue.models import KeyName, KeyText, KeyValue
from ontology.models import Ontology, Term
from ontology.queries import resolve
from publishing.models import TermCount
from tests import factory

pytestmark = pytest.mark.django_db

HEAD = "format-version: 1.2\nontology: zfa\ndata-version: {}\n\n"
FISH = HEAD + "[Term]\nid: ZFA:1\nname: {}\n\n[Term]\nid: ZFA:2\nname: b\n"


def _run(*arguments: str) -> str:
    out = StringIO()
    call_command("ontology", *arguments, stdout=out, stderr=StringIO())
    return out.getvalue()


@pytest.fixture
def fish(tmp_path: Path) -> Path:
    path = tmp_path / "fish.obo"
    path.write_text(FISH.format("2026-01-01", "brain"))
    return path


def test_a_file_is_loaded_listed_updated_and_removed(fish: Path) -> None:
    assert _run("load", str(fish)) == "ZFA 2026-01-01: loaded, 2 terms (current).\n"
    assert _run("load", str(fish)) == "ZFA 2026-01-01: there already (current).\n"
    assert _run("list") == "ZFA\t2026-01-01\t2 terms\tcurrent\twhole\tCC-BY-3.0\tfish.obo\n"
    fish.write_text(FISH.format("2026-02-01", "encephalon"))
    told = _run("update", str(fish))
    assert "ZFA 2026-02-01: loaded, 2 terms (current).\n" in told
    assert "Since 2026-01-01: 0 obsoleted, 1 relabelled, 0 removed, 0 added." in told
    with pytest.raises(CommandError, match=r"Several versions of ZFA are loaded; say which: 2026-01-01, 2026-02-01"):
        _run("remove", "ZFA")
    assert _run("remove", "ZFA", "2026-02-01") == "ZFA 2026-02-01 is removed.\n"
    found = resolve("ZFA:1")
    assert found
    assert found.label == "brain"


def test_options_say_what_the_file_does_not(shared: Path) -> None:
    path = str(shared / "reference/ontologies/fbbi-edit-2026-01-30.ofn")
    with pytest.raises(CommandError, match=r"fbbi-edit-2026-01-30\.ofn: version: it does not say which version"):
        _run("load", path)
    _run(
        "load", path, "--release", "2026-01-30", "--licence", "CC-BY-4.0", "--source", "foundingGIDE", "--name", "FBbi"
    )
    assert _run("list") == "FBbi\t2026-01-30\t647 terms\tcurrent\twhole\tCC-BY-4.0\tfoundingGIDE\n"


def test_the_package_is_loaded_by_name_and_release() -> None:
    pytest.importorskip("cellxgene_ontology_guide", reason="install cellxgene-ontology-guide: it is in the extra dev")
    told = _run("load", "cellxgene:HsapDv,FBdv@v2024-12-04")
    assert "HsapDv v2025-01-23: loaded, 260 terms (current)." in told
    assert "FBdv v2024-12-04: loaded, 221 terms (current)." in told
    assert "FBdv v2026-04-02: loaded" in _run("update")
    assert "Nothing that is loaded has a newer version" in _run("update")
    with pytest.raises(CommandError, match=r"has no FBdv@v1; it has CHEBI@"):
        _run("load", "cellxgene:FBdv@v1")


def test_a_current_version_in_use_is_kept_unless_forced(fish: Path) -> None:
    _run("load", str(fish))
    study = factory.draft()
    key = KeyName.objects.create(namespace="", name="organ")
    text = KeyText.objects.create(digest=b"1", text="brain")
    term = Term.objects.get(curie="ZFA:1")
    pair = KeyValue.objects.create(study=study, entity="study", entity_id=study.pk, key=key, value=text, term=term)
    TermCount.objects.create(term=term, studies=1, images=0)  # as the indexer counts
    with pytest.raises(CommandError, match=r"ZFA 2026-01-01 is current and in use \(1 × key value\)"):
        _run("remove", "ZFA")
    _run("remove", "ZFA", "--force")
    pair.refresh_from_db()
    assert pair.term is None
    assert not Ontology.objects.exists()


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["load", "nothing.obo"], r"There is no file nothing\.obo"),
        (["remove", "ZFA"], r"ZFA is not loaded"),
        (["load"], r"required"),
        ([], r"required"),
    ],
)
def test_mistakes_are_told_in_a_sentence(arguments: list[str], reason: str) -> None:
    with pytest.raises(CommandError, match=reason):
        _run(*arguments)


def test_options_of_one_file_are_not_meant_for_two(fish: Path) -> None:
    with pytest.raises(CommandError, match=r"load them one by one"):
        _run("load", str(fish), str(fish), "--release", "1")
