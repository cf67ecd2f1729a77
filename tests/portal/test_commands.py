"""The commands of manage.py that deposit, check and publish, run as a person would, on good and on hostile folders."""

import io
import itertools
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from base.models import StoredFile, Upload, User
from catalogue import documents
from catalogue.access import Actor
from catalogue.models import File, Image, Study, StudyComponent
from imaging.writing import WrittenChannel, write_ome_tiff
from ontology.loading import load_starter
from portal.folders import deposit, look_at
from publishing.models import Publication
from tests import factory

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> User:
    return factory.user()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two images in folders of their own, a hidden file and a note."""
    made = tmp_path / "my data"
    for name in ("treated", "control"):
        (made / name).mkdir(parents=True)
        pixels = np.arange(40 * 50, dtype=np.uint16).reshape(1, 40, 50)
        write_ome_tiff(made / name / "cells.ome.tif", pixels, [WrittenChannel("DNA", (0, 0, 255))], name=name)
    (made / "README.txt").write_text("what this is")
    (made / ".DS_Store").write_bytes(b"\0")
    return made


def document(**changes: Any) -> dict[str, Any]:
    """A complete one, with a component for each folder."""
    made = factory.document()
    (plate,) = made["components"]
    made["components"] = [
        {**plate, "id": name, "title": name, "files": [f"{name}/*.tif"]} for name in ("treated", "control")
    ]
    return made | changes


def write(folder: Path, content: dict[str, Any] | str | bytes) -> Path:
    path = folder / "study.yaml"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def run(*arguments: object) -> str:
    out = io.StringIO()
    call_command(*map(str, arguments), stdout=out)
    return out.getvalue()


def refusal(*arguments: object) -> str:
    with pytest.raises(CommandError) as caught:
        run(*arguments)
    return str(caught.value)


def nothing_is_left(settings: Any) -> None:
    for model in (Study, File, Image, StoredFile, Upload):
        assert not model.objects.exists(), model
    kept = [path for path in (settings.DATA / "store").rglob("*") if path.is_file()]
    assert not kept


@pytest.fixture(autouse=True)
def _own_data(settings: Any, tmp_path: Path) -> None:
    settings.DATA = tmp_path / "site"
    settings.DATA.mkdir()


def test_a_folder_becomes_a_draft_with_its_files_in_their_components(folder: Path, owner: User) -> None:
    said = run("deposit", folder, "--metadata", write(folder, document()), "--owner", owner.email)
    study = Study.objects.get()
    assert (study.owner, study.state) == (owner, Study.State.DRAFT)
    assert str(study.pk) in said
    assert "3 files deposited" in said
    components = dict(File.objects.values_list("path", "component__title"))
    expected = {"treated/cells.ome.tif": "treated", "control/cells.ome.tif": "control", "README.txt": None}
    assert components == expected  # neither the document nor what is hidden
    assert {image.component.title for image in Image.objects.select_related("component") if image.component} == {
        "treated",
        "control",
    }
    assert all(File.objects.values_list("stored__sha256", flat=True))
    assert (folder / "README.txt").exists()


@pytest.mark.both
def test_what_is_deposited_can_be_checked_submitted_and_published(folder: Path, owner: User) -> None:
    run("deposit", folder, "--metadata", write(folder, document()), "--owner", owner.email, "--submit")
    study = Study.objects.get()
    assert study.state == Study.State.IN_REVIEW
    assert study.accession
    assert "Nothing required is missing" in run("check_study", study.accession)
    curator = factory.curator()
    said = run("publish", study.accession.lower(), "--curator", curator.email)
    publication = Publication.objects.get()
    assert publication.published_by == curator
    assert f"/studies/{publication.accession}/v1" in said
    assert publication.doi in said
    again = refusal("publish", study.pk, "--curator", curator.email)
    assert "published" in again


def test_a_document_written_out_can_be_deposited_again(folder: Path, owner: User) -> None:
    path = write(folder, document())
    run("deposit", folder, "--metadata", path, "--owner", owner.email)
    written = documents.read(Study.objects.get())
    for component in written["components"]:
        component["files"] = f"{component['title']}/*"
    path.write_text(documents.to_yaml(written))
    run("deposit", folder, "--metadata", path, "--owner", owner.email)
    first, second = (documents.read(study) for study in Study.objects.order_by("created_at"))
    assert second["study"] == first["study"]
    assert [one["title"] for one in second["components"]] == ["treated", "control"]
    assert StudyComponent.objects.count() == 4


def test_files_may_stay_where_they_are(folder: Path, owner: User, settings: Any) -> None:
    settings.REGISTER_ROOTS = [folder.parent]
    run("deposit", folder, "--metadata", write(folder, document()), "--owner", owner.email, "--in-place")
    assert set(StoredFile.objects.values_list("backend", flat=True)) == {"in-place"}
    assert set(File.objects.values_list("path", flat=True)) == {
        "treated/cells.ome.tif",
        "control/cells.ome.tif",
        "README.txt",
    }


def test_in_place_is_refused_outside_the_allowed_folders(folder: Path, owner: User, settings: Any) -> None:
    said = refusal("deposit", folder, "--metadata", write(folder, document()), "--owner", owner.email, "--in-place")
    assert "registered" in said
    nothing_is_left(settings)
    assert (folder / "README.txt").exists()


def test_a_folder_that_is_one_image_stays_one(folder: Path, owner: User, shared: Path) -> None:
    zarr = shared / "samples/02_omezarr/v05_cells3d_nuclei.zarr"
    target = folder / "treated" / zarr.name
    for path in (path for path in zarr.rglob("*") if path.is_file()):
        place = target / path.relative_to(zarr)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(path.read_bytes())
    made = document()
    made["components"][0]["files"] = ["treated/*"]
    run("deposit", folder, "--metadata", write(folder, made), "--owner", owner.email)
    file = File.objects.select_related("component").get(path=f"treated/{zarr.name}")
    assert file.state == File.State.READ
    assert file.component is not None
    assert file.component.title == "treated"


BROKEN: dict[str, tuple[dict[str, Any] | str | bytes, list[str]]] = {
    "broken YAML": ("study: [title\nother: {", ["no YAML", "Line 2"]),
    "no UTF-8": (b"study:\n  title: \xff\xfe", ["study.yaml", "UTF-8"]),
    "an alias": ("study: &a {title: x}\nlinks: [*a]", ["Aliases"]),
    "a list": ("- study", ["named parts"]),
    "empty": ("", ["named parts"]),
    "an unknown part": ({"studdy": {}}, ["studdy"]),
    "an unknown field": ({"study": {"titel": "Cells"}}, ["study/titel", "no field “titel”"]),
    "a text for rows": ({"contributors": "Ada"}, ["contributors"]),
    "components that are none": ({"components": "all"}, ["components"]),
    "patterns that are none": (document(components=[{"id": "a", "files": {"all": 1}}]), ["components/0/files"]),
    "a pattern that leads out": (document(components=[{"files": ["../*.tif"]}]), ["components/0/files", "../*.tif"]),
    "an absolute pattern": (document(components=[{"files": ["/etc/*"]}]), ["components/0/files", "/etc/*"]),
    "a pattern for nothing": (document(components=[{"files": ["*.czi"]}]), ["*.czi", "fits no file"]),
}


@pytest.mark.parametrize(("content", "words"), BROKEN.values(), ids=BROKEN)
def test_a_bad_document_is_refused_in_words_and_leaves_nothing(
    folder: Path, owner: User, settings: Any, content: dict[str, Any] | str | bytes, words: list[str]
) -> None:
    said = refusal("deposit", folder, "--metadata", write(folder, content), "--owner", owner.email)
    assert [word for word in words if word not in said] == [], said
    nothing_is_left(settings)


@pytest.mark.django_db(transaction=True)  # bytes go once it is committed
@pytest.mark.parametrize(
    ("name", "data"),
    [("words.tif", b"this is no image"), ("empty.tif", b""), ("cut.ome.tif", None)],
    ids=["a text named .tif", "0 bytes", "a truncated TIFF"],
)
def test_a_file_that_cannot_be_read_is_named_and_leaves_nothing(
    folder: Path, owner: User, settings: Any, name: str, data: bytes | None
) -> None:
    whole = (folder / "treated" / "cells.ome.tif").read_bytes()
    (folder / "treated" / name).write_bytes(whole[:100] if data is None else data)
    said = refusal("deposit", folder, "--metadata", write(folder, document()), "--owner", owner.email)
    assert f"treated/{name}" in said
    assert "Traceback" not in said
    nothing_is_left(settings)


def test_an_empty_folder_is_refused(tmp_path: Path, owner: User, settings: Any) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    said = refusal("deposit", empty, "--metadata", write(tmp_path, document()), "--owner", owner.email)
    assert "empty holds no files" in said
    write(empty, document())
    said = refusal("deposit", empty, "--metadata", empty / "study.yaml", "--owner", owner.email)
    assert "empty holds no files" in said
    nothing_is_left(settings)


def test_a_folder_that_is_none_is_refused(tmp_path: Path, folder: Path, owner: User) -> None:
    path = write(folder, document())
    assert "no folder" in refusal("deposit", tmp_path / "missing", "--metadata", path, "--owner", owner.email)
    assert "is a file" in refusal("deposit", path, "--metadata", path, "--owner", owner.email)
    missing = folder / "other.yaml"
    assert "other.yaml" in refusal("deposit", folder, "--metadata", missing, "--owner", owner.email)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", ["notes.txt", "image.zarr/notes.txt"])
def test_links_that_lead_out_are_refused(folder: Path, owner: User, tmp_path: Path, settings: Any, name: str) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("not yours")
    link = folder / "treated" / name
    link.parent.mkdir(exist_ok=True)
    link.symlink_to(secret)
    said = refusal("deposit", folder, "--metadata", write(folder, document()), "--owner", owner.email)
    assert f"treated/{name}" in said
    assert "leads out" in said
    nothing_is_left(settings)


@pytest.mark.parametrize("kind", ["a loop", "to nothing", "to its own folder", "a pipe"])
def test_what_is_no_file_is_refused(folder: Path, owner: User, settings: Any, kind: str) -> None:
    place = folder / "treated" / "odd"
    if kind == "a pipe":
        os.mkfifo(place)
    else:
        place.symlink_to({"a loop": place, "to nothing": folder / "gone", "to its own folder": folder}[kind])
    said = refusal("deposit", folder, "--metadata", write(folder, document()), "--owner", owner.email)
    assert "treated/odd" in said
    nothing_is_left(settings)


@pytest.mark.django_db(transaction=True)
def test_stopped_at_any_moment_it_leaves_nothing(folder: Path, owner: User, settings: Any) -> None:
    made = look_at(folder, document())
    for moment in range(1, 9):  # each of three files copied, then read, and the end of both
        told = itertools.count(1)

        def tell(what: str, done: int, total: int, moment: int = moment, told: Iterator[int] = told) -> None:
            if next(told) == moment:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            deposit(Actor(owner), made, in_place=False, submit=False, tell=tell)
        nothing_is_left(settings)


def test_names_that_would_steer_a_terminal_are_refused_and_shown_harmless(
    folder: Path, owner: User, settings: Any
) -> None:
    (folder / "a\x1b[2Jb.txt").write_text("x")
    (folder / os.fsdecode(b"broken\xff.txt")).write_text("x")
    said = refusal("deposit", folder, "--metadata", write(folder, document()), "--owner", owner.email)
    assert "\x1b" not in said
    assert "control" in said
    nothing_is_left(settings)


def test_an_incomplete_study_is_not_submitted_and_leaves_nothing(folder: Path, owner: User, settings: Any) -> None:
    made = document()
    made["study"]["title"] = "Cells"
    path = write(folder, made)
    said = refusal("deposit", folder, "--metadata", path, "--owner", owner.email, "--submit")
    assert "study/title" in said
    nothing_is_left(settings)
    run("deposit", folder, "--metadata", path, "--owner", owner.email)  # a draft may be incomplete
    with pytest.raises(CommandError) as caught:
        run("check_study", Study.objects.get().pk)
    assert caught.value.returncode == 1


def test_people_and_studies_that_are_not_there_are_named(folder: Path, owner: User) -> None:
    path = write(folder, document())
    said = refusal("deposit", folder, "--metadata", path, "--owner", "nobody@example.org")
    assert "nobody@example.org" in said
    for name in ("VIT-404", "not-an-id", "00000000-0000-0000-0000-000000000000"):
        assert name in refusal("check_study", name)
        assert name in refusal("publish", name, "--curator", owner.email)


def test_only_a_curator_who_has_no_part_in_it_publishes(owner: User) -> None:
    study = factory.submitted(owner)
    assert "curator" in refusal("publish", study.accession or "", "--curator", owner.email)
    owner.is_curator = True
    owner.save()
    assert "own" in refusal("publish", study.accession or "", "--curator", owner.email)
    assert not Publication.objects.exists()


def test_the_documented_example_is_a_complete_study(folder: Path, owner: User) -> None:
    load_starter()
    docs = Path(__file__).resolve().parents[2] / "docs" / "commands.md"
    example = docs.read_text().partition("```yaml\n")[2].partition("```")[0]
    run("deposit", folder, "--metadata", write(folder, example), "--owner", owner.email, "--submit")
    assert Study.objects.get().state == Study.State.IN_REVIEW
