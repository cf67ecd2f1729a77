"""Where an embedded index lies: a folder per generation, and a file `current` that names the one in use.

A rebuild writes a new generation and then changes the name in `current`, so that no search sees half of it.
"""

import os
import shutil
from pathlib import Path

import tantivy

from base.ids import new_id
from publishing.search.tantivy_engine.schema import (
    STEMS,
    VERSION,
    WORDS,
    folding_analyser,
    make_schema,
    stemming_analyser,
)


def open_index(folder: Path) -> tantivy.Index:
    """Open the index in a folder, or make one there. Raises ValueError if it is damaged or has other fields."""
    index = tantivy.Index(make_schema(), path=str(folder))
    index.register_tokenizer(STEMS, stemming_analyser())
    index.register_tokenizer(WORDS, folding_analyser())
    index.config_reader("manual")
    return index


class Generations:
    """The folders of one index."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._pointer = root / "current"

    def current(self) -> Path | None:
        """The folder in use; None if there is none that holds an index."""
        try:
            name = self._pointer.read_text().strip()
        except (FileNotFoundError, UnicodeDecodeError):
            return None
        folder = self._root / name
        usable = name.startswith("v") and "/" not in name and folder.is_dir() and tantivy.Index.exists(str(folder))
        return folder if usable else None

    def is_any_named(self) -> bool:
        """Whether an index was made here, be it lost since."""
        return self._pointer.exists()

    def new(self) -> Path:
        """An empty folder beside the one in use, instead of any that was begun and not finished."""
        self._remove_all_but(self.current())
        folder = self._root / f"v{VERSION}-{new_id().hex}"
        folder.mkdir(parents=True)
        return folder

    def use(self, folder: Path) -> None:
        """Put a folder in the place of the one in use, which is kept: a search may just be opening it."""
        before = self.current()
        part = self._pointer.with_suffix(".part")
        with part.open("w") as file:
            file.write(folder.name)
            file.flush()
            os.fsync(file.fileno())
        part.replace(self._pointer)
        self._remove_all_but(folder, before)

    def _remove_all_but(self, *kept: Path | None) -> None:
        for folder in self._root.glob("v*-*"):
            if folder not in kept:
                shutil.rmtree(folder, ignore_errors=True)


def is_of_this_code(folder: Path) -> bool:
    return folder.name.startswith(f"v{VERSION}-")
