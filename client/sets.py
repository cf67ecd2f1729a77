"""Files that look like one image: the site proposes them, as its page does, and puts them together."""

from collections.abc import Callable
from dataclasses import dataclass

from client.site import Site


@dataclass(frozen=True)
class Offer:
    """`files` of a folder ("" or ending in "/") that look like one image; `missing` are names that a gap leaves out.
    Not `is_certain`: which of time, channel and depth the numbers in the names mean was guessed."""

    folder: str
    pattern: str
    files: int
    missing: tuple[str, ...]
    is_certain: bool

    def __str__(self) -> str:
        told = f"{self.folder}{self.pattern.splitlines()[0]}, {self.files} files"
        if self.missing:
            told += f"; {len(self.missing)} missing, such as {self.missing[0]}"
        return told if self.is_certain else f"{told}; what varies is guessed, look at it on the site"


def offered(site: Site, study: str) -> list[Offer]:
    """What the files of a study, all of which were read, look like. Raises Trouble."""
    return [
        Offer(one["folder"], one["pattern"], len(one["files"]), tuple(one["missing"]), one["certain"])
        for one in site.sets(study)
    ]


def put_together(site: Site, study: str, wait: Callable[[], object]) -> list[Offer]:
    """Make each of them one image, until nothing more is offered; `wait` returns once the site has read what is new.
    Raises Trouble."""
    done: list[Offer] = []
    while new := [one for one in offered(site, study) if one not in done]:
        for one in new:
            site.put_together(study, one.folder, one.pattern)
        done += new
        wait()
    return done
