"""Mappings of texts to terms as SSSOM/TSV: https://mapping-commons.github.io/sssom/spec-formats-tsv/.

A text is a literal subject (spec, "Literal mappings"): `subject_type` is "rdfs literal", `subject_label` the text, and
`subject_category` the name of the binding, that is the kind of field. That no term fits is `sssom:NoTermFound`.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import yaml

from base.errors import Invalid
from ontology.bindings import BINDINGS
from ontology.models import Decision

NO_TERM = "sssom:NoTermFound"
LITERAL = "rdfs literal"
MOST_BYTES = 50_000_000
_MOST_HEADER = 100_000  # characters
_MOST_CURIE, _MOST_IRI, _MOST_LABEL = 100, 300, 400  # characters, as Decision has room for
_BUILT_IN = {
    "owl": "http://www.w3.org/2002/07/owl#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "semapv": "https://w3id.org/semapv/vocab/",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "sssom": "https://w3id.org/sssom/",
}
ORCID = "https://orcid.org/"
# In the order of the slots of the class Mapping, which canonical files keep.
_COLUMNS = (
    "subject_label", "subject_category", "predicate_id", "object_id", "object_label", "mapping_justification",
    "author_id", "author_label", "reviewer_id", "reviewer_label", "subject_type", "mapping_date", "confidence",
    "comment",
)  # fmt: skip
_PROPAGATED = ("subject_type", "mapping_date", "object_type")  # said once for a whole set, if it is so for each line
_CURIE = re.compile(r"([A-Za-z_][\w.-]*):(\S+)")
_BY_PERSON = {Decision.Justification.MANUAL, Decision.Justification.UNSPECIFIED}


@dataclass(frozen=True)
class Literal:
    """One line: that a text of a binding stands for a term (no `curie`: for none). `people` are names, or identifiers
    as CURIEs; `line` is its number in the file it was read from."""

    text: str
    binding: str
    curie: str = ""
    label: str = ""
    iri: str = ""
    predicate: str = Decision.Predicate.EXACT
    justification: str = Decision.Justification.MANUAL
    people: tuple[str, ...] = ()
    day: date | None = None
    confidence: float | None = None
    comment: str = ""
    line: int = field(default=0, compare=False)


@dataclass(frozen=True)
class LineProblem:
    """Why a line of a file was left out."""

    line: int
    column: str
    message: str

    def __str__(self) -> str:
        return (
            f"line {self.line}, {self.column}: {self.message}" if self.column else f"line {self.line}: {self.message}"
        )


@dataclass(frozen=True)
class LiteralSet:
    """What a file holds: its lines that can be used, and why the others cannot."""

    id: str
    licence: str
    literals: tuple[Literal, ...]
    problems: tuple[LineProblem, ...] = ()


def write(literals: Iterable[Literal], *, set_id: str, licence: str, title: str) -> str:
    """A mapping set as a canonical SSSOM/TSV file: lines sorted, what is the same in all said once."""
    lines = list(literals)
    rows = sorted((_row(one) for one in lines), key=lambda row: [row.get(name, "") for name in _COLUMNS])
    header: dict[str, Any] = {"curie_map": _curie_map(lines), "mapping_set_id": set_id, "mapping_set_title": title,
                              "license": licence}  # fmt: skip
    for name in _PROPAGATED:
        values = {row.get(name, "") for row in rows}
        if len(values) == 1 and (value := values.pop()):
            header[name] = date.fromisoformat(value) if name == "mapping_date" else value
            for row in rows:
                del row[name]
    needed = {"subject_label", "predicate_id", "object_id", "mapping_justification"}
    columns = [name for name in _COLUMNS if name in needed or any(row.get(name) for row in rows)]
    block = yaml.safe_dump(header, sort_keys=False, allow_unicode=True, width=10**6)
    out = [f"#{line}" for line in block.splitlines()]
    out.append("\t".join(columns))
    out += ["\t".join(_quoted(row.get(name, "")) for name in columns) for row in rows]
    return "\n".join(out) + "\n"


def read(data: bytes, *, binding: str = "") -> LiteralSet:
    """The mappings of texts in an SSSOM/TSV file; `binding` is that of lines that name none.

    Raises Invalid for what is no such file; a line that cannot be used is told as a problem.
    """
    if len(data) > MOST_BYTES:
        raise Invalid(f"The file has {len(data)} bytes; a set of mappings has at most {MOST_BYTES}.", field="file")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Invalid(f"The file is not UTF-8 text (at byte {error.start}).", field="file") from None
    if "\x00" in text:
        raise Invalid("The file holds NUL characters, so it is no text.", field="file")
    header_lines, header = _header(text)
    body = text.split("\n", header_lines)[header_lines] if header_lines else text
    prefixes = _prefixes(header)
    rows = _rows(body, header_lines)
    columns = next(rows, (0, []))[1]
    missing = {"predicate_id", "object_id", "mapping_justification"} - set(columns)
    if missing:
        raise Invalid(f"There is no column {' and no '.join(sorted(missing))}. Is it an SSSOM file?", field="file")
    shared = {name: str(header[name]) for name in _PROPAGATED if name in header and name not in columns}
    literals, problems = _literals(rows, columns, shared, prefixes, binding)
    return LiteralSet(str(header["mapping_set_id"]), str(header.get("license", "")), tuple(literals), tuple(problems))


def _literals(
    rows: Iterator[tuple[int, list[str]]],
    columns: Sequence[str],
    shared: Mapping[str, str],
    prefixes: Mapping[str, str],
    binding: str,
) -> tuple[list[Literal], list[LineProblem]]:
    found: dict[tuple[str, str], Literal] = {}
    problems: list[LineProblem] = []
    for line, cells in rows:
        if len(cells) != len(columns):
            problems.append(LineProblem(line, "", f"it has {len(cells)} cells, the header has {len(columns)}"))
            continue
        row = {**shared, **{name: cell.strip() for name, cell in zip(columns, cells, strict=True) if cell.strip()}}
        try:
            one = _literal(row, prefixes, binding, line)
        except _Unusable as error:
            problems.append(LineProblem(line, error.column, error.message))
            continue
        first = found.setdefault((one.text, one.binding), one)
        if first != one:
            said = f"“{one.text[:60]}” stands for {first.curie or 'no term'} by line {first.line} already"
            problems.append(LineProblem(line, "subject_label", said))
    return list(found.values()), problems


class _Unusable(Exception):
    def __init__(self, column: str, message: str) -> None:
        super().__init__(message)
        self.column, self.message = column, message


def _literal(row: Mapping[str, str], prefixes: Mapping[str, str], binding: str, line: int) -> Literal:
    """One line. Raises _Unusable with the column and the reason."""
    text = _subject(row)
    kind = row.get("subject_category", "") or binding
    kind = next((key for key, one in BINDINGS.items() if kind in {key, one.label}), "")
    if not kind:
        known = ", ".join(BINDINGS)
        raise _Unusable("subject_category", f"it says for which kind of field the text is meant, one of: {known}")
    predicate = _one_of(row, "predicate_id", Decision.Predicate.values)
    if row.get("predicate_modifier"):
        raise _Unusable("predicate_modifier", "what a text does not stand for is not kept here")
    curie, iri = _object(row, prefixes)
    manual = row.get("author_id", ""), row.get("author_label", "")
    people = [name for cell in manual for name in _several(cell)]
    people = people or [name for key in ("reviewer_id", "reviewer_label") for name in _several(row.get(key, ""))]
    return Literal(
        text=text,
        binding=kind,
        curie=curie,
        label=row.get("object_label", "")[:_MOST_LABEL] if curie else "",
        iri=iri,
        predicate=predicate,
        justification=_one_of(row, "mapping_justification", Decision.Justification.values),
        people=tuple(people),
        day=_day(row.get("mapping_date", "")),
        confidence=_confidence(row.get("confidence", "")),
        comment=row.get("comment", ""),
        line=line,
    )


def _subject(row: Mapping[str, str]) -> str:
    if row.get("subject_type", LITERAL) != LITERAL or (row.get("subject_id") and "subject_type" not in row):
        raise _Unusable("subject_id", "it maps a term, not a text; texts have the subject_type “rdfs literal”")
    text = row.get("subject_label", "")
    if not text:
        raise _Unusable("subject_label", "it names no text")
    return text


def _object(row: Mapping[str, str], prefixes: Mapping[str, str]) -> tuple[str, str]:
    """The CURIE of the term and its IRI, empty if no term was found."""
    given = row.get("object_id", "")
    if given == NO_TERM:
        return "", ""
    if row.get("object_type") == LITERAL or not given:
        raise _Unusable("object_id", "it names no term")
    match = _CURIE.fullmatch(given)
    if not match or match[2].startswith("//"):
        raise _Unusable("object_id", f"“{given[:80]}” is no CURIE such as NCBITaxon:10090")
    if match[1] not in prefixes:
        raise _Unusable("object_id", f"the prefix “{match[1]}” is not in the file's curie_map")
    iri = prefixes[match[1]] + match[2]
    if len(given) > _MOST_CURIE or len(iri) > _MOST_IRI:
        raise _Unusable("object_id", f"it or its address is too long; they have {_MOST_CURIE} and {_MOST_IRI} at most")
    return given, iri


def _one_of(row: Mapping[str, str], column: str, known: Sequence[str]) -> str:
    value = row.get(column, "")
    if value not in known:
        said = f"“{value[:60]}” is none" if value else "it is empty"
        raise _Unusable(column, f"{said} of {', '.join(known)}")
    return value


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise _Unusable("mapping_date", f"“{text[:40]}” is no date such as 2027-03-01") from None


def _confidence(text: str) -> float | None:
    try:
        value = float(text) if text else None
    except ValueError:
        value = -1
    if value is not None and not 0 <= value <= 1:
        raise _Unusable("confidence", f"“{text[:40]}” is no number from 0 to 1")
    return value


class _WithoutAliases(yaml.SafeLoader):
    """A few lines of aliases of aliases would stand for more than any memory holds; metadata need none."""

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            alias = self.get_event()  # type: ignore[no-untyped-call]
            raise yaml.MarkedYAMLError(problem="an alias", problem_mark=alias.start_mark)
        return super().compose_node(parent, index)


def _header(text: str) -> tuple[int, dict[str, Any]]:
    """How many lines the metadata block has, and what it says. Raises Invalid."""
    lines = []
    for line in io.StringIO(text):
        if not line.startswith("#"):
            break
        lines.append(line[1:])
    block = "".join(lines)
    if len(block) > _MOST_HEADER:
        raise Invalid(
            f"The metadata block at the file's beginning has more than {_MOST_HEADER} characters.", field="file"
        )
    try:
        found = yaml.load(block, _WithoutAliases)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f" (line {mark.line + 1})" if mark else ""
        raise Invalid(f"The metadata block at the file's beginning is not YAML{place}.", field="file") from None
    if not isinstance(found, dict) or not found.get("mapping_set_id"):
        raise Invalid(
            "An SSSOM file begins with lines of metadata, each after a #, among them mapping_set_id and curie_map.",
            field="file",
        )
    return len(lines), found


def _prefixes(header: Mapping[str, Any]) -> dict[str, str]:
    given = header.get("curie_map") or {}
    if not isinstance(given, dict):
        raise Invalid("The curie_map of the file is no list of prefixes, each with its address.", field="file")
    return {**{str(prefix): str(address) for prefix, address in given.items()}, **_BUILT_IN}


def _rows(body: str, before: int) -> Iterator[tuple[int, list[str]]]:
    """The lines of the table with their numbers. Raises Invalid."""
    reader = csv.reader(io.StringIO(body, newline=""), delimiter="\t", strict=True)
    line = before + 1
    try:
        for cells in reader:
            if cells:
                yield line, cells
            line = before + reader.line_num + 1
    except csv.Error as error:
        raise Invalid(f"Line {before + reader.line_num} cannot be read: {error}.", field="file") from None


def _row(one: Literal) -> dict[str, str]:
    """The cells of a line; those that are empty are left out."""
    ids = [name for name in one.people if _CURIE.fullmatch(name)]
    names = [name for name in one.people if name not in ids]
    role = "author" if one.justification in _BY_PERSON else "reviewer"
    cells = {
        "subject_label": one.text,
        "subject_category": one.binding,
        "predicate_id": one.predicate,
        "object_id": one.curie or NO_TERM,
        "object_label": one.label,
        "mapping_justification": one.justification,
        f"{role}_id": _joined(ids),
        f"{role}_label": _joined(names),
        "subject_type": LITERAL,
        "mapping_date": one.day.isoformat() if one.day else "",
        "confidence": "" if one.confidence is None else f"{one.confidence:.3f}".rstrip("0").rstrip("."),
        "comment": one.comment,
    }
    return {name: value for name, value in cells.items() if value}


def _joined(names: Iterable[str]) -> str:
    """Several values in a cell: a bar within one follows a backslash, and so does a backslash, or one at a value's end
    would take the bar that follows it for its own."""
    return "|".join(re.sub(r"[\\|]", r"\\\g<0>", name) for name in names)


def _several(cell: str) -> list[str]:
    """A cell's values. A backslash before anything else than a bar or a backslash is one."""
    parts = (re.sub(r"\\([\\|])", r"\1", part).strip() for part in re.findall(r"(?:\\.|[^|])+", cell, re.DOTALL))
    return [part for part in parts if part]


def _quoted(value: str) -> str:
    """A value as a cell: in quotation marks where the format asks for it, and where it would look like metadata."""
    if re.search(r'[\t\n\r"]', value) or value.startswith("#") or value != value.strip():
        return '"' + value.replace('"', '""') + '"'
    return value


def _curie_map(literals: Iterable[Literal]) -> dict[str, str]:
    """What the prefixes stand for, as the terms' IRIs have it."""
    found: dict[str, str] = {}
    for one in literals:
        for curie in (one.curie, *one.people):
            prefix, _, local = curie.partition(":")
            if not _CURIE.fullmatch(curie) or prefix in _BUILT_IN:
                continue
            if curie == one.curie and one.iri.endswith(local):
                found[prefix] = one.iri.removesuffix(local)
            else:
                found.setdefault(prefix, ORCID if prefix == "orcid" else f"https://bioregistry.io/{prefix}:")
    return dict(sorted(found.items()))
