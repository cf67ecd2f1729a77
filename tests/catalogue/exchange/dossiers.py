"""Made-up studies as plain data, for what goes out and comes in again."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from catalogue.exchange.dossier import Dossier, FileLine, Pair
from catalogue.rules import MODULES, Field, Kind, Module

_CHARACTERS = st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Z"), include_characters="\n\t\"'\\;:,#")
TEXT = st.text(_CHARACTERS, min_size=1, max_size=30)
WORDS = st.one_of(
    TEXT, st.sampled_from(["cell", "GFP: tubulin", "growth protocol", "none", "a; b", '"quoted"', "#3", "1"])
)
CURIES = st.sampled_from(["", "NCBITaxon:9606", "FBbi:00000246", "CMPO:0000438", "odd prefix:1", "EFO:"])


def written(files: Mapping[str, bytes], folder: Path) -> dict[str, Path]:
    """The files on disk, by their names."""
    paths = {}
    for number, (name, data) in enumerate(files.items()):
        paths[name] = folder / str(number)
        paths[name].write_bytes(data)
    return paths


def _value(field: Field, counts: Mapping[str, int]) -> st.SearchStrategy[Any]:
    if field.kind is Kind.REFERENCE:
        count = counts.get(field.target, 0)
        ids = [f"{field.target}-id-{number}" for number in range(count)]
        return st.sampled_from(["", *ids])
    if field.kind is Kind.TERM:
        return st.fixed_dictionaries({"text": WORDS, "curie": CURIES})
    if field.kind is Kind.ROWS:
        row = st.fixed_dictionaries({}, optional={one.name: _value(one, counts) for one in field.columns})
        return st.lists(row, max_size=2)
    if field.kind is Kind.CHOICE:
        return st.sampled_from(["", *(key for key, _ in field.choices)])
    if field.kind is Kind.LICENCE:
        return st.sampled_from(["", "CC-BY-4.0", "CC0-1.0", "MIT", "ask me"])
    return st.one_of(st.just(""), WORDS)


def _row(module: Module, counts: Mapping[str, int]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional={field.name: _value(field, counts) for field in module.fields})


def pairs() -> st.SearchStrategy[Pair]:
    namespaces = st.sampled_from(["idr.openmicroscopy.org/study", "idr.openmicroscopy.org/study/2", "example.org", ""])
    names = st.one_of(st.sampled_from(["Study Type", "Phenotype Name", "Protocol Name", "Screen Number", "dose"]), TEXT)
    return st.builds(Pair, namespaces, names, WORDS, st.sampled_from(["", "µM"]), CURIES)


def lines(components: list[str], specimens: list[str]) -> st.SearchStrategy[FileLine]:
    namespaces = st.sampled_from([
        *(f"idr.openmicroscopy.org/{kind}" for kind in ("annotation", "processed", "library/2")), "x",
    ])  # fmt: skip
    names = st.one_of(st.sampled_from(["Gene Symbol", "Channels", "Dataset Name", "Image Name", "Plate"]), TEXT)
    pair = st.builds(Pair, namespaces, names, WORDS, st.sampled_from(["", "nM"]), CURIES)
    paths = st.one_of(TEXT, st.sampled_from(["P1/A1", "d/i.tif", "table.txt#row=3"]))
    return st.builds(
        FileLine, paths, st.sampled_from(["", *components]), st.one_of(st.none(), st.integers(0, 10**12)),
        st.sampled_from(["", "ab" * 32]), st.lists(pair, max_size=3), st.sampled_from(["", "P1"]),
        st.sampled_from(["", "A1"]), st.sampled_from(["", *specimens]),
    )  # fmt: skip


@st.composite
def dossiers(draw: st.DrawFn) -> Dossier:
    """A study of up to two rows a module, with named values and files."""
    counts = {module.key: draw(st.integers(0, 2)) for module in MODULES if module.repeated}
    document: dict[str, Any] = {"study": draw(_row(MODULES[0], counts))}
    entities = ["study"]
    for module in MODULES:
        if not module.repeated:
            continue
        rows = []
        for number in range(counts[module.key]):
            key = f"{module.key}-id-{number}"
            title = {"title": draw(TEXT)} if any(field.name == "title" for field in module.fields) else {}
            name = {} if title else {module.fields[0].name: draw(_value(module.fields[0], counts))}
            rows.append({"id": key, **draw(_row(module, counts)), **title, **name})
            if title:
                entities.append(f"{module.key}/{key}")
        document[module.plural] = rows
    components = [row["id"] for row in document["components"]]
    specimens = [row["id"] for row in document["specimens"]]
    kept = draw(st.dictionaries(st.sampled_from(entities), st.lists(pairs(), min_size=1, max_size=3), max_size=3))
    return Dossier(document, draw(st.lists(lines(components, specimens), max_size=3)), kept)
