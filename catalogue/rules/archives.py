"""Accessions in other archives and registries: which there are, what their accessions look like, where they lead.

Patterns and addresses are facts of the archives, as registered at identifiers.org (read 2026) but for IDR, EMPIAR and
Addgene, whose own pages say more; narrower where the registered pattern takes any text. No Django here.
"""

import re
from dataclasses import dataclass
from urllib.parse import unquote


@dataclass(frozen=True)
class Archive:
    """`pattern` fits a bare accession as a whole; `address` leads to its page, with {} for the accession."""

    key: str  # as in CURIEs, after identifiers.org where it is registered there
    label: str
    pattern: str
    address: str
    example: str
    holds: str  # what its accessions are of, in words

    def fits(self, text: str) -> bool:
        return re.fullmatch(self.pattern, text) is not None


ARCHIVES = (
    Archive("geo", "GEO", r"G(PL|SM|SE|DS)\d+", "https://www.ncbi.nlm.nih.gov/geo/query/acc.cgi?acc={}",
            "GSE63525", "gene expression"),
    Archive("insdc.sra", "SRA / ENA reads", r"[SED]R[APRSXZ]\d+", "https://www.ebi.ac.uk/ena/browser/view/{}",
            "SRP066824", "sequencing reads"),
    Archive("ena.embl", "ENA sequence", r"[A-Z]+[0-9]+(\.\d+)?", "https://www.ebi.ac.uk/ena/browser/view/{}",
            "BN000065", "nucleotide sequences"),
    Archive("bioproject", "BioProject", r"PRJ[DEN][A-Z]\d+", "https://www.ncbi.nlm.nih.gov/bioproject/{}",
            "PRJNA288801", "a project's sequence data"),
    Archive("biosample", "BioSample", r"SAM[NED]\w?\d+", "https://www.ebi.ac.uk/biosamples/samples/{}",
            "SAMEA2397676", "a biological sample"),
    Archive("arrayexpress", "ArrayExpress", r"[AEP]-\w{4}-\d+",
            "https://www.ebi.ac.uk/biostudies/arrayexpress/studies/{}", "E-MEXP-1712", "functional genomics"),
    Archive("pride.project", "PRIDE / ProteomeXchange", r"R?P[XR]D\d{6}",
            "https://www.ebi.ac.uk/pride/archive/projects/{}", "PXD000440", "proteomics"),
    Archive("massive", "MassIVE", r"MSV\d+", "https://massive.ucsd.edu/ProteoSAFe/QueryMSV?id={}",
            "MSV000082131", "mass spectrometry"),
    Archive("metabolights", "MetaboLights", r"MTBLS\d+", "https://www.ebi.ac.uk/metabolights/{}", "MTBLS1",
            "metabolomics"),
    Archive("ega.study", "EGA study", r"EGAS\d{11}", "https://ega-archive.org/studies/{}", "EGAS00000000001",
            "human data under control"),
    Archive("ega.dataset", "EGA dataset", r"EGAD\d{11}", "https://ega-archive.org/datasets/{}", "EGAD00000000001",
            "human data under control"),
    Archive("dbgap", "dbGaP", r"phs[0-9]{6}(\.v\d+\.p\d+)?",
            "https://www.ncbi.nlm.nih.gov/projects/gap/cgi-bin/study.cgi?study_id={}", "phs000768.v2.p1",
            "human data under control"),
    Archive("pdb", "PDB", r"[0-9][A-Za-z0-9]{3}|pdb_[0-9]{4}[a-z0-9]{4}", "https://www.ebi.ac.uk/pdbe/entry/pdb/{}",
            "2gc4", "atomic structures"),
    Archive("emdb", "EMDB", r"EMD-\d{4,5}", "https://www.ebi.ac.uk/emdb/{}", "EMD-1001", "electron microscopy maps"),
    Archive("empiar", "EMPIAR", r"EMPIAR-\d{5,}", "https://www.ebi.ac.uk/empiar/{}/", "EMPIAR-10310",
            "raw electron and X-ray images"),
    Archive("biostudies", "BioStudies / BioImage Archive", r"S-[A-Z]{4}[A-Z\d\-]+",
            "https://www.ebi.ac.uk/biostudies/studies/{}", "S-BIAD7", "studies and bioimages"),
    Archive("idr", "Image Data Resource", r"idr\d{4}",
            "https://idr.openmicroscopy.org/search/?query=Name:{}", "idr0001", "reference images"),
    Archive("flowrepository", "FlowRepository", r"FR-FCM-\w{4}", "https://flowrepository.org/id/{}", "FR-FCM-ZYGW",
            "flow cytometry"),
    Archive("insdc.gca", "Genome assembly", r"GC[AF]_[0-9]{9}\.[0-9]+", "https://www.ebi.ac.uk/ena/browser/view/{}",
            "GCA_000155495.1", "genome assemblies"),
    Archive("uniprot", "UniProt",
            r"[OPQ][0-9][A-Z0-9]{3}[0-9](\.\d+)?|[A-NR-Z][0-9]([A-Z][A-Z0-9]{2}[0-9]){1,2}(\.\d+)?",
            "https://www.uniprot.org/uniprotkb/{}", "P21359", "proteins"),
    Archive("ensembl", "Ensembl", r"ENS[A-Z]*(FM|GT|[EGTPR])\d{11}(\.\d+)?", "https://www.ensembl.org/id/{}",
            "ENSG00000196712", "genes, transcripts, proteins"),
    Archive("ncbigene", "NCBI Gene", r"\d+", "https://www.ncbi.nlm.nih.gov/gene/{}", "4763", "genes"),
    Archive("rrid", "RRID", r"(AB|SCR|CVCL|IMSR|MMRRC|BDSC|Addgene|ZIRC|ZFIN|WB-STRAIN|NXR|SAMN)[_:].+",
            "https://scicrunch.org/resolver/RRID:{}", "AB_2298772", "antibodies, organisms, software"),
    Archive("addgene", "Addgene", r"[0-9]{4,6}(-[A-Za-z0-9-]{1,7})?", "https://www.addgene.org/{}/", "50943",
            "plasmids"),
    Archive("cellosaurus", "Cellosaurus", r"CVCL_[A-Z0-9]{4}", "https://www.cellosaurus.org/{}", "CVCL_0030",
            "cell lines"),
    Archive("swh", "Software Heritage", r"swh:[1-9]:(cnt|dir|rel|rev|snp):[0-9a-f]{40}(;\S+)*",
            "https://archive.softwareheritage.org/{}", "swh:1:rev:309cf2674ee7a0749978cf8265ab91a60aea0f7d", "code"),
)  # fmt: skip
BY_KEY = {archive.key: archive for archive in ARCHIVES}
CHOICES = tuple((archive.key, f"{archive.label}: {archive.holds}") for archive in ARCHIVES)
# For these a text alone tells nothing: any number or name would fit.
_UNTOLD = {"ena.embl", "ncbigene", "addgene", "pdb"}


def accession_of(database: str, text: str) -> str:
    """The bare accession in what was typed: itself, a CURIE ("geo:GSE1", "RRID:AB_1") or an address; else empty."""
    archive = BY_KEY.get(database)
    if archive is None:
        return ""
    for candidate in _candidates(text.strip()):
        if archive.fits(candidate):
            return candidate
    return ""


def _candidates(text: str) -> list[str]:
    """What in the text might be the accession, the whole first."""
    tail = unquote(text).rstrip("/")
    parts = [text, *(tail.rsplit(sign, 1)[-1] for sign in "/=" if "://" in text)]
    return parts + [part.split(":", 1)[1].strip() for part in parts if ":" in part]


def address_of(database: str, text: str) -> str:
    """Where the accession leads; empty if it is none of that archive."""
    accession = accession_of(database, text)
    return BY_KEY[database].address.format(accession) if accession else ""


def guess(text: str) -> Archive | None:
    """The archive whose accessions look like this and no other's do."""
    told = [one for one in ARCHIVES if one.key not in _UNTOLD and accession_of(one.key, text)]
    return told[0] if len(told) == 1 else None


def problem(database: str, text: str) -> str:
    """Why a text that is not empty is no accession of the archive; nothing if it is one."""
    other = guess(text)
    if not database:
        which = f" It looks like one of {other.label}." if other else ""
        return f"Say which archive “{text[:80]}” is an accession of.{which}"
    archive = BY_KEY.get(database)
    if archive is None or accession_of(database, text):
        return ""
    hint = f" It looks like one of {other.label}: choose that archive." if other else ""
    return f"“{text[:80]}” is no accession of {archive.label}, which look like {archive.example}.{hint}"
