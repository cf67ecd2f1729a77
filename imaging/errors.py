"""The one error this room raises: which file, which field of it, and what a person can do."""

from pathlib import PurePath


class ImageError(Exception):
    """A file cannot be used; `str()` is one plain sentence that names the file (not its folder), field and reason.

    path: where the file is, for the log; field: the part of the file at fault; reason: what is wrong and what to do.
    """

    def __init__(self, *, path: str, field: str, reason: str) -> None:
        self.path = str(path)
        self.field = field
        self.reason = reason
        super().__init__(self.path, field, reason)

    def __str__(self) -> str:
        return f"{PurePath(self.path).name}: {self.field}: {self.reason}"


class ImageBusy(ImageError):
    """Nothing is wrong with the file; too many are read at the moment."""
