"""ISA-Tab's sections and their rows, in the order of the specification."""

from catalogue.exchange.idr.labels import ANALYSIS, GROWTH, IMAGING, PREPARATION

NAMESPACE = "isa-tab"  # with the section and the column of an investigation file behind slashes
TABLE = "isa-tab/table"  # values of rows in study and assay tables


def _person(of: str) -> tuple[str, ...]:
    names = ("Last Name", "First Name", "Mid Initials", "Email", "Phone", "Fax", "Address", "Affiliation", "Roles",
             "Roles Term Accession Number", "Roles Term Source REF")  # fmt: skip
    return tuple(f"{of} Person {name}" for name in names)


def _publication(of: str) -> tuple[str, ...]:
    names = ("PubMed ID", "Publication DOI", "Publication Author List", "Publication Title", "Publication Status",
             "Publication Status Term Accession Number", "Publication Status Term Source REF")  # fmt: skip
    return tuple(f"{of} {name}" for name in names)


def _with_term(name: str) -> tuple[str, ...]:
    return (name, f"{name} Term Accession Number", f"{name} Term Source REF")


_PROTOCOL = "Study Protocol"
TOP: dict[str, tuple[str, ...]] = {
    "ONTOLOGY SOURCE REFERENCE": (
        "Term Source Name", "Term Source File", "Term Source Version", "Term Source Description",
    ),
    "INVESTIGATION": tuple(
        f"Investigation {name}"
        for name in ("Identifier", "Title", "Description", "Submission Date", "Public Release Date")
    ),
    "INVESTIGATION PUBLICATIONS": _publication("Investigation"),
    "INVESTIGATION CONTACTS": _person("Investigation"),
}  # fmt: skip
STUDY: dict[str, tuple[str, ...]] = {
    "STUDY": tuple(
        f"Study {name}"
        for name in ("Identifier", "Title", "Description", "Submission Date", "Public Release Date", "File Name")
    ),
    "STUDY DESIGN DESCRIPTORS": (
        "Study Design Type", "Study Design Type Term Accession Number", "Study Design Type Term Source REF",
    ),
    "STUDY PUBLICATIONS": _publication("Study"),
    "STUDY FACTORS": (
        "Study Factor Name", "Study Factor Type", "Study Factor Type Term Accession Number",
        "Study Factor Type Term Source REF",
    ),
    "STUDY ASSAYS": (
        "Study Assay File Name", *_with_term("Study Assay Measurement Type"),
        *_with_term("Study Assay Technology Type"),
        "Study Assay Technology Platform",
    ),
    "STUDY PROTOCOLS": (
        f"{_PROTOCOL} Name", *_with_term(f"{_PROTOCOL} Type"), f"{_PROTOCOL} Description", f"{_PROTOCOL} URI",
        f"{_PROTOCOL} Version", *_with_term(f"{_PROTOCOL} Parameters Name"), f"{_PROTOCOL} Components Name",
        *_with_term(f"{_PROTOCOL} Components Type"),
    ),
    "STUDY CONTACTS": _person("Study"),
}  # fmt: skip
SECTIONS = {**TOP, **STUDY}
KNOWN = {label for rows in SECTIONS.values() for label in rows}
PROTOCOL_TYPES = {
    GROWTH: "growth protocol", PREPARATION: "sample preparation", IMAGING: "image acquisition",
    ANALYSIS: "data analysis",
}  # fmt: skip
STATUSES = {"in preparation", "submitted", "preprint", "accepted", "published"}

# Which characteristic of a source is which field of the sample.
ORGANISM = {"organism"}
ENTITY = {"organism part", "cell type", "tissue", "cell component", "anatomical entity", "biological entity"}
STRAIN = {"strain", "cell line", "strain or cell line", "strain or line", "ecotype", "cultivar"}
SHOWN = {"Organism": ORGANISM, "Organism part": ENTITY, "Strain": STRAIN}


def is_label(text: str) -> bool:
    return text in KNOWN or text in SECTIONS or text.startswith("Comment[")


def protocol_name(kind: str, title: str) -> str:
    """The name that the writer gives a protocol which has none."""
    return f"{PROTOCOL_TYPES[kind]}: {' '.join(title.split())}"
