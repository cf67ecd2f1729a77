"""Documents of any content, for tests that write a study in a format and read it again."""

from typing import Any

from hypothesis import strategies as st

from catalogue.exchange.merge import empty
from catalogue.rules.fields import Field, Kind, Module
from catalogue.rules.formats import normalise
from catalogue.rules.rembi import MODULES

WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cf", "Zl", "Zp", "Co", "Cn")), max_size=40
)
TEXTS = WORDS.map(lambda text: " ".join(text.split()))
LONG = st.lists(TEXTS.filter(bool), max_size=3).map("\n".join)
CURIES = st.sampled_from(["", "NCBITaxon:9606", "FBbi:00000246", "CL:0002573"])
_KINDS = {
    Kind.DATE: st.dates().map(lambda day: f"{day.year:04}-{day:%m-%d}"),
    Kind.YEAR: st.integers(1900, 2100).map(str),
    Kind.LONGTEXT: LONG,
}


def _value(one: Field, ids: dict[str, list[str]]) -> st.SearchStrategy[Any]:
    if one.kind is Kind.ROWS:
        line = st.fixed_dictionaries({column.name: _value(column, ids) for column in one.columns})
        empties = {column.name: empty(column) for column in one.columns}
        return st.lists(line.filter(lambda found: found != empties), max_size=3)
    if one.kind is Kind.TERM:
        return st.fixed_dictionaries({"text": TEXTS, "curie": CURIES})
    if one.kind is Kind.REFERENCE:
        return st.sampled_from(["", *ids[one.target]])
    if one.kind is Kind.CHOICE:
        return st.sampled_from(["", *(value for value, _ in one.choices)])
    return st.just("") | _KINDS.get(one.kind, TEXTS).map(lambda text: normalise(one.kind, text))


def _rows(module: Module, ids: dict[str, list[str]]) -> st.SearchStrategy[Any]:
    values = {one.name: _value(one, ids) for one in module.fields}
    if not module.repeated:
        return st.fixed_dictionaries(values)
    return st.tuples(*(st.fixed_dictionaries({"id": st.just(key), **values}) for key in ids[module.key])).map(list)


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """A document with every field of every module, as documents.read gives it; up to two rows a module."""
    counts = {module.key: draw(st.integers(0, 2)) for module in MODULES if module.repeated}
    ids = {key: [f"{key}-{number}" for number in range(count)] for key, count in counts.items()}
    return {module.plural: draw(_rows(module, ids)) for module in MODULES}
