"""Files come into a study, are grouped, and leave."""

import uuid
from pathlib import Path
from typing import Any

import pytest

from base import jobs, uploads
from base.errors import Conflict, DomainError, Invalid, NotAllowed, NotFound
from base.models import AuditEvent, Job, StoredFile, Upload
from base.storage import path_of, storage_for
from base.storage.cache import local_copy
from catalogue import files
from catalogue.access import Actor
from catalogue.models import File, Image, Study, StudyComponent
from tests import factory

pytestmark = [pytest.mark.both, pytest.mark.django_db]


@pytest.fixture
def study() -> Study:
    return factory.study(images=0)


def owner(study: Study) -> Actor:
    return Actor(study.owner)


def added(study: Study, path: str = "notes.txt", data: bytes = b"some notes") -> File:
    file = factory.upload(study, path, data)
    assert file is not None
    return file


def test_an_upload_becomes_a_file_that_waits_to_be_read(study: Study) -> None:
    file = added(study, "a/notes.txt")
    assert (file.path, file.state, file.study) == ("a/notes.txt", File.State.ARRIVED, study)
    assert path_of(file.stored).read_bytes() == b"some notes"
    job = Job.objects.get(target=study.pk)
    assert (job.kind, job.state, job.payload) == ("read-file", Job.State.QUEUED, {"file": str(file.pk)})
    assert AuditEvent.objects.filter(target=study.pk, verb="uploaded files", detail__paths=["a/notes.txt"]).exists()


def test_registering_twice_is_registering_once(study: Study) -> None:
    file = added(study)
    assert files.register_upload(Upload.objects.get()) == file
    assert Job.objects.filter(target=study.pk).count() == 1


def test_a_path_is_taken_once(study: Study) -> None:
    added(study)
    with pytest.raises(Conflict, match=r"a file “notes\.txt” already") as caught:
        added(study)
    assert (caught.value.field, caught.value.file) == ("path", "notes.txt")
    assert File.objects.filter(study=study).count() == 1
    added(factory.study(study.owner, images=0))  # another study may have it


def test_of_two_uploads_at_once_the_second_is_told(study: Study) -> None:
    begun = [files.begin_upload(actor=owner(study), study_id=study.pk, path="empty.txt", length=0) for _ in range(2)]
    assert files.register_upload(begun[0]) is not None
    with pytest.raises(Conflict, match=r"empty\.txt"):
        files.register_upload(begun[1])
    assert StoredFile.objects.count() == 1


def test_a_study_that_is_not_open_takes_no_files(study: Study) -> None:
    begun = files.begin_upload(actor=owner(study), study_id=study.pk, path="late.txt", length=0)
    Study.objects.filter(pk=study.pk).update(state=Study.State.IN_REVIEW)
    for attempt in (
        lambda: files.register_upload(begun),
        lambda: added(study, "b.txt"),
        lambda: files.register_in_place(actor=owner(study), study_id=study.pk, path="/x"),
    ):
        with pytest.raises(DomainError):
            attempt()
    assert not File.objects.filter(study=study).exists()
    Study.objects.filter(pk=study.pk).update(state=Study.State.RETURNED)
    assert files.register_upload(begun) is not None


def test_strangers_may_do_nothing(study: Study) -> None:
    file, stranger = added(study), Actor(factory.user())
    for attempt in (
        lambda: files.begin_upload(actor=stranger, study_id=study.pk, path="x", length=1),
        lambda: files.register_in_place(actor=stranger, study_id=study.pk, path="/x"),
        lambda: files.assign(actor=stranger, study_id=study.pk, file_ids=[file.pk], component_id=None),
        lambda: files.remove(actor=stranger, study_id=study.pk, file_id=file.pk),
        lambda: files.read_again(actor=stranger, study_id=study.pk, file_id=file.pk),
    ):
        with pytest.raises((NotFound, NotAllowed)):
            attempt()
    assert File.objects.filter(pk=file.pk).exists()
    assert not Upload.objects.filter(path="x").exists()


def test_files_and_their_images_are_grouped_to_components(study: Study) -> None:
    component = StudyComponent.objects.get(study=study)
    image = factory.image(study)
    Image.objects.filter(pk=image.pk).update(component=None)
    file = image.image_files.get().file
    files.assign(actor=owner(study), study_id=study.pk, file_ids=[file.pk, file.pk], component_id=component.pk)
    image.refresh_from_db()
    assert image.component == component
    files.assign(actor=owner(study), study_id=study.pk, file_ids=[file.pk], component_id=None)
    assert Image.objects.get(pk=image.pk).component is None
    assert File.objects.get(pk=file.pk).component is None


def test_grouping_takes_only_what_is_of_the_study(study: Study) -> None:
    other = factory.study(images=1)
    file, foreign = added(study), File.objects.get(study=other)
    component = StudyComponent.objects.get(study=study)
    with pytest.raises(NotFound, match="not in this study"):
        files.assign(actor=owner(study), study_id=study.pk, file_ids=[file.pk, foreign.pk], component_id=component.pk)
    with pytest.raises(NotFound, match="no such component"):
        files.assign(actor=owner(study), study_id=study.pk, file_ids=[file.pk], component_id=uuid.uuid4())
    file.refresh_from_db()
    assert file.component is None


def test_a_removed_file_is_gone_with_its_bytes_and_job(study: Study, django_capture_on_commit_callbacks: Any) -> None:
    file = added(study)
    place = path_of(file.stored)
    copy = local_copy(storage_for("store"), "store", file.stored.key, file.stored.sha256)
    with django_capture_on_commit_callbacks(execute=True):
        files.remove(actor=owner(study), study_id=study.pk, file_id=file.pk)
    assert not File.everything.filter(pk=file.pk).exists()
    assert not StoredFile.objects.exists()
    assert not place.parent.exists()
    assert not copy.exists()
    assert Job.objects.get(target=study.pk).state == Job.State.CANCELLED
    with pytest.raises(NotFound):
        files.remove(actor=owner(study), study_id=study.pk, file_id=file.pk)
    added(study)


def test_a_file_that_is_removed_while_it_waits_is_not_read(study: Study) -> None:
    file = added(study)
    File.objects.filter(pk=file.pk).delete()
    assert jobs.run_queued(study.pk) == 1
    assert Job.objects.get(target=study.pk).state == Job.State.DONE


def test_progress_costs_the_same_for_many_files(study: Study, django_assert_num_queries: Any) -> None:
    for number in range(3):
        added(study, f"{number}.txt")
    with django_assert_num_queries(4):
        progress = files.progress_of(study)
    assert (progress.counts["arrived"], progress.total, progress.waiting, progress.unhashed) == (3, 3, 3, 3)
    assert progress.is_busy
    jobs.run_queued(study.pk)
    progress = files.progress_of(study)
    assert (progress.counts["plain"], progress.unhashed, progress.is_busy) == (3, 0, False)


def test_a_file_is_not_read_twice_at_once(study: Study) -> None:
    file = added(study)
    with pytest.raises(Conflict, match="being read already"):
        files.read_again(actor=owner(study), study_id=study.pk, file_id=file.pk)
    jobs.run_queued(study.pk)
    assert files.read_again(actor=owner(study), study_id=study.pk, file_id=file.pk).state == File.State.ARRIVED


class TestInPlace:
    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path, settings: Any, study: Study) -> None:
        self.root = tmp_path / "allowed"
        for name in ("plate/a.tif", "plate/day 2/b.tif", "plate/day 2/c.zarr/zarr.json", "plate/.hidden", "d.txt"):
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            (self.root / name).write_text(name)
        (tmp_path / "secret").write_text("secret")
        self.study = study
        settings.REGISTER_ROOTS = [self.root.resolve()]

    def register(self, path: object) -> list[File]:
        return files.register_in_place(actor=owner(self.study), study_id=self.study.pk, path=str(path))

    def refused(self, path: object, kind: type[DomainError], reason: str) -> None:
        with pytest.raises(kind, match=reason) as caught:
            self.register(path)
        assert caught.value.field == "path"
        assert not File.objects.filter(study=self.study).exists()
        assert not StoredFile.objects.exists()

    def test_a_folder_with_all_below_it(self) -> None:
        found = self.register(self.root / "plate")
        assert sorted(file.path for file in found) == ["plate/a.tif", "plate/day 2/b.tif", "plate/day 2/c.zarr"]
        assert {file.path for file in found if file.stored.is_folder} == {"plate/day 2/c.zarr"}
        assert all(file.stored.backend == StoredFile.Backend.IN_PLACE for file in found)
        assert Job.objects.filter(target=self.study.pk).count() == 3

    def test_a_path_relative_to_an_allowed_folder(self) -> None:
        assert [file.path for file in self.register("plate/day 2/c.zarr/")] == ["c.zarr"]

    def test_removing_leaves_the_file_where_it_lies(self, django_capture_on_commit_callbacks: Any) -> None:
        (file,) = self.register(self.root / "d.txt")
        with django_capture_on_commit_callbacks(execute=True):
            files.remove(actor=owner(self.study), study_id=self.study.pk, file_id=file.pk)
        assert (self.root / "d.txt").read_text() == "d.txt"

    def test_two_studies_may_hold_the_same_file(self) -> None:
        (first,) = self.register(self.root / "d.txt")
        second_study = factory.study(self.study.owner, images=0)
        (second,) = files.register_in_place(
            actor=owner(second_study), study_id=second_study.pk, path=str(self.root / "d.txt")
        )
        assert first.stored == second.stored
        files.remove(actor=owner(self.study), study_id=self.study.pk, file_id=first.pk)
        assert File.objects.get(pk=second.pk).stored == second.stored

    def test_the_same_folder_twice_is_a_conflict(self) -> None:
        self.register(self.root / "plate")
        with pytest.raises(Conflict, match=r"plate/a\.tif"):
            self.register(self.root / "plate")
        assert File.objects.filter(study=self.study).count() == 3

    def test_what_is_outside_is_refused(self) -> None:
        self.refused(self.root.parent / "secret", Invalid, "does not lie in a folder")
        self.refused("/etc/passwd", Invalid, "does not lie in a folder")
        self.refused(f"{self.root}/../secret", Invalid, r"without “\.\.”")
        self.refused(self.root / "missing.tif", Invalid, "is not there")
        self.refused("", Invalid, "no path")

    def test_a_link_that_leads_out_refuses_the_whole_folder(self) -> None:
        (self.root / "plate" / "link.tif").symlink_to(self.root.parent / "secret")
        self.refused(self.root / "plate", Invalid, r"link\.tif does not lie in a folder")

    def test_links_in_a_circle_end(self) -> None:
        (self.root / "plate" / "again").symlink_to(self.root / "plate", target_is_directory=True)
        assert len(self.register(self.root / "plate")) == 3

    def test_an_empty_folder_is_told(self) -> None:
        (self.root / "nothing").mkdir()
        self.refused(self.root / "nothing", Invalid, "holds no files")

    def test_a_site_without_allowed_folders_says_so(self, settings: Any) -> None:
        settings.REGISTER_ROOTS = []
        self.refused(self.root / "d.txt", Invalid, "no folder from which")


def test_a_folder_path_is_one_path(study: Study) -> None:
    for path in ("b.zarr/zarr.json", "b.zarr/c/0"):
        factory.upload(study, path, b"{}", folder_files=2)
    assert File.objects.get(study=study).path == "b.zarr"
    with pytest.raises(Conflict, match=r"b\.zarr"):
        factory.upload(study, "b.zarr/more", b"{}", folder_files=1)
    assert uploads.folder_of("b.zarr/more") == "b.zarr"
