"""The same promises over every storage."""

import errno
import hashlib
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import obstore
import pytest
from django.test import override_settings

from base.errors import StorageError
from base.models import StoredFile
from base.storage import Checksum, FolderStorage, InPlaceStorage, cache, checksum_of, path_of
from base.storage.cache import drop_local_copy, local_copy
from tests.base.s3 import s3_storage


class ReadingContract:
    """`storage` holds the file of `key`, whose bytes are 0..255."""

    storage: Any
    key: str
    outside: tuple[str, ...]

    def test_gives_the_bytes(self) -> None:
        with self.storage.open(self.key) as file:
            assert file.read() == bytes(range(256))
        assert self.storage.local_path(self.key).read_bytes() == bytes(range(256))

    def test_gives_ranges(self) -> None:
        assert self.storage.pread(self.key, 10, 3) == b"\x0a\x0b\x0c"
        assert self.storage.pread(self.key, 250, 100) == bytes(range(250, 256))
        assert self.storage.pread(self.key, 1000, 1) == b""

    def test_knows_the_size(self) -> None:
        assert self.storage.size(self.key) == 256

    def test_says_plainly_what_is_missing(self) -> None:
        with pytest.raises(StorageError, match=r"not there|no longer"):
            self.storage.open(self.key + "-missing")

    def test_never_leaves_its_place(self) -> None:
        for key in self.outside:
            with pytest.raises(StorageError):
                self.storage.local_path(key)


class WritingContract(ReadingContract):
    """`storage` is also one that is written to."""

    def test_a_write_that_breaks_off_leaves_what_was_there(self) -> None:
        def broken() -> Iterator[bytes]:
            yield bytes(6 << 20)
            raise RuntimeError("the source broke off")

        with pytest.raises(RuntimeError):
            self.storage.write(self.key, broken())
        assert self.storage.names("files/one") == ["a.bin"]
        assert self.storage.size(self.key) == 256

    def test_tells_its_version_which_changes_with_it_and_goes_with_copies(self) -> None:
        before = self.storage.stat(self.key)
        self.storage.write(self.key, [bytes(256)])
        assert before.size == self.storage.stat(self.key).size
        assert before.version != self.storage.stat(self.key).version
        assert self.storage.write("files/copy", [bytes(256)], version=before.version) == 256
        assert self.storage.stat("files/copy") == before

    def test_keeps_files_of_any_size_in_parts(self, tmp_path: Path) -> None:
        data = os.urandom(1 << 20)
        assert self.storage.write("files/empty", []) == 0
        assert self.storage.write("files/large", (data for _ in range(40)), size=40 << 20) == 40 << 20
        assert self.storage.pread("files/large", (40 << 20) - 5, 10) == data[-5:]
        with self.storage.open("files/large") as file:
            file.seek(20 << 20)
            assert file.read(1 << 20) == data
        digest = hashlib.sha256()
        for _ in range(40):
            digest.update(data)
        assert checksum_of(self.storage, "files/large") == Checksum(digest.hexdigest(), 40 << 20, 1)
        assert self.storage.size("files/empty") == 0

    def test_adopts_files_and_folders(self, tmp_path: Path) -> None:
        made = tmp_path / "made"
        (made / "inner").mkdir(parents=True)
        (made / "inner" / "c").write_bytes(b"xyz")
        (made / "inner.d").write_bytes(b"")
        version = (made / "inner" / "c").stat().st_mtime_ns
        self.storage.adopt("files/two/made", made)
        assert self.storage.pread("files/two/made/inner/c", 1, 2) == b"yz"
        assert self.storage.stat("files/two/made/inner/c") == (3, version)
        assert self.storage.names("files/two/made") == ["inner/c", "inner.d"]
        assert self.storage.names("files/two/made/inner/c") == [""]
        assert not made.exists()
        found = [path.relative_to(self.storage.local_path("files/two/made")).as_posix()
                 for path in self.storage.local_path("files/two/made").rglob("*") if path.is_file()]  # fmt: skip
        assert sorted(found) == ["inner.d", "inner/c"]

    def test_names_of_any_script_and_with_brackets_are_kept(self) -> None:
        key = "files/x/Mikroskopie ü [1] 100%25 #?&=+.tif"
        self.storage.write(key, [b"1"])
        assert self.storage.names("files/x") == [key.rpartition("/")[2]]
        assert self.storage.pread(key, 0, 5) == b"1"

    def test_deletes_files_and_folders_and_bears_their_absence(self) -> None:
        self.storage.write("files/one-more", [b"1"])
        self.storage.delete("files/one")
        self.storage.delete("files/one")
        with pytest.raises(StorageError):
            self.storage.size(self.key)
        assert self.storage.size("files/one-more") == 1
        self.storage.delete("files/one-more")
        with pytest.raises(StorageError, match="no longer"):
            self.storage.names("files/one-more")


class TestFolderStorage(WritingContract):
    @pytest.fixture(autouse=True)
    def _storage(self, tmp_path: Path) -> None:
        self.storage = FolderStorage(tmp_path / "store")
        self.key = "files/one/a.bin"
        self.outside = ("../x", "files/../../x", "/etc/passwd", "", "a\0b")
        self.storage.write(self.key, [bytes(range(128)), bytes(range(128, 256))])

    def test_a_full_disk_is_said_plainly(self) -> None:
        def full() -> Iterator[bytes]:
            yield b"1"
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        with pytest.raises(StorageError, match=r"a\.bin could not be kept: the disk of this site is full"):
            self.storage.write(self.key, full())
        assert self.storage.size(self.key) == 256

    def test_a_file_in_the_way_of_a_folder_is_said_plainly(self) -> None:
        with pytest.raises(StorageError, match="cannot be"):
            self.storage.write(f"{self.key}/inner", [b"1"])


class TestS3Storage(WritingContract):
    @pytest.fixture(autouse=True)
    def _storage(self, s3_url: str, tmp_path: Path) -> Iterator[None]:
        self.url = s3_url
        self.storage = s3_storage(s3_url)
        self.key = "files/one/a.bin"
        self.outside = ("../x", "files/../../x", "/etc/passwd", "", "a\0b")
        with override_settings(DATA=tmp_path / "data"):
            self.storage.write(self.key, [bytes(range(128)), bytes(range(128, 256))])
            yield
            self.storage.delete("files")

    def test_a_copy_is_made_once_and_checked(self, tmp_path: Path) -> None:
        sha256 = hashlib.sha256(bytes(range(256))).hexdigest()
        path = local_copy(self.storage, "cool", self.key, sha256)
        assert path.name == "a.bin"
        assert (path.stat().st_size, path.stat().st_mtime_ns) == self.storage.stat(self.key)
        path.write_bytes(b"seen")
        assert local_copy(self.storage, "cool", self.key, sha256).read_bytes() == b"seen"
        with pytest.raises(StorageError, match="damaged"):
            local_copy(self.storage, "cool", self.key, "0" * 64)

    def test_copies_that_are_unused_make_room_for_others(self) -> None:
        self.storage.write("files/one/b.bin", [bytes(100)])
        with override_settings(LOCAL_COPIES_BYTES=300):
            first = self.storage.local_path(self.key)
            with pytest.raises(StorageError, match="taken by files in use"):
                self.storage.local_path("files/one/b.bin")
            os.utime(first.parent / cache.STAMP, (1, 1))
            assert self.storage.local_path("files/one/b.bin").stat().st_size == 100
            assert not first.exists()
            assert cache.in_use() == 100
        with override_settings(LOCAL_COPIES_BYTES=50), pytest.raises(StorageError, match="at most 50 bytes"):
            self.storage.local_path(self.key)

    def test_a_copy_can_be_dropped(self) -> None:
        sha256 = hashlib.sha256(bytes(range(256))).hexdigest()
        for said in ("", sha256):
            copy = local_copy(self.storage, "cool", self.key, said)
            drop_local_copy(self.storage, "cool", self.key, said)
            assert not copy.exists()
        drop_local_copy(self.storage, "cool", "files/none")

    def put(self, key: str, data: bytes) -> None:
        obstore.put(self.storage.objects, self.storage.object_key(key), data)

    def test_objects_that_others_wrote_have_a_version_that_a_file_can_carry(self) -> None:
        self.put("files/theirs", b"1")
        stat = self.storage.stat("files/theirs")
        assert self.storage.local_path("files/theirs").stat().st_mtime_ns == stat.version
        self.put("files/theirs", b"2")
        assert self.storage.stat("files/theirs").version != stat.version

    def test_a_store_that_is_away_or_refuses_is_said_plainly(self) -> None:
        wrong = re.sub(":[^:@]*@", ":wrong@", self.url)
        with pytest.raises(StorageError, match="refuses this site"):
            s3_storage(wrong).pread(self.key, 0, 5)
        nowhere = s3_storage(f"{self.url}-not")
        for act in (lambda: nowhere.write(self.key, [b"1"]), lambda: nowhere.first(self.key, 5), nowhere.probe):
            with pytest.raises(StorageError, match="no such bucket"):
                act()
        away = re.sub(r"@[^/]*/", "@127.0.0.1:1/", self.url)
        with pytest.raises(StorageError, match="does not answer"):
            s3_storage(away).size(self.key)


class TestInPlaceStorage(ReadingContract):
    @pytest.fixture(autouse=True)
    def _storage(self, tmp_path: Path) -> None:
        root = tmp_path / "root"
        (root / "inner").mkdir(parents=True)
        (root / "inner" / "a.bin").write_bytes(bytes(range(256)))
        (tmp_path / "secret").write_bytes(b"secret")
        (root / "way-out").symlink_to(tmp_path / "secret")
        (root / "loop").symlink_to(root / "loop")
        self.root = root
        self.storage = InPlaceStorage([root])
        self.key = str(root / "inner" / "a.bin")
        self.outside = (
            str(tmp_path / "secret"),
            str(root / "way-out"),
            str(root / "loop"),
            f"{root}/../secret",
            "inner/a.bin",
        )

    def test_is_never_written(self, tmp_path: Path) -> None:
        changes: tuple[Callable[[], object], ...] = (
            lambda: self.storage.write(self.key, [b"1"]),
            lambda: self.storage.adopt(self.key, tmp_path / "secret"),
            lambda: self.storage.delete(self.key),
        )
        for change in changes:
            with pytest.raises(StorageError, match="never changed"):
                change()
        assert Path(self.key).stat().st_size == 256

    def test_path_of_asks_the_allowed_folders(self) -> None:
        stored = StoredFile(backend=StoredFile.Backend.IN_PLACE, key=self.key)
        with override_settings(REGISTER_ROOTS=[self.root]):
            assert path_of(stored) == Path(self.key)
        with override_settings(REGISTER_ROOTS=[]), pytest.raises(StorageError, match="does not lie"):
            path_of(stored)


def test_a_copy_that_goes_this_moment_is_not_counted(settings: Any, tmp_path: Path) -> None:
    settings.DATA = tmp_path
    for name in ("kept", "gone"):
        (tmp_path / "local-copies" / name).mkdir(parents=True)
        (tmp_path / "local-copies" / name / cache.STAMP).symlink_to(tmp_path / name)  # to nothing: listed, not there
    (tmp_path / "kept").write_text("7")
    assert cache.in_use() == 7
