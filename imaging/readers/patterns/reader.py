"""A `.pattern` file as one image: facts merged from those of its files, and one table over all of them."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np

from imaging.errors import ImageError
from imaging.facts import ChannelFacts, FileFacts, ImageFacts, KeyValue, Quantity
from imaging.limits import file_size
from imaging.pixels import type_json
from imaging.places import FilesBeside, beside
from imaging.readers import family_of, read_facts
from imaging.readers.patterns.dicom_slices import said_by, spacing
from imaging.readers.patterns.text import MAX_TEXT, Pattern, parse
from imaging.table import Table, identity_of

FORMAT = "text/x-file-pattern"
NAMESPACE = "pattern"
MAX_PAIRS = 20_000  # of key-values in which the files differ
MAX_WARNINGS = 20
NAMED = 5  # of missing files that are named in a warning


def read(path: Path) -> FileFacts:
    """Facts of the image that the files of a pattern are. It has no image while none of them is there; raises
    ImageError that names the file that does not fit the others."""
    pattern = _pattern_of(path)
    names = list(pattern.names())
    there = [name for name in names if beside(path, name) is not None]
    if not there:
        warning = f"None of its {len(names)} files is beside it; add {names[0]} and the others to the same folder."
        return FileFacts(str(path), FORMAT, (), warnings=(warning,), beside=tuple(names))
    parts = {name: _part(path, name) for name in there}
    first = parts[there[0]]
    for name, part in parts.items():
        _check_alike(path, there[0], first, name, part)
    _check_series(path, pattern, there)
    image = _merged(path, pattern, {name: part.images[0] for name, part in parts.items()})
    step, uneven = _step(pattern, parts)
    if step or uneven:
        image = replace(image, physical_size_z=step)
    return FileFacts(
        str(path), FORMAT, (image,), first.instruments, first.experimenters,
        key_values=(KeyValue(NAMESPACE, "files", path.read_text("utf-8", "replace").strip()), *_pairs(parts)),
        warnings=(*_missing(names, parts), *uneven, *_warnings(parts)),
        beside=tuple(names),
    )  # fmt: skip


def make_tables(path: Path, series: Sequence[str]) -> Iterator[Table]:
    """The one table; raises ImageError."""
    for one in series:
        if one not in ("", "0"):
            raise ImageError(path=str(path), field="series", reason=f"there is no image {one!r}; it has one.")
        yield _table(path)


def _pattern_of(path: Path) -> Pattern:
    if file_size(path) > MAX_TEXT:
        raise ImageError(path=str(path), field="file", reason="is too long for a pattern; list fewer names.")
    try:
        return parse(path.read_text("utf-8-sig"), path)
    except UnicodeDecodeError as error:
        raise ImageError(path=str(path), field="file", reason="is not UTF-8 text; save it as such.") from error


def _part(path: Path, name: str) -> FileFacts:
    """Facts of one file of the set, which has to be one image; raises ImageError."""
    found = beside(path, name)
    assert found is not None
    facts = read_facts(found)
    if len(facts.images) != 1:
        raise ImageError(path=str(path), field=name, reason=f"has {len(facts.images)} images; take it out of the set.")
    return facts


def _check_alike(path: Path, first_name: str, first: FileFacts, name: str, part: FileFacts) -> None:
    def said(facts: FileFacts) -> str:
        image = facts.images[0]
        sizes = f"{image.size_x} x {image.size_y} pixels, {image.size_z} z, {image.size_c} c, {image.size_t} t"
        return f"{sizes}, {image.pixel_type}"

    if said(part) != said(first):
        reason = f"has {said(part)}, but {first_name} has {said(first)}; take it out of the set, or put it right."
        raise ImageError(path=str(path), field=name, reason=reason)


def _check_series(path: Path, pattern: Pattern, there: Sequence[str]) -> None:
    """Raise ImageError if files along z are of several series of slices."""
    known = set(there)
    size_t, size_c, size_z = pattern.sizes
    for t, c in product(range(size_t), range(size_c)):
        first = ("", "")
        for name in (pattern.name(t, c, z) for z in range(size_z)):
            series = _series_of(path, name) if name in known else ""
            first = first if first[1] else (name, series)
            if series and series != first[1]:
                reason = f"is of another series of slices than {first[0]}; take it out of the set."
                raise ImageError(path=str(path), field=name, reason=reason)


def _series_of(path: Path, name: str) -> str:
    found = beside(path, name)
    assert found is not None
    series_of = getattr(family_of(found).reader, "series_of", None)
    return str(series_of(found)) if series_of else ""


def _step(pattern: Pattern, parts: dict[str, FileFacts]) -> tuple[Quantity | None, list[str]]:
    """The step along z where each file is one slice of DICOM, and what is wrong with it."""
    names = [pattern.name(0, 0, z) for z in range(pattern.sizes[2])]
    if not all(name in parts and parts[name].images[0].size_z == 1 for name in names):
        return None, []
    return spacing([said_by(parts[name].key_values) for name in names])


def _merged(path: Path, pattern: Pattern, parts: dict[str, ImageFacts]) -> ImageFacts:
    """The image as its first file says it, with the channels of all."""
    first = next(iter(parts.values()))
    t, c, z = pattern.sizes
    channels: list[ChannelFacts] = []
    for number in range(c):
        of_file = parts.get(pattern.name(0, number, 0), first)
        for place in range(first.size_c):
            facts = of_file.channels[place] if place < len(of_file.channels) else ChannelFacts(place)
            name = pattern.channel_names[number] if pattern.channel_names else ""
            name = " ".join(filter(None, (name, facts.name if first.size_c > 1 or not name else "")))
            channels.append(replace(facts, index=len(channels), name=name))
    return replace(
        first, index=0, name=path.name.removesuffix(".pattern"), series_path="", ome_id="",
        size_t=first.size_t * t, size_c=first.size_c * c, size_z=first.size_z * z,
        channels=tuple(channels), planes=None,
    )  # fmt: skip


def _missing(names: Sequence[str], parts: dict[str, FileFacts]) -> list[str]:
    missing = [name for name in names if name not in parts]
    if not missing:
        return []
    named = ", ".join(missing[:NAMED]) + (", …" if len(missing) > NAMED else "")
    return [f"{len(missing)} of its {len(names)} files are not beside it, and shown empty: {named}. Add them."]


def _warnings(parts: dict[str, FileFacts]) -> list[str]:
    """What the files are warned of, each once; of many that differ from file to file, the first."""
    found = list(dict.fromkeys(one for part in parts.values() for one in part.warnings))
    left = len(found) - MAX_WARNINGS
    return found if left <= 0 else [*found[:MAX_WARNINGS], f"{left} more like these; each file's own page says them."]


def _pairs(parts: dict[str, FileFacts]) -> list[KeyValue]:
    """Key-values that all files share once; the others by file, of which there may be many."""
    found: dict[tuple[str, str, str], dict[str, str]] = {}
    for name, part in parts.items():
        for pair in (*part.key_values, *part.images[0].key_values):
            found.setdefault((pair.namespace, pair.name, pair.unit), {}).setdefault(name, pair.value)
    pairs: list[KeyValue] = []
    for (namespace, key, unit), values in found.items():
        if len(values) == len(parts) and len(set(values.values())) == 1:
            pairs.append(KeyValue(namespace, key, next(iter(values.values())), unit))
        else:
            pairs += [KeyValue(namespace, f"{name}/{key}", value, unit) for name, value in values.items()]
    if len(pairs) > MAX_PAIRS:
        left = len(pairs) - MAX_PAIRS
        note = f"{left} further values, in which the files differ, stay in the files"
        return [*pairs[:MAX_PAIRS], KeyValue(NAMESPACE, "left out", note)]
    return pairs


def _table(path: Path) -> Table:
    """One table of the kind "segments" of those of all files."""
    pattern = _pattern_of(path)
    names = list(pattern.names())
    found = [beside(path, name) for name in names]
    tables = {name: _table_of(place, name, path) for name, place in zip(names, found, strict=True) if place}
    if not tables:
        raise ImageError(path=str(path), field="files", reason="none of them is beside it; add them.")
    there = list(tables)
    first = tables[there[0]]
    levels: list[type_json] = []
    arrays: dict[str, np.ndarray] = {}
    for number, about in enumerate(first.header["levels"]):
        for name, table in tables.items():
            _check_stored_alike(path, there[0], first, name, table, number)
        raw = all(table.header["levels"][number]["raw"] for table in tables.values())
        t, c, z = pattern.sizes
        ft, fc, fz, *plane = about["shape"]
        levels.append({**about, "shape": [ft * t, fc * c, fz * z, *plane], "raw": raw})
        groups = fc // (about["separate"] * about["segment"]["samples"])
        arrays |= _arrays(tables, names, number, (t, c, z), (ft, groups, fz))
    identity = identity_of([path.name, *there], FilesBeside(path, path.name))
    return Table({"kind": "segments", "identity": identity, "levels": levels}, arrays)


def _table_of(place: Path, name: str, path: Path) -> Table:
    try:
        (table,) = family_of(place).reader.make_tables(place, [""])
    except ImageError as error:
        raise ImageError(path=str(path), field=f"{name}: {error.field}", reason=error.reason) from error
    if table.header["kind"] != "segments" or len(table.header["identity"]) != 1:
        reason = "is of a format whose files cannot be put together; save it as TIFF."
        raise ImageError(path=str(path), field=name, reason=reason)
    return table


def _check_stored_alike(path: Path, first_name: str, first: Table, name: str, table: Table, number: int) -> None:
    """Raise ImageError if a file's pixels are not stored as those of the first."""
    levels = [
        {key: value for key, value in one.header["levels"][number].items() if key != "raw"}
        for one in (first, table)
        if number < len(one.header["levels"])
    ]
    if len(first.header["levels"]) != len(table.header["levels"]) or levels[0] != levels[1]:
        what = "size, levels, strips or tiles, compression, or byte order"
        reason = f"is stored otherwise than {first_name} ({what}); save all files of the set in one way."
        raise ImageError(path=str(path), field=name, reason=reason)


def _arrays(
    tables: dict[str, Table], names: Sequence[str], level: int, files: tuple[int, int, int], each: tuple[int, int, int]
) -> dict[str, np.ndarray]:
    """The columns of a level. `files`: how many files along t, c, z; `each`: planes in each along t, c, z."""
    first = next(iter(tables.values()))
    found: dict[str, np.ndarray] = {}
    for column in ("offset", "length"):
        empty = np.zeros_like(first.arrays[f"{column}{level}"])
        rows = np.stack([tables[name].arrays[f"{column}{level}"] if name in tables else empty for name in names])
        found[f"{column}{level}"] = _in_order(rows, files, each)
    numbers = {name: number for number, name in enumerate(tables, 1)}  # 0 is the pattern itself
    planes = int(np.prod(each))
    of_file = np.repeat(np.array([numbers.get(name, 0) for name in names], np.uint32), planes)
    found[f"file{level}"] = _in_order(of_file.reshape(len(names), planes), files, each)
    return found


def _in_order(rows: np.ndarray, files: tuple[int, int, int], each: tuple[int, int, int]) -> np.ndarray:
    """Rows [file, plane of the file, …] as [plane of the image, …], planes in the order t, c, z."""
    rest = rows.shape[2:]
    apart = rows.reshape(*files, *each, *rest)
    order = (0, 3, 1, 4, 2, 5, *range(6, 6 + len(rest)))
    return apart.transpose(order).reshape(-1, *rest)
