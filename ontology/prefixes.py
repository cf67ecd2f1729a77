"""Prefixes of CURIEs: how the IRIs of their terms begin, and what the ontologies are called and licensed.

Prefixes, IRIs, names and licences are as bioregistry has them (a test holds them to it), but that BAO, CMPO, EDAM, HGNC
and ORDO are written as they write themselves, and that SSBD's ontology is not in it.
"""

import re
from dataclasses import dataclass

_OBO = "http://purl.obolibrary.org/obo/"
_OBO_IRI = re.compile(r"https?://purl\.obolibrary\.org/obo/([A-Za-z]+)_([\w.-]+)")
_CURIE = re.compile(r"([A-Za-z][\w.-]*):([^\s:/][^\s]*)")
_CREATIVE_COMMONS = re.compile(r"https?://creativecommons\.org/licenses/([a-z-]+)/(\d\.\d)(?:/.*)?")
_CC0 = re.compile(r"https?://creativecommons\.org/publicdomain/zero/1\.0(?:/.*)?")
_APACHE = re.compile(r"https?://www\.apache\.org/licenses/LICENSE-2\.0(?:\..*)?")


@dataclass(frozen=True)
class Prefix:
    prefix: str
    name: str
    licence: str = ""  # SPDX id
    base: str = ""  # how the IRIs of its terms begin; the local part of the CURIE follows


def _obo(prefix: str, name: str, licence: str = "CC-BY-4.0") -> Prefix:
    return Prefix(prefix, name, licence, f"{_OBO}{prefix}_")


PREFIXES: dict[str, Prefix] = {
    one.prefix: one
    for one in (
        _obo("AfPO", "African Population Ontology"),
        _obo("BFO", "Basic Formal Ontology"),
        _obo("BTO", "BRENDA Tissue Ontology"),
        _obo("CHEBI", "Chemical Entities of Biological Interest"),
        _obo("CL", "Cell Ontology"),
        _obo("CLO", "Cell Line Ontology", "CC-BY-3.0"),
        _obo("DOID", "Human Disease Ontology", "CC0-1.0"),
        _obo("EMAPA", "Mouse Developmental Anatomy Ontology"),
        _obo("ENVO", "Environment Ontology", "CC0-1.0"),
        _obo("FBbi", "Biological Imaging Methods Ontology"),
        _obo("FBbt", "Drosophila gross anatomy"),
        _obo("FBcv", "FlyBase Controlled Vocabulary"),
        _obo("FBdv", "Drosophila development"),
        _obo("GO", "Gene Ontology"),
        _obo("HANCESTRO", "Human Ancestry Ontology"),
        _obo("HP", "Human Phenotype Ontology", ""),
        _obo("HsapDv", "Human Developmental Stages", "CC-BY-3.0"),
        _obo("IAO", "Information Artifact Ontology"),
        _obo("MmusDv", "Mouse Developmental Stages", "CC-BY-3.0"),
        _obo("MONDO", "Mondo Disease Ontology"),
        _obo("MP", "Mammalian Phenotype Ontology"),
        _obo("NCBITaxon", "NCBI Taxonomy", "CC0-1.0"),
        _obo("NCIT", "National Cancer Institute Thesaurus"),
        _obo("OBI", "Ontology for Biomedical Investigations"),
        _obo("PATO", "Phenotype And Trait Ontology", "CC-BY-3.0"),
        _obo("PO", "Plant Ontology"),
        _obo("PR", "Protein Ontology"),
        _obo("RO", "Relation Ontology", "CC0-1.0"),
        _obo("SO", "Sequence types and features ontology"),
        _obo("UBERON", "Uber Anatomy Ontology", "CC-BY-3.0"),
        _obo("UO", "Units of measurement ontology", "CC-BY-3.0"),
        _obo("WBbt", "C. elegans Gross Anatomy Ontology"),
        _obo("WBls", "C. elegans development ontology"),
        _obo("XAO", "Xenopus Anatomy Ontology", "CC-BY-3.0"),
        _obo("ZFA", "Zebrafish anatomy and development ontology", "CC-BY-3.0"),
        _obo("ZFS", "Zebrafish developmental stages ontology", "CC-BY-3.0"),
        Prefix("BAO", "BioAssay Ontology", "CC-BY-SA-4.0", "http://www.bioassayontology.org/bao#BAO_"),
        # Its file in bioregistry is without a licence; its repository has the Apache licence.
        Prefix("CMPO", "Cellular Microscopy Phenotype Ontology", "Apache-2.0", "http://www.ebi.ac.uk/cmpo/CMPO_"),
        Prefix("EDAM", "EDAM Ontology", "CC-BY-SA-4.0", "http://edamontology.org/"),
        Prefix("EFO", "Experimental Factor Ontology", "Apache-2.0", "http://www.ebi.ac.uk/efo/EFO_"),
        Prefix("HGNC", "HUGO Gene Nomenclature Committee", "CC0-1.0",
               "https://www.genenames.org/data/gene-symbol-report/#!/hgnc_id/"),
        Prefix("ORDO", "Orphanet Rare Disease Ontology", "CC-BY-4.0", "http://www.orpha.net/ORDO/Orphanet_"),
        Prefix("SSBD", "SSBD Ontology", "CC-BY-4.0", "http://ssbd.riken.jp/ontology/"),
        Prefix("cellosaurus", "Cellosaurus", "CC-BY-4.0", "https://www.cellosaurus.org/"),
        Prefix("uniprot", "UniProt Protein", "CC-BY-4.0", "http://purl.uniprot.org/uniprot/"),
    )
}  # fmt: skip
_BY_LOWER = {prefix.lower(): prefix for prefix in PREFIXES} | {"cvcl": "cellosaurus", "orphanet": "ORDO"}
_BASES = sorted(
    ((one.base, one.prefix) for one in PREFIXES.values() if not one.base.startswith(_OBO)), key=len, reverse=True
)


def spelled(prefix: str) -> str:
    """The prefix as it is written here, whatever its case; one that is not known stays as it is."""
    return _BY_LOWER.get(prefix.lower(), prefix)


def curie_of(iri: str, base: str = "", prefix: str = "") -> str:
    """The CURIE of an IRI, or nothing if no prefix is known for it; `base` and `prefix` are one more to know."""
    if base and iri.startswith(base) and len(iri) > len(base):
        return f"{prefix}:{iri[len(base) :]}"
    if found := _OBO_IRI.fullmatch(iri):
        return f"{spelled(found[1])}:{found[2]}"
    for known, its in _BASES:
        if iri.startswith(known) and len(iri) > len(known):
            return f"{its}:{iri[len(known) :]}"
    return ""


def iri_of(curie: str) -> str:
    """The IRI of a CURIE; a prefix that is not known is taken for one of the OBO Foundry."""
    prefix, _, local = curie.partition(":")
    known = PREFIXES.get(prefix)
    return f"{known.base if known else f'{_OBO}{prefix}_'}{local}"


def curie_in(text: str) -> str:
    """The CURIE that an id ("FBbi_00000246", "CVCL_0001"), a CURIE or an IRI of a file is; nothing if it is none."""
    text = text.strip()
    if text.startswith(("http://", "https://")):
        return curie_of(text)
    text = text.removeprefix("obo:")
    if text.startswith("CVCL_"):  # which has it in its ids
        return f"cellosaurus:{text}"
    if found := _CURIE.fullmatch(text):
        return f"{spelled(found[1])}:{found[2]}"
    prefix, underline, local = text.partition("_")
    return f"{spelled(prefix)}:{local}" if underline and prefix.isalpha() and local else ""


def spdx(licence: str) -> str:
    """The SPDX id of a licence's address; nothing if it is not one of those that ontologies have."""
    if found := _CREATIVE_COMMONS.fullmatch(licence):
        return f"CC-{found[1].upper()}-{found[2]}"
    if _CC0.fullmatch(licence):
        return "CC0-1.0"
    return "Apache-2.0" if _APACHE.fullmatch(licence) else ""
