"""Terms as tables name them: an ontology ("Term Source REF") and an accession in it, with their usual dirt."""

import re
from dataclasses import dataclass

from catalogue.exchange.terms import curie_in

# Prefixes as the OBO Foundry and bioregistry write them, by their lower case.
_PREFIXES = {
    prefix.lower(): prefix
    for prefix in [
        "BAO",
        "BFO",
        "BTO",
        "CHEBI",
        "CHMO",
        "CL",
        "CLO",
        "CMPO",
        "DOID",
        "EFO",
        "EDAM",
        "ENVO",
        "FBbi",
        "FBbt",
        "FBcv",
        "FBdv",
        "GO",
        "HP",
        "MA",
        "MESH",
        "MI",
        "MONDO",
        "MP",
        "NCBITaxon",
        "NCIT",
        "OBI",
        "OMIT",
        "ORDO",
        "PATO",
        "PO",
        "PR",
        "PRIDE",
        "RO",
        "SIO",
        "SNOMED",
        "SO",
        "SWO",
        "TAO",
        "TO",
        "UBERON",
        "UNIMOD",
        "UO",
        "WBbt",
        "WBls",
        "XAO",
        "ZFA",
        "ZFS",
    ]
}
_SHORT = re.compile(r"(?P<prefix>[A-Za-z][A-Za-z0-9.]*)[_:](?P<local>[A-Za-z0-9][\w.-]*)")
_LOCAL = re.compile(r"\d[\w.-]*")


@dataclass(frozen=True)
class Fault:
    message: str
    value: str
    proposal: str = ""
    of_term: bool = False  # the term's CURIE itself is at fault, not only what stands beside it


@dataclass(frozen=True)
class Accession:
    """The CURIE as it stands, if it is one, and what is wrong. `is_plain`: ref and short form say no more than it."""

    curie: str = ""
    faults: tuple[Fault, ...] = ()
    is_plain: bool = False


def read_accession(ref: str, accession: str, *, has_ref: bool = True) -> Accession:
    """The term that an ontology's name and an accession say. `has_ref`: there is a place for the ontology's name."""
    raw, ref_name = accession.strip(), ref.strip()
    if not raw:
        return Accession()
    is_address = raw.startswith(("http://", "https://"))
    short = _SHORT.fullmatch(curie_in(raw) if is_address else raw)
    if short is None:
        if ref_name and _LOCAL.fullmatch(raw):
            return Accession(f"{ref_name}:{raw}", tuple(_faults_of_prefix(ref_name, raw)))
        return Accession("", (Fault("This is no accession of a term, as FBbi_00000246 is.", accession),))
    prefix, local = short["prefix"], short["local"]
    curie = f"{prefix}:{local}"
    faults = list(_faults_of_prefix(prefix, local))
    right = _PREFIXES.get(prefix.lower(), prefix)
    if ref_name and ref_name != right:
        if ref_name.lower() == right.lower():
            faults.append(Fault(f"The ontology's name is written {right}.", ref, right))
        else:
            faults.append(Fault(f"{raw} is a term of {right}, not of {ref_name}.", ref, right))
    if not is_address and raw == curie:
        faults.append(Fault(f"This accession is usually written {right}_{local}; it was understood.", accession))
    is_plain = accession == f"{prefix}_{local}" and (not has_ref or ref == prefix)
    return Accession(curie, tuple(faults), is_plain)


def _faults_of_prefix(prefix: str, local: str) -> list[Fault]:
    right = _PREFIXES.get(prefix.lower(), prefix)
    if right == prefix:
        return []
    message = f"The ontology's prefix is written {right}."
    return [Fault(message, f"{prefix}:{local}", f"{right}:{local}", of_term=True)]


def columns_of(curie: str) -> tuple[str, str]:
    """(ref, accession) that say this CURIE and nothing more: ("FBbi", "FBbi_00000246")."""
    prefix, _, local = curie.partition(":")
    return prefix, f"{prefix}_{local}"
