"""Conditions on attributes as rows of a form, to and from the query language.

"Gene Symbol"=NF1 OR "Gene Symbol"=TP53      rows joined by OR stand together, in brackets where others follow
("Gene Symbol"=NF1 OR …) AND pixel_size:<0.2um
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.public.search.text import quoted, unquoted
from publishing.search.fields import FIELDS, Field, Kind
from publishing.search.language.reading import read

MOST = 20  # rows
OPERATORS = {
    "is": gettext_lazy("is"),
    "not": gettext_lazy("is not"),
    "begins": gettext_lazy("begins with"),
    "any": gettext_lazy("has any value"),
    "none": gettext_lazy("has no value"),
    "<": gettext_lazy("is less than"),
    "<=": gettext_lazy("is at most"),
    ">": gettext_lazy("is more than"),
    ">=": gettext_lazy("is at least"),
}
COMPARISONS = ("<", "<=", ">", ">=")
WITHOUT_VALUE = ("any", "none")

_STRING = r'(?:"(?:[^"]|"")+"|[^\s()"=:<>!*]+)'
_CONDITION = re.compile(
    rf"(?P<no>NOT )?(?P<name>(?![–-]){_STRING})(?P<sign>!=|=|:)(?P<op><=|>=|<|>)?(?P<value>{_STRING})?(?P<star>\*)?"
)
_JOINT = re.compile(r"\s+(AND|OR)\s+")


@dataclass(frozen=True)
class Row:
    """One condition; `joint` ("AND" or "OR") joins it to the one before."""

    joint: str = "AND"
    name: str = ""
    operator: str = "is"
    value: str = ""
    problem: str = ""

    @property
    def is_empty(self) -> bool:
        return not self.name and not self.value

    @property
    def field(self) -> Field | None:
        """The number or day of images that the name stands for, if it is not a key-value's."""
        return _MEASURED.get(self.name.casefold())

    def text(self) -> str:
        """The condition in the query language."""
        value = "".join(self.value.split()) if self.field else quoted(self.value)
        if self.field and self.operator in COMPARISONS:
            return f"{self.field.name}:{self.operator}{value}"
        sign = f"{self.field.name}:" if self.field else f"{quoted(self.name)}="
        if self.operator in WITHOUT_VALUE:
            return f"{'NOT ' if self.operator == 'none' else ''}{sign}*"
        if self.operator == "begins":
            return f"{sign}{value}*"
        return f"{'NOT ' if self.operator == 'not' else ''}{sign}{value}"


_MEASURED = {
    name.casefold(): field
    for field in FIELDS.values()
    if field.kind in (Kind.NUMBER, Kind.DATE)
    for name in (field.name, str(field.label), f"{field.label} ({field.unit})")
}


def measured() -> list[Field]:
    """The numbers and days that can be compared."""
    return list({field.name: field for field in _MEASURED.values()}.values())


def rows_of_form(given: Mapping[str, str]) -> list[Row]:
    """The rows that were sent, `name-0`, `is-0`, `value-0`, `joint-1` …, checked; empty ones are left out."""
    rows = []
    for number in range(MOST):
        row = Row(
            "OR" if given.get(f"joint-{number}") == "OR" else "AND",
            given.get(f"name-{number}", "").strip()[:200],
            given.get(f"is-{number}", "is"),
            given.get(f"value-{number}", "").strip()[:200],
        )
        if not row.is_empty:
            rows.append(_checked(row))
    return rows


def _checked(row: Row) -> Row:
    operator = row.operator if row.operator in OPERATORS else "is"
    if not row.value and operator == "is":
        operator = "any"
    row = Row(row.joint, row.name, operator, "" if operator in WITHOUT_VALUE else row.value)
    if not row.name:
        problem = _("Say which attribute has this value.")
    elif operator in COMPARISONS and row.field is None:
        problem = _("Only numbers that all images have can be compared, such as “Pixel size”: the list offers them.")
    elif operator not in WITHOUT_VALUE and not row.value:
        problem = _("A value is missing.")
    elif operator == "begins" and row.field:
        problem = _("A number does not begin with something: choose “is more than” or “is less than”.")
    else:
        problem = next((it.message for it in read(row.text()).problems), "")
    return Row(row.joint, row.name, operator, row.value, problem)


def text_of(rows: Sequence[Row], words: str = "") -> str:
    """The query of all rows, and of other words that hits must fulfil too."""
    groups: list[list[str]] = []
    for row in rows:
        if groups and row.joint == "OR":
            groups[-1].append(row.text())
        else:
            groups.append([row.text()])
    alternatives = [" OR ".join(group) for group in groups]
    if len(groups) > 1 or words:
        alternatives = [
            f"({text})" if len(group) > 1 else text for text, group in zip(alternatives, groups, strict=True)
        ]
    first = [f"({words})" if rows and " OR " in words else words] if words else []
    return " AND ".join([*first, *alternatives])


def rows_of(q: str) -> list[Row] | None:
    """The rows that a query is written from; None if it holds anything else."""
    rows: list[Row] = []
    at, joint, depth, joints = 0, "AND", 0, set[tuple[int, str]]()
    while at < len(q):
        if q[at] == "(" and depth == 0:
            depth, at = 1, at + 1
            continue
        found = _CONDITION.match(q, at)
        row = _row(joint, found) if found else None
        if found is None or row is None:
            return None
        rows.append(row)
        at = found.end()
        if depth and q[at : at + 1] == ")":
            depth, at = 0, at + 1
        if at == len(q):
            break
        joined = _JOINT.match(q, at)
        if joined is None:
            return None
        joint, at = joined[1], joined.end()
        joints.add((depth, joint))
    is_flat = (1, "AND") not in joints and not {(0, "AND"), (0, "OR")} <= joints
    is_grouped = (0, "OR") not in joints or not any(level for level, _joint in joints)
    return rows if rows and depth == 0 and is_flat and is_grouped else None


def _row(joint: str, found: re.Match[str]) -> Row | None:
    name, value = unquoted(found["name"]), unquoted(found["value"] or "")
    is_field = found["sign"] == ":"
    if is_field and name.casefold() not in _MEASURED:
        return None
    is_not = bool(found["no"]) != (found["sign"] == "!=")
    if found["op"]:
        return None if is_not or not is_field or found["star"] or not value else Row(joint, name, found["op"], value)
    if found["star"] and not value:
        return Row(joint, name, "none" if is_not else "any")
    if found["star"]:
        return None if is_not else Row(joint, name, "begins", value)
    return Row(joint, name, "not" if is_not else "is", value) if value else None
