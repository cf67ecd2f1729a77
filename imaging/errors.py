"""The one error this room raises: which file, which field of it, and what a person can do."""

import re
from pathlib import PurePath

LONGEST_SAYING = 200  # characters of what a library says


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
        name = PurePath(self.path).name
        return f"{name}: {self.reason}" if self.field == name else f"{name}: {self.field}: {self.reason}"


class ImageChanged(ImageError):
    """The file is no longer the one that was registered; `field` is its name."""


class ImageBusy(ImageError):
    """Nothing is wrong with the file; too many are read at the moment."""


def said_by(error: Exception) -> str:
    """What a library says of a file, for people: one line, without raw bytes and without folders of this machine."""
    text = " ".join(str(error).split())
    text = re.sub(r"""\bb(['"]).*?(?<!\\)(\1|$)""", "…", text)
    text = re.sub(r"""(^|[\s'"(=])/(?:[^\s'"/]+/)+""", r"\1", text)
    return f"{type(error).__name__}: {text[:LONGEST_SAYING]}"
