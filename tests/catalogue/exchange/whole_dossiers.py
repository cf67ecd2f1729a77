"""Dossiers made up for round trips: any field of the model filled, references that hold, pairs and files."""

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from catalogue.exchange.dossier import Dossier, FileLine, Files, Imported, Pair
from catalogue.rules import MODULES, Field, Kind, Module
from tests.catalogue.exchange.dossiers import written

_WORD = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Zl", "Zp", "Zs", "Cn"]), min_size=1, max_size=8
)
WORDS = st.lists(_WORD, min_size=1, max_size=4).map(" ".join)
_VALUES: dict[Kind, st.SearchStrategy[Any]] = {
    Kind.DATE: st.dates().map(lambda day: day.isoformat()),
    Kind.YEAR: st.integers(1900, 2099).map(str),
    Kind.LICENCE: st.sampled_from(["CC0-1.0", "CC-BY-4.0", "CC-BY-NC-SA-4.0", "MIT"]),
    Kind.ORCID: st.sampled_from(["0000-0002-1825-0097", "0000-0001-5109-3700"]),
    Kind.ROR: st.sampled_from(["https://ror.org/03wmf1y16", "https://ror.org/057qpr032"]),
    Kind.EMAIL: st.just("name@example.org"),
    Kind.DOI: st.sampled_from(["10.1038/s41592-021-01166-8", "10.1073/pnas.2202370119"]),
    Kind.URL: st.sampled_from(["https://example.org/a", "https://example.org/b?c=d"]),
    Kind.TERM: st.fixed_dictionaries({
        "text": WORDS, "curie": st.sampled_from(["", "NCBITaxon:9606", "FBbi:00000246", "EFO:0003789", "GO:0005634"])
    }),
}  # fmt: skip
PAIR_NAMES = st.sampled_from(["Title", "Description", "Role", "name", "Organism", "size", "a: b", "x/y", "Größe", "id"])


@st.composite
def pairs(draw: st.DrawFn, namespaces: tuple[str, ...]) -> list[Pair]:
    one = st.builds(
        Pair,
        st.sampled_from([*namespaces, "example.org/ns"]),
        PAIR_NAMES | WORDS,
        WORDS,
        st.sampled_from(["", "µm"]),
        st.sampled_from(["", "GO:0005634"]),
    )
    return draw(st.lists(one, max_size=3))


@st.composite
def dossiers(draw: st.DrawFn, namespaces: tuple[str, ...] = ()) -> Dossier:
    """A dossier as a road in would give it: no empty values, ids like "specimen-2"."""
    ids = {
        module.key: [f"{module.key}-{number}" for number in range(1, 1 + draw(st.integers(0, 2)))]
        for module in MODULES
        if module.repeated
    }
    document: dict[str, Any] = {"study": draw(_row(MODULES[0], ids))}
    found: dict[str, list[Pair]] = {}
    for module in MODULES:
        rows = [{"id": key, **draw(_row(module, ids))} for key in ids.get(module.key, ())]
        if rows:
            document[module.plural] = rows
        for entity in ["study"] if not module.repeated else [f"{module.key}/{row['id']}" for row in rows]:
            if some := draw(pairs(namespaces)):
                found[entity] = some
    return Dossier(document, draw(_files(ids, namespaces)), found)


@st.composite
def _row(draw: st.DrawFn, module: Module, ids: Mapping[str, list[str]]) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for one in module.fields:
        if not draw(st.booleans()):
            continue
        if one.kind is Kind.ROWS:
            lines = draw(st.lists(_line(one.columns, ids), max_size=2, unique_by=repr))
            if lines := [line for line in lines if line]:
                row[one.name] = lines
        elif value := draw(_value(one, ids)):
            row[one.name] = value
    return row


@st.composite
def _line(draw: st.DrawFn, columns: tuple[Field, ...], ids: Mapping[str, list[str]]) -> dict[str, Any]:
    values = {column.name: draw(_value(column, ids)) for column in columns if draw(st.booleans())}
    return {name: value for name, value in values.items() if value}


def _value(one: Field, ids: Mapping[str, list[str]]) -> st.SearchStrategy[Any]:
    if one.kind is Kind.REFERENCE:
        return st.sampled_from(ids[one.target]) if ids.get(one.target) else st.just("")
    if one.kind is Kind.CHOICE:
        return st.sampled_from([key for key, _ in one.choices])
    return _VALUES.get(one.kind, WORDS)


@st.composite
def _files(draw: st.DrawFn, ids: Mapping[str, list[str]], namespaces: tuple[str, ...]) -> list[FileLine]:
    components, specimens = ids["component"], ids["specimen"]
    lines = []
    for component in ["", *components]:
        for number in range(draw(st.integers(0, 2))):
            path = f"{component or 'other'}/{number} {draw(_WORD.filter(lambda it: '/' not in it))}.tif"
            size = draw(st.none() | st.integers(0, 2**50))
            sha256 = draw(st.sampled_from(["", "ab" * 32]))
            well = draw(st.sampled_from(["", "B07"]))
            specimen = draw(st.sampled_from(["", *specimens]))
            plate = "P1" if well else ""
            lines.append(FileLine(path, component, size, sha256, draw(pairs(namespaces)), plate, well, specimen))
    return lines


def again(
    dossier: Dossier, write: Callable[[Dossier], Mapping[str, bytes]], read: Callable[[Files], Imported]
) -> Imported:
    """What is read from what was written."""
    with tempfile.TemporaryDirectory() as folder:
        return read(written(write(dossier), Path(folder)))


def by_component(files: list[FileLine]) -> dict[str, list[FileLine]]:
    """Files in their order within a component: the order of components among one another means nothing."""
    found: dict[str, list[FileLine]] = {}
    for line in files:
        found.setdefault(line.component, []).append(line)
    return found
