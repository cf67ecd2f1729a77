"""Paths as people give them: checked once, where they come in."""

import unicodedata

from base.errors import Invalid

MAX_CHARACTERS = 1000
MAX_NAME_BYTES = 255  # what file systems allow


def relative_path(text: str, *, field: str = "path") -> str:
    """The path in Unicode NFC, with `/` between folders; raises Invalid, naming the path and what is wrong with it."""
    path = unicodedata.normalize("NFC", text)
    reason = _fault(path)
    if reason:
        shown = path.encode("utf-8", "backslashreplace").decode()[:200]
        shown = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in shown)
        raise Invalid(f"The path “{shown}” {reason}", field=field, file=shown)
    return path


def _fault(path: str) -> str:
    if not path.strip():
        return "is empty."
    if len(path) > MAX_CHARACTERS:
        return f"has {len(path)} characters; at most {MAX_CHARACTERS} are allowed."
    if any(unicodedata.category(c) in {"Cc", "Cs"} for c in path):
        return "holds control or broken characters; rename the file."
    if "\\" in path:
        return "holds a backslash; write / between folders."
    if path.startswith("/"):
        return "is absolute; give it relative to the study's folder, without a / at the start."
    for name in path.split("/"):
        if name == "..":
            return "holds “..” and would leave the study's folder."
        if name in {"", "."}:
            return "holds an empty name or “.”; write each folder once, with one / between."
        if len(name.encode()) > MAX_NAME_BYTES:
            return f"holds a name of more than {MAX_NAME_BYTES} bytes; shorten it."
    return ""
