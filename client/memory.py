"""What the client remembers of a folder between runs, so that it goes on where it stopped, even after a power cut.

One SQLite file a folder and site, below the user's own state folder (the XDG base directory specification).
"""

import hashlib
import os
import sqlite3
from pathlib import Path
from threading import RLock

from client.trouble import Trouble

Print = tuple[int, int, int]  # see Entry.print
TABLES = """
CREATE TABLE IF NOT EXISTS said (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS upload (path TEXT PRIMARY KEY, address TEXT NOT NULL, bytes INTEGER, changed INTEGER);
CREATE TABLE IF NOT EXISTS arrived (path TEXT PRIMARY KEY, bytes INTEGER, changed INTEGER, files INTEGER);
"""


def state_home() -> Path:
    home = os.environ.get("XDG_STATE_HOME") or os.environ.get("LOCALAPPDATA")
    return Path(home) / "vitrine" if home else Path.home() / ".local" / "state" / "vitrine"


class Memory:
    """The study that a folder goes to, uploads under way, and what has arrived. Every change is on disk at once."""

    def __init__(self, folder: Path, address: str) -> None:
        key = hashlib.sha256(f"{address}\n{folder}".encode()).hexdigest()[:24]
        path = state_home() / f"{key}.sqlite"
        self._lock = RLock()  # files are sent side by side
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._store = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
            self._store.executescript(TABLES)
        except (OSError, sqlite3.Error) as error:
            raise Trouble(f"{path}, where this folder's uploads are remembered, cannot be used: {error}.") from error
        self._say("folder", str(folder))
        self._say("site", address)

    def close(self) -> None:
        with self._lock:
            self._store.close()

    @property
    def study(self) -> str:
        """The id of the study, or nothing."""
        return self._said("study")

    @property
    def document(self) -> str:
        """sha256 of the document as it was last sent."""
        return self._said("document")

    @property
    def revision(self) -> int:
        """The study's, after the last thing done from here."""
        return int(self._said("revision") or 0)

    def begin(self, study: str) -> None:
        """Another study, or none: what was known of the one before is forgotten."""
        with self._lock:
            for table in ("upload", "arrived"):
                self._store.execute(f"DELETE FROM {table}")
            self._say("document", "")
            self._say("study", study)

    def sent_document(self, digest: str) -> None:
        self._say("document", digest)

    def stands_at(self, revision: int) -> None:
        self._say("revision", str(revision))

    def upload_of(self, path: str, size: int, changed: int) -> str:
        """The address of an upload of the file as it is now, or nothing."""
        with self._lock:
            question = "SELECT address FROM upload WHERE path = ? AND bytes = ? AND changed = ?"
            row = self._store.execute(question, (path, size, changed)).fetchone()
        return str(row[0]) if row else ""

    def has_begun(self, path: str, address: str, size: int, changed: int) -> None:
        """The upload of a file, for a later run to go on with."""
        with self._lock:
            self._store.execute("REPLACE INTO upload VALUES (?, ?, ?, ?)", (path, address, size, changed))

    def arrived(self, path: str) -> Print | None:
        """What an entry was when all of it had arrived."""
        with self._lock:
            row = self._store.execute("SELECT bytes, changed, files FROM arrived WHERE path = ?", (path,)).fetchone()
        return (row[0], row[1], row[2]) if row else None

    def has_arrived(self, path: str, print_: Print) -> None:
        """All of an entry is on the site; its uploads need not be known any more."""
        with self._lock:
            self._store.execute("REPLACE INTO arrived VALUES (?, ?, ?, ?)", (path, *print_))
            self._store.execute("DELETE FROM upload WHERE path = ? OR substr(path, 1, ?) = ?",
                                (path, len(path) + 1, f"{path}/"))  # fmt: skip

    def _said(self, name: str) -> str:
        with self._lock:
            row = self._store.execute("SELECT value FROM said WHERE name = ?", (name,)).fetchone()
        return str(row[0]) if row else ""

    def _say(self, name: str, value: str) -> None:
        with self._lock:
            self._store.execute("REPLACE INTO said VALUES (?, ?)", (name, value))
