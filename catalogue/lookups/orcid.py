"""ORCID, the register of researchers; its public API, version 3.0: only what the person made visible to everyone."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from base.asking import Register, ask, inside, listed, not_understood, text
from catalogue.rules.fields import Kind
from catalogue.rules.formats import normalise, problem

REGISTER = Register("ORCID", "ORCID_API")


@dataclass(frozen=True)
class Employer:
    """Where a person works: `ror` is empty where the register names the organisation by something else."""

    name: str
    ror: str = ""
    address: str = ""


@dataclass(frozen=True)
class Person:
    orcid: str
    family_name: str
    given_name: str = ""
    employers: tuple[Employer, ...] = ()  # where the person works now


def by_id(orcid: str) -> Person | None:
    """The person with this ORCID iD, None if there is none. Raises LookupFailed."""
    orcid = normalise(Kind.ORCID, orcid)
    if problem(Kind.ORCID, orcid):
        return None
    answer = ask(REGISTER, f"{orcid}/record")
    if answer is None:
        return None
    name = inside(answer, "person", "name")
    family, given = (text(inside(name, key, "value")) for key in ("family-name", "given-names"))
    if not family:  # people with one name have it as the given one
        family, given = given, ""
    if not family:
        raise not_understood(REGISTER)
    return Person(orcid, family, given, tuple(dict.fromkeys(_employers(answer))))


def _employers(answer: Any) -> Iterator[Employer]:
    for group in listed(inside(answer, "activities-summary", "employments", "affiliation-group")):
        for one in listed(inside(group, "summaries")):
            job = inside(one, "employment-summary")
            organisation = inside(job, "organization")
            name = text(inside(organisation, "name"))
            if not name or inside(job, "end-date"):
                continue
            address = inside(organisation, "address")
            place = ", ".join(filter(None, (text(inside(address, key)) for key in ("city", "region", "country"))))
            yield Employer(name, _ror(inside(organisation, "disambiguated-organization")), place)


def _ror(known_as: Any) -> str:
    if inside(known_as, "disambiguation-source") != "ROR":
        return ""
    ror = normalise(Kind.ROR, text(inside(known_as, "disambiguated-organization-identifier")))
    return "" if problem(Kind.ROR, ror) else ror
