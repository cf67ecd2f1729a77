"""What outside registers say of a person, organisation, grant or article, as a part of a document to be looked at first
and then copied into the draft (catalogue.services.copying)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from base.asking import LookupFailed, Register
from base.errors import Invalid, NotFound
from catalogue.exchange.dossier import Document
from catalogue.lookups import crossref, orcid, ror
from catalogue.models import FieldSource
from catalogue.rules.fields import Kind
from catalogue.rules.formats import normalise
from catalogue.services.copying import Origin

_SHORTEST = 3  # characters of a name that are worth asking for


@dataclass(frozen=True)
class Candidate:
    """One thing that a register has under a name. `choice` is the id to look it up by."""

    choice: str
    label: str
    detail: str = ""


@dataclass(frozen=True)
class Source:
    """By what one kind of row is looked up: `field` holds its id, `name` (if it can be searched by name) its name."""

    registers: tuple[Register, ...]
    field: str
    name: str = ""

    @property
    def is_on(self) -> bool:
        return any(register.is_on for register in self.registers)

    @property
    def label(self) -> str:
        return " / ".join(register.name for register in self.registers if register.is_on)


SOURCES: Mapping[str, Source] = {
    "contributor": Source((orcid.REGISTER,), "orcid"),
    "organisation": Source((ror.REGISTER,), "ror", "name"),
    "funding": Source((ror.REGISTER, crossref.REGISTER), "funder_id", "funder_name"),
    "publication": Source((crossref.REGISTER,), "doi"),
}


def candidates(*, module: str, query: str) -> list[Candidate]:
    """Organisations or funders of this name, the best first; of funders ROR's first, as the id that is asked for.

    Raises Invalid for a module that is not searched by name, and LookupFailed if no register answers.
    """
    source = SOURCES.get(module)
    if source is None or not source.name:
        raise Invalid("Only organisations and funders are searched by name.", field="module")
    query = " ".join(query.split())[:200]
    if len(query) < _SHORTEST:
        return []
    found: list[Candidate] = []
    failed: list[LookupFailed] = []
    for register in source.registers:
        if not register.is_on:
            continue
        try:
            found += _candidates(register, query, funders=module == "funding")
        except LookupFailed as error:
            failed.append(error)
    if failed and not found:
        raise failed[0]
    return found


def _candidates(register: Register, query: str, *, funders: bool) -> list[Candidate]:
    if register is ror.REGISTER:
        return [
            Candidate(one.ror, one.name, " · ".join(filter(None, (one.address, one.ror))))
            for one in ror.search(query, funders=funders)
        ]
    return [
        Candidate(one.identifier, one.name, " · ".join(filter(None, (one.country, one.identifier))))
        for one in crossref.funders(query)
    ]


def proposal(*, document: Document, module: str, entity_id: str, choice: str) -> tuple[Document, Origin]:
    """The row as the register has it, with what else it brings, and the origin of its values.

    Raises NotFound if the register knows of no such thing, LookupFailed if it does not answer.
    """
    row = {"id": entity_id}
    if module == "contributor":
        return _person(document, row, choice)
    if module == "organisation":
        return _organisation(row, choice)
    if module == "funding":
        return _funder(row, choice)
    if module == "publication":
        return _article(row, choice)
    raise Invalid("There is nowhere to look this up.", field="module")


def _person(document: Document, row: dict[str, Any], choice: str) -> tuple[Document, Origin]:
    """The person, where they work added to what is there already."""
    found = orcid.by_id(choice)
    if found is None:
        raise NotFound(f"ORCID knows nobody as “{choice[:80]}”. Compare the sixteen digits.", field="orcid")
    there = next((one for one in document["contributors"] if one["id"] == row["id"]), None)
    works_at = [line["organisation"] for line in (there or {}).get("affiliations", ())]
    organisations: list[dict[str, Any]] = []
    for employer in found.employers:
        known = _known(document["organisations"], employer)
        if not known:
            known = f"employer-{len(organisations)}"
            organisations.append({"id": known, "name": employer.name, "ror": employer.ror, "address": employer.address})
        works_at.append(known)
    row |= {"family_name": found.family_name, "given_name": found.given_name, "orcid": found.orcid}
    if found.employers:
        row["affiliations"] = [{"organisation": key} for key in dict.fromkeys(works_at) if key]
    part = {"contributors": [row], "organisations": organisations}
    return part, (FieldSource.Kind.LOOKUP, f"ORCID, {found.orcid}")


def _known(organisations: list[dict[str, Any]], employer: orcid.Employer) -> str:
    """The id of the organisation of the study that this is, by ROR or else by name."""
    for one in organisations:
        same_id = employer.ror and normalise(Kind.ROR, one["ror"]) == employer.ror
        if same_id or one["name"].strip().casefold() == employer.name.casefold():
            return str(one["id"])
    return ""


def _organisation(row: dict[str, Any], choice: str) -> tuple[Document, Origin]:
    found = ror.by_id(choice)
    if found is None:
        raise NotFound(f"ROR has no organisation “{choice[:80]}”. Search it by its name.", field="ror")
    row |= {"name": found.name, "ror": found.ror, "address": found.address, "website": found.website}
    return {"organisations": [row]}, (FieldSource.Kind.LOOKUP, f"ROR, {found.ror}")


def _funder(row: dict[str, Any], choice: str) -> tuple[Document, Origin]:
    if "ror.org/" in choice:
        organisation = ror.by_id(choice)
        if organisation is not None:
            row |= {"funder_name": organisation.name, "funder_id": organisation.ror}
            return {"grants": [row]}, (FieldSource.Kind.LOOKUP, f"ROR, {organisation.ror}")
    elif (funder := crossref.funder_by_id(choice)) is not None:
        row |= {"funder_name": funder.name, "funder_id": funder.identifier}
        return {"grants": [row]}, (FieldSource.Kind.LOOKUP, f"Crossref, {funder.identifier}")
    raise NotFound(f"No funder has the id “{choice[:80]}”. Search it by its name.", field="funder_id")


def _article(row: dict[str, Any], choice: str) -> tuple[Document, Origin]:
    found = crossref.by_doi(choice)
    if found is None:
        message = f"Crossref has no article “{choice[:80]}”. A DOI of another agency, such as DataCite, is not there."
        raise NotFound(message, field="doi")
    row |= {
        "doi": found.doi,
        "title": found.title,
        "authors": found.authors,
        "year": found.year,
        "status": found.status,
    }
    return {"publications": [row]}, (FieldSource.Kind.LOOKUP, f"Crossref, doi:{found.doi}")
