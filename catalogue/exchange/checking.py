"""A typed value held against its field: what is wrong with it, and what was probably meant."""

import difflib
from typing import Any

from catalogue.exchange.dossier import Place, Remark, Weight
from catalogue.exchange.licences import licence_id
from catalogue.rules.fields import Field, Kind
from catalogue.rules.formats import normalise, problem


def checked(one: Field, text: str, path: str, place: Place, remarks: list[Remark]) -> Any:
    """The value as a document has it. One that is none stays as typed, with a remark."""
    value = normalise(one.kind, text)
    if one.kind is Kind.CHOICE:
        return _choice(one, value, path, place, remarks)
    if one.kind is Kind.LICENCE and problem(one.kind, value) and (proposal := licence_id(text)):
        remarks.append(Remark(Weight.REPAIR, place, "Licences are written by their SPDX id.", text, proposal, path))
        return value
    if value and (reason := problem(one.kind, value)):
        remarks.append(Remark(Weight.ERROR, place, reason, text[:200], path=path))
    return value


def _choice(one: Field, text: str, path: str, place: Place, remarks: list[Remark]) -> str:
    """One of the choices by its value or its label, in whatever case."""
    named: dict[str, str] = {}
    for value, label in one.choices:
        named |= {str(label).casefold(): value, str(label).partition(":")[0].casefold(): value, value.casefold(): value}
    found = named.get(text.casefold())
    if found is not None or not text:
        return found or ""
    close = difflib.get_close_matches(text.casefold()[:100], list(named), n=1, cutoff=0.75)
    known = ", ".join(value for value, _ in one.choices)
    if close:
        message = f"This is none of the choices: {known}."
        remarks.append(Remark(Weight.REPAIR, place, message, text[:200], named[close[0]], path))
    else:
        remarks.append(Remark(Weight.ERROR, place, f"This is none of the choices: {known}.", text[:200], path=path))
    return text
