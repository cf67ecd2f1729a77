"""The package of a version with real files: what bagit and rocrate read is what was published."""

import hashlib
import io
import json
import uuid
import zipfile
from pathlib import Path
from typing import Any

import bagit
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rocrate.rocrate import ROCrate

from base.errors import Invalid, NotFound, StorageError
from base.jobs import run_job
from base.models import Job, StoredFile
from base.storage import storage_for
from catalogue import files, services
from catalogue.access import Actor
from catalogue.models import File, Study, StudyComponent
from publishing import record
from publishing.models import Publication
from publishing.packages import bag_size, bag_stream, choice_size, choice_stream, chosen
from publishing.packages.paths import packed, reference
from publishing.services import approve
from tests import factory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("terms")]
RUN = "01_fluorescence/nf1_cellpainting/Plate_2_images"


def publish(study: Study) -> Publication:
    services.submit(actor=Actor(study.owner), study_id=study.pk)
    made = approve(actor=Actor(factory.curator()), study_id=study.pk)
    assert made is not None
    return made


def study_with(*places: Path) -> Study:
    """A study with these files registered where they are, and read."""
    study = factory.study(images=0)
    owner = Actor(study.owner)
    for place in places:
        files.register_in_place(actor=owner, study_id=study.pk, path=str(place))
    for job in Job.objects.filter(target=study.pk):
        run_job(job.pk)
    component = StudyComponent.objects.get(study=study)
    ids = list(File.objects.filter(study=study).values_list("id", flat=True))
    files.assign(actor=owner, study_id=study.pk, file_ids=ids, component_id=component.pk)
    return study


def put_bytes() -> None:
    """Give the factory's one image, which has none, the bytes that its row tells of."""
    stored = StoredFile.objects.get(backend=StoredFile.Backend.STORE)
    storage_for(stored.backend).write(stored.key, [bytes(stored.bytes)])
    stored.sha256 = hashlib.sha256(bytes(stored.bytes)).hexdigest()
    stored.save()


@pytest.fixture
def real(shared: Path, settings: Any) -> Study:
    """Fifteen TIFFs and an OME-Zarr folder, all in place."""
    settings.REGISTER_ROOTS = [shared.resolve()]
    samples = shared / "samples"
    return study_with(samples / RUN, samples / "02_omezarr" / "v05_cells3d_nuclei.zarr")


@pytest.fixture
def unpacked(real: Study, tmp_path: Path) -> tuple[Publication, Path]:
    publication = publish(real)
    place = tmp_path / "package.zip"
    with place.open("wb") as file:
        file.writelines(bag_stream(publication))
    assert place.stat().st_size == bag_size(publication)
    with zipfile.ZipFile(place) as archive:
        assert archive.testzip() is None
        archive.extractall(tmp_path / "out")
    (folder,) = (tmp_path / "out").iterdir()
    assert folder.name == f"{publication.accession}-v1"
    return publication, folder


def test_the_package_is_a_valid_bag_and_a_crate_of_all_files(unpacked: tuple[Publication, Path]) -> None:
    publication, folder = unpacked
    bag = bagit.Bag(str(folder))
    bag.validate()
    assert bag.version_info == (1, 0)
    assert publication.doi in bag.info["External-Identifier"]
    crate = ROCrate(folder / "data")
    assert crate.root_dataset["name"] == record.of_version(publication).study.title
    published = record.files_of(publication, limit=100)
    assert len(published) == 16
    named = {entity.id: entity for entity in crate.get_entities()}
    for file in published:
        place = folder / "data" / file.path
        if file.is_folder:
            assert "Dataset" in named[f"{file.path}/"].type
            assert sum(1 for it in place.rglob("*") if it.is_file()) == file.file_count
        else:
            assert named[file.path]["sha256"] == file.sha256 == hashlib.sha256(place.read_bytes()).hexdigest()
            assert named[file.path]["contentSize"] == str(place.stat().st_size)


def test_the_crate_is_flat_and_in_known_terms(unpacked: tuple[Publication, Path], shared: Path) -> None:
    _, folder = unpacked
    crate = json.loads((folder / "data" / "ro-crate-metadata.json").read_text())
    known = set(json.loads((shared / "reference/ro-crate/ro-crate-1.2-context.jsonld").read_text())["@context"])
    known |= set(crate["@context"][1])
    ids = [node["@id"] for node in crate["@graph"]]
    assert len(ids) == len(set(ids))
    for node in crate["@graph"]:
        kinds = node["@type"] if isinstance(node["@type"], list) else [node["@type"]]
        assert set(kinds) | set(node) - {"@id", "@type"} <= known
        for value in node.values():
            for item in value if isinstance(value, list) else [value]:
                if isinstance(item, dict):
                    assert set(item) == {"@id"}
                    assert item["@id"] in ids or item["@id"].startswith("https://w3id.org/ro/crate/")
    root = next(node for node in crate["@graph"] if node["@id"] == "./")
    assert {"name", "description", "datePublished", "license", "author", "publisher", "about", "measurementMethod",
            "hasPart", "identifier", "size"} <= set(root)  # fmt: skip


def test_the_same_version_gives_the_same_bytes(real: Study) -> None:
    publication = publish(real)
    first, second = (hashlib.sha256(b"".join(bag_stream(publication))).hexdigest() for _ in range(2))
    assert first == second


def test_a_file_that_changed_in_place_breaks_the_package_off(tmp_path: Path, settings: Any) -> None:
    settings.REGISTER_ROOTS = [tmp_path]
    (tmp_path / "README.md").write_text("as it was")
    study = study_with(tmp_path / "README.md")
    factory.image(study)
    put_bytes()
    publication = publish(study)
    assert len(b"".join(bag_stream(publication))) == bag_size(publication)
    for text in ("longer than it was", "short"):
        (tmp_path / "README.md").write_text(text)
        with pytest.raises(StorageError, match=r"README\.md has changed since it was published"):
            b"".join(bag_stream(publication))


def test_a_file_of_the_crates_own_name_keeps_its_bytes(tmp_path: Path, settings: Any) -> None:
    settings.REGISTER_ROOTS = [tmp_path]
    names = ("ro-crate-metadata.json", "_ro-crate-metadata.json", "100 %41 ä.csv")
    folder = tmp_path / "in"
    folder.mkdir()
    for name in names:
        (folder / name).write_text(f"deposited {name}")
    study = study_with(*(folder / name for name in names))
    factory.image(study)
    put_bytes()
    place = tmp_path / "package.zip"
    place.write_bytes(b"".join(bag_stream(publish(study))))
    with zipfile.ZipFile(place) as archive:
        archive.extractall(tmp_path / "out")
    (out,) = (tmp_path / "out").iterdir()
    bagit.Bag(str(out)).validate()
    texts = {it.read_text() for it in (out / "data").iterdir() if it.suffix in (".json", ".csv")}
    assert {f"deposited {name}" for name in names} <= texts
    assert json.loads((out / "data" / "ro-crate-metadata.json").read_text())["@graph"]


NAMES = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("=25%/."), min_size=1, max_size=8)


@given(st.lists(NAMES, min_size=2, max_size=2, unique=True))
def test_different_paths_stay_different_and_safe(names: list[str]) -> None:
    first, second = (packed(f"x/{name}") for name in names)
    normal = ["/".join(part for part in name.split("/") if part) for name in names]
    assert (first == second) == (normal[0] == normal[1])
    assert not {"..", ".", ""} & set(first.split("/"))
    assert "\\" not in first
    assert not set("\n\r%") & set(first)
    assert reference(first).isascii()


def test_chosen_files_and_folders_alone(real: Study) -> None:
    publication = publish(real)
    everything = list(record.all_files(publication))
    folder = next(file for file in everything if file.is_folder)
    plain = next(file for file in everything if not file.is_folder)
    found = chosen(publication, [uuid.UUID(folder.id), uuid.UUID(plain.id)])
    data = b"".join(choice_stream(publication, found))
    assert len(data) == choice_size(publication, found)
    base = f"{publication.accession}-v{publication.version}"
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        assert {one.compress_type for one in archive.infolist()} == {zipfile.ZIP_STORED}
        assert hashlib.sha256(archive.read(f"{base}/{plain.path}")).hexdigest() == plain.sha256
        inside = [name for name in archive.namelist() if name.startswith(f"{base}/{folder.path}/")]
    assert len(inside) == folder.file_count


def test_what_cannot_be_chosen(real: Study) -> None:
    publication = publish(real)
    with pytest.raises(Invalid, match="No file was chosen"):
        chosen(publication, [])
    with pytest.raises(NotFound, match="not in this version"):
        chosen(publication, [uuid.uuid4()])
    with pytest.raises(Invalid, match="At most"):
        chosen(publication, [uuid.uuid4() for _ in range(501)])
