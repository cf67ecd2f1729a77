"""The domain's errors. They know nothing of HTTP: portal.errors maps each class to a status once.

Every message is a plain sentence for the person who can mend it.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: where (a field's path), and why."""

    path: str
    message: str


class DomainError(Exception):
    """Something asked for cannot be done. `field` and `file` name what it is about, if anything."""

    def __init__(self, message: str, *, field: str = "", file: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.file = file

    def __str__(self) -> str:
        return self.message


class NotAllowed(DomainError):
    """This actor may not do this."""


class NotFound(DomainError):
    """There is no such thing, or none that this actor may know of."""


class Conflict(DomainError):
    """It does not fit the state that things are in now."""


class Invalid(DomainError):
    """What was given is wrong; `problems` lists each place."""

    def __init__(self, message: str, *, field: str = "", file: str = "", problems: Sequence[Problem] = ()) -> None:
        super().__init__(message, field=field, file=file)
        self.problems = list(problems) or ([Problem(field, message)] if field else [])


class Gone(DomainError):
    """It was here and is no more."""


class TooLarge(DomainError):
    """More than the site accepts."""


class StorageError(DomainError):
    """The store cannot give or take these bytes."""


class StorageAway(StorageError):
    """The store does not answer for the moment."""


class Archived(DomainError):
    """These bytes lie in an archive, and have to be fetched before they can be read."""

    def __init__(self, message: str, *, stored: Collection[UUID], field: str = "", file: str = "") -> None:
        super().__init__(message, field=field, file=file)
        self.stored = stored  # the ids of the StoredFiles: all that lie there of what was asked for
