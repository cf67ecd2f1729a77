"""The same promises over every storage."""

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import override_settings

from base.errors import StorageError
from base.models import StoredFile
from base.storage import FolderStorage, InPlaceStorage, Storage, path_of


class ReadingContract:
    """`storage` holds the file of `key`, whose bytes are 0..255."""

    storage: Storage
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


class TestFolderStorage(ReadingContract):
    @pytest.fixture(autouse=True)
    def _storage(self, tmp_path: Path) -> None:
        self.storage = FolderStorage(tmp_path / "store")
        self.key = "files/one/a.bin"
        self.outside = ("../x", "files/../../x", "/etc/passwd", "", "a\0b")
        self.storage.write(self.key, [bytes(range(128)), bytes(range(128, 256))])

    def test_a_write_that_breaks_off_leaves_what_was_there(self) -> None:
        def broken() -> Iterator[bytes]:
            yield b"new"
            raise RuntimeError("the source broke off")

        with pytest.raises(RuntimeError):
            self.storage.write(self.key, broken())
        folder = self.storage.local_path(self.key).parent
        assert [path.name for path in folder.iterdir()] == ["a.bin"]
        assert self.storage.size(self.key) == 256

    def test_adopts_files_and_folders(self, tmp_path: Path) -> None:
        made = tmp_path / "made"
        (made / "inner").mkdir(parents=True)
        (made / "inner" / "c").write_bytes(b"xyz")
        self.storage.adopt("files/two/made", made)
        assert self.storage.pread("files/two/made/inner/c", 1, 2) == b"yz"
        assert not made.exists()

    def test_deletes_files_and_folders_and_bears_their_absence(self) -> None:
        self.storage.delete("files/one")
        self.storage.delete("files/one")
        with pytest.raises(StorageError):
            self.storage.local_path(self.key)

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
        for change in (
            lambda: self.storage.write(self.key, [b"1"]),
            lambda: self.storage.adopt(self.key, tmp_path / "secret"),
            lambda: self.storage.delete(self.key),
        ):
            with pytest.raises(StorageError, match="never changed"):
                change()
        assert Path(self.key).stat().st_size == 256

    def test_path_of_asks_the_allowed_folders(self) -> None:
        stored = StoredFile(backend=StoredFile.Backend.IN_PLACE, key=self.key)
        with override_settings(REGISTER_ROOTS=[self.root]):
            assert path_of(stored) == Path(self.key)
        with override_settings(REGISTER_ROOTS=[]), pytest.raises(StorageError, match="does not lie"):
            path_of(stored)
