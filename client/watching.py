"""A folder on a microscope's PC: what is finished there goes to the site, until one stops it."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

from client.depositing import send_files
from client.folder import Entry, document_in, entries_in
from client.memory import Memory, Print
from client.site import Site
from client.trouble import Trouble, Unreachable

LONGEST_PAUSE = 300.0


@dataclass
class Watch:
    """`quiet`: for how many seconds a file must not have changed before it counts as finished."""

    site: Site
    top: Path
    memory: Memory
    say: Callable[[str], None]
    quiet: float = 60.0
    every: float = 20.0
    stopped: Event = field(default_factory=Event)
    _seen: dict[str, tuple[Print, float]] = field(default_factory=dict)  # print and when it was first seen so
    _refused: dict[str, Print] = field(default_factory=dict)  # not sent again before they change

    def run(self) -> None:
        """Until `stopped` is set. A site that does not answer is asked again, less and less often."""
        pause = self.every
        while not self.stopped.is_set():
            try:
                self.look_once()
                pause = self.every
            except Unreachable as trouble:
                pause = min(pause * 2, LONGEST_PAUSE)
                self.say(f"{trouble.message} Trying again in {pause:.0f} s.")
            self.stopped.wait(pause)

    def look_once(self, now: float | None = None) -> int:
        """Send what is finished; how many entries that were. Raises Unreachable."""
        finished = self._finished(time.monotonic() if now is None else now)
        sent = 0
        for entry in finished:
            print_ = entry.print()
            try:
                sent += send_files(self.site, self.memory, [entry], lambda *_: None, self.say)
                self.say(f"{entry.path} is on the site.")
            except Unreachable:
                raise
            except Trouble as trouble:
                self._refused[entry.path] = print_
                reasons = "; ".join(what for _, what in trouble.details) or trouble.message
                self.say(f"{entry.path} was not taken: {reasons}")
        return sent

    def _finished(self, now: float) -> list[Entry]:
        found: list[Entry] = []
        present: set[str] = set()
        for entry in entries_in(self.top, leave_out=document_in(self.top)):
            try:
                print_ = entry.print()
            except OSError:
                continue  # it went while we looked
            present.add(entry.path)
            before, since = self._seen.get(entry.path, (None, now))
            if before != print_:
                since = now
                self._seen[entry.path] = (print_, now)
            if now - since >= self.quiet and self._refused.get(entry.path) != print_ != self.memory.arrived(entry.path):
                found.append(entry)
        for gone in self._seen.keys() - present:
            del self._seen[gone]
        return found
