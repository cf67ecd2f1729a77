"""The embedded engine: the contract, and what is its own, which is folders."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from publishing.search.document import Document
from publishing.search.index import SearchUnavailable
from publishing.search.query import Query
from publishing.search.tantivy_engine.index import TantivyIndex
from tests.publishing.search_contract import BRAIN, CELLS, SOME, SearchContract


class TestTantivy(SearchContract):
    @pytest.fixture
    def index(self, tmp_path: Path) -> TantivyIndex:
        return TantivyIndex(tmp_path)


def test_another_process_sees_commits_and_rebuilds(tmp_path: Path) -> None:
    writer, reader = TantivyIndex(tmp_path), TantivyIndex(tmp_path)
    writer.index([CELLS])
    writer.commit()
    assert reader.health().documents == 1
    writer.index([BRAIN])
    assert reader.health().documents == 1
    writer.commit()
    assert reader.health().documents == 2
    writer.rebuild(SOME)
    assert reader.health().documents == len(SOME)


def test_what_was_not_committed_is_not_there_after_a_crash(tmp_path: Path) -> None:
    writer = TantivyIndex(tmp_path)
    writer.index([CELLS])
    writer.commit()
    writer.index([BRAIN])
    writer.close()
    after = TantivyIndex(tmp_path)
    assert after.health().documents == 1
    after.index([BRAIN])
    after.commit()
    assert after.health().documents == 2


def test_only_one_generation_beside_the_present_one_is_kept(tmp_path: Path) -> None:
    index = TantivyIndex(tmp_path)
    for _ in range(4):
        index.rebuild([CELLS])
    assert len(list(tmp_path.glob("v*-*"))) == 2
    assert index.health().documents == 1


def test_what_a_rebuild_left_that_failed_is_removed_by_the_next(tmp_path: Path) -> None:
    index = TantivyIndex(tmp_path)
    index.rebuild(SOME)

    def broken() -> Iterator[Document]:
        yield CELLS
        raise OSError("no space left on device")

    for _ in range(3):
        with pytest.raises(OSError, match="no space"):
            index.rebuild(broken())
    assert len(list(tmp_path.glob("v*-*"))) == 2
    assert index.health().documents == len(SOME)
    index.rebuild([CELLS])
    assert index.health().documents == 1


@pytest.mark.parametrize("damage", ["pointer", "other version", "meta", "segments"])
def test_a_damaged_index_is_told_and_can_be_rebuilt(tmp_path: Path, damage: str) -> None:
    index = TantivyIndex(tmp_path)
    index.rebuild(SOME)
    (folder,) = tmp_path.glob("v*-*")
    if damage == "pointer":
        (tmp_path / "current").unlink()
    elif damage == "other version":
        (tmp_path / "current").write_text("v0-abc")
    elif damage == "meta":
        (folder / "meta.json").write_text("{")
    else:
        for path in folder.glob("*.idx"):
            path.write_bytes(b"")
    after = TantivyIndex(tmp_path)
    assert not after.exists()
    # Without the pointer it is as if there had never been one.
    assert ("no index" if damage == "pointer" else "anew") in after.health().message
    for ask in (lambda: after.search(Query("brain")), lambda: list(after.scan(Query()))):
        with pytest.raises(SearchUnavailable, match="no search index" if damage == "pointer" else "anew"):
            ask()
    assert after.rebuild(SOME) == len(SOME)
    assert after.health().documents == len(SOME)


@pytest.mark.parametrize("is_lost", [True, False])
def test_an_index_that_is_lost_or_damaged_under_its_writer_can_be_rebuilt(tmp_path: Path, is_lost: bool) -> None:
    index = TantivyIndex(tmp_path)
    index.rebuild([CELLS])
    index.index([BRAIN])  # not committed, so that the writer is open
    for folder in tmp_path.glob("v*-*"):
        if is_lost:
            folder.rename(tmp_path / "elsewhere")
        else:
            (folder / "meta.json").write_text("{")
    assert not index.exists()
    with pytest.raises(SearchUnavailable, match="anew"):
        index.search(Query("brain"))
    for _ in range(2):
        assert index.rebuild(SOME) == len(SOME)
        assert index.health().documents == len(SOME)
    index.index([BRAIN])
    index.commit()
    assert index.search(Query("brain")).total > 0


def test_an_index_of_another_version_serves_until_it_is_replaced(tmp_path: Path) -> None:
    made = TantivyIndex(tmp_path)
    made.rebuild(SOME)
    made.close()
    (folder,) = tmp_path.glob("v*-*")
    folder.rename(tmp_path / "v1-old")
    (tmp_path / "current").write_text("v1-old")
    index = TantivyIndex(tmp_path)
    assert not index.exists()
    health = index.health()
    assert (health.is_well, health.documents) == (False, len(SOME))
    assert "another version" in health.message
    assert index.search(Query("hela")).total == 1
    index.rebuild(SOME)
    assert index.health().is_well
