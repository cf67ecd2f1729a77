"""The files of a crate: a folder or a zip with its metadata file, or the metadata file alone."""

import zipfile
from pathlib import Path
from typing import Any

from catalogue.exchange import json_text
from catalogue.exchange.dossier import CannotRead, Files
from catalogue.exchange.ro_crate.graph import METADATA

_NAMES = (METADATA, "ro-crate-metadata.jsonld")
_SUFFIXES = (".json", ".jsonld")


def is_mine(files: Files) -> bool:
    try:
        return _find(files) is not None
    except CannotRead:
        return True


def metadata_of(files: Files) -> tuple[str, Any]:
    """The name and the JSON of the crate's metadata file. Raises CannotRead."""
    found = _find(files)
    if found is None:
        raise CannotRead(f"There is no RO-Crate among these files: none is called {METADATA}.")
    name, path, member = found
    if not member:
        return name, json_text.load(path, name)
    with zipfile.ZipFile(path) as archive:
        size = archive.getinfo(member).file_size
        if size > json_text.MAX_BYTES:
            raise CannotRead(f"“{member}” has {size} bytes; at most {json_text.MAX_BYTES} are read.", file=name)
        try:
            with archive.open(member) as file:
                return f"{name}/{member}", json_text.parse(file.read(json_text.MAX_BYTES), member)
        except (zipfile.BadZipFile, EOFError, OSError, RuntimeError, NotImplementedError) as error:
            raise CannotRead(f"“{member}” in “{name}” cannot be unpacked: {error}.", file=name) from error


def _find(files: Files) -> tuple[str, Path, str] | None:
    """(name, path, member of the zip) of the metadata file: by its name, in a zip, or by what is in it."""
    for name, path in sorted(files.items(), key=lambda item: item[0].count("/")):
        if name.rsplit("/", 1)[-1] in _NAMES:
            return name, path, ""
    for name, path in files.items():
        if name.lower().endswith(".zip") and (member := _member(name, path)):
            return name, path, member
    for name, path in files.items():
        if name.lower().endswith(_SUFFIXES) and (name.endswith(_NAMES) or _looks_like_one(path)):
            return name, path, ""
    return None


def _member(name: str, path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            members = [it for it in archive.namelist() if it.rsplit("/", 1)[-1] in _NAMES]
    except (zipfile.BadZipFile, OSError) as error:
        raise CannotRead(f"“{name}” cannot be opened as a zip: {error}.", file=name) from error
    return min(members, key=lambda it: it.count("/"), default="")


def _looks_like_one(path: Path) -> bool:
    head = json_text.head(path)
    return '"@graph"' in head and "w3id.org/ro/crate" in head
