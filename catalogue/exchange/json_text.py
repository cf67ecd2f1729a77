"""JSON that others wrote, read within bounds and with errors for a person."""

import json
from pathlib import Path
from typing import Any

from catalogue.exchange.dossier import CannotRead

MAX_BYTES = 200_000_000
HEAD_BYTES = 1 << 16


def load(path: Path, name: str) -> Any:
    """The value in the file. Raises CannotRead, naming the file and the line."""
    size = path.stat().st_size
    if size > MAX_BYTES:
        reason = f"“{name}” has {size} bytes; at most {MAX_BYTES} of metadata are read. Put its files into a file list."
        raise CannotRead(reason, file=name)
    return parse(path.read_bytes(), name)


def parse(data: bytes, name: str) -> Any:
    """The value in the bytes. Raises CannotRead, naming the file and the line."""
    try:
        value = json.loads(data)
    except json.JSONDecodeError as error:
        reason = f"“{name}” is no JSON: line {error.lineno}, column {error.colno}: {error.msg}. Is it complete?"
        raise CannotRead(reason, file=name, row=error.lineno) from error
    except UnicodeDecodeError as error:
        raise CannotRead(f"“{name}” is not in UTF-8, as JSON has to be. Save it as UTF-8.", file=name) from error
    except RecursionError as error:
        raise CannotRead(f"“{name}” is nested too deeply to be metadata.", file=name) from error
    except ValueError as error:  # a number of thousands of digits
        raise CannotRead(f"“{name}” cannot be read: {error}.", file=name) from error
    if b"\\u" in data and not _is_text(value):
        reason = f"“{name}” holds characters that are not text (a NUL or half a character). Take them out."
        raise CannotRead(reason, file=name)
    return value


def head(path: Path) -> str:
    """The beginning of a file as text, to see what it is."""
    with path.open("rb") as file:
        return file.read(HEAD_BYTES).decode("utf-8", errors="replace")


def dump(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=2).encode() + b"\n"


def _is_text(value: Any) -> bool:
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, dict):
            stack += [*item.keys(), *item.values()]
        elif isinstance(item, list):
            stack += item
        elif isinstance(item, str) and any(char == "\0" or "\ud800" <= char <= "\udfff" for char in item):
            return False
    return True
