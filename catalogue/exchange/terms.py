"""Ontology terms as files write them: CURIEs, OBO and other IRIs, NCBI's taxon ids. One spelling: the CURIE."""

import re

_TAXON = re.compile(r"NCBI(?:[:_ ]?txid|Taxon[:_ ]|[:_ ])\s*0*(\d+)", re.IGNORECASE)
_OBO = re.compile(r"https?://purl\.obolibrary\.org/obo/([A-Za-z]+)_(\w+)")
_EFO = re.compile(r"https?://www\.ebi\.ac\.uk/efo/EFO_(\w+)")
_EDAM = re.compile(r"https?://edamontology\.org/(\w+)")
_BAO = re.compile(r"https?://www\.bioassayontology\.org/bao#BAO_(\w+)")
_REGISTRY = re.compile(r"https?://(?:identifiers\.org|bioregistry\.io)/([A-Za-z][\w.]*)[:/](?:[A-Za-z]+:)?(\w+)")
_OF_TAXONOMY = re.compile(r"https?://(?:www\.)?ncbi\.nlm\.nih\.gov/(?:Taxonomy/Browser/wwwtax\.cgi\?(?:\w+=\w*&)*id="
                          r"|taxonomy/(?:\?term=)?)(?:txid)?(\d+)", re.IGNORECASE)  # fmt: skip
_CURIE = re.compile(r"(?:obo:)?([A-Za-z][A-Za-z0-9.]*)[:_]([\w.-]+)")
_SPELLINGS = {"fbbi": "FBbi", "ncbitaxon": "NCBITaxon", "taxonomy": "NCBITaxon", "chebi": "CHEBI", "edam": "EDAM"}


def curie_in(text: str) -> str:
    """The CURIE of the term that the text names, or nothing if it names none."""
    text = text.strip()
    if taxon := _TAXON.fullmatch(text) or _OF_TAXONOMY.fullmatch(text):
        return f"NCBITaxon:{taxon[1]}"
    if found := _OBO.fullmatch(text) or _REGISTRY.fullmatch(text):
        return _curie(found[1], found[2])
    for pattern, prefix in ((_EFO, "EFO"), (_EDAM, "EDAM"), (_BAO, "BAO")):
        if found := pattern.fullmatch(text):
            return f"{prefix}:{found[1]}"
    if found := _CURIE.fullmatch(text):
        return _curie(found[1], found[2])
    return ""


def iri_of(curie: str) -> str:
    """The term's IRI: EFO, EDAM and BAO have their own, all others are OBO's."""
    prefix, _, local = curie.partition(":")
    if prefix == "EFO":
        return f"http://www.ebi.ac.uk/efo/EFO_{local}"
    if prefix == "EDAM":
        return f"http://edamontology.org/{local}"
    if prefix == "BAO":
        return f"http://www.bioassayontology.org/bao#BAO_{local}"
    return f"http://purl.obolibrary.org/obo/{prefix}_{local}"


def _curie(prefix: str, local: str) -> str:
    spelled = _SPELLINGS.get(prefix.lower(), prefix)
    if spelled == "NCBITaxon":
        local = local.lstrip("0") or "0"  # NCBI writes its numbers without zeros in front
    return f"{spelled}:{local}"
