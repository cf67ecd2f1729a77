"""The labels of IDR's rows, in the order of its template, and what a protocol is about."""

NAMESPACE = "idr.openmicroscopy.org/study"
TABLES = "idr.openmicroscopy.org"  # with the kind of the table behind a slash
REF, ACCESSION = " Term Source REF", " Term Accession"

STUDY_LABELS = (
    "Comment[IDR Study Accession]",
    "Study Title",
    "Study Type", "Study Type Term Source REF", "Study Type Term Accession",
    "Study Description",
    "Study Key Words",
    "Study Organism", "Study Organism Term Source REF", "Study Organism Term Accession",
    "Study Screens Number", "Study Experiments Number",
    "Study External URL", "Study BioStudies Accession",
    "Study Public Release Date", "Study Version History",
    "Study PubMed ID", "Study Publication Title", "Study Author List", "Study Publication Preprint",
    "Study PMC ID", "Study DOI",
    "Study Person Last Name", "Study Person First Name", "Study Person Email", "Study Person Address",
    "Study Person ORCID", "Study Person Roles",
    "Study License", "Study License URL", "Study Copyright", "Study Data Publisher", "Study Data DOI",
    "Term Source Name", "Term Source URI", "Term Source Version",
)  # fmt: skip
_EITHER = (
    "{} Number", "Comment[IDR {} Name]", "{} Data Publisher", "{} Data DOI", "{} Sample Type", "{} Description",
    "{} Size", "{} Example Images",
    "{} Imaging Method", "{} Imaging Method Term Source REF", "{} Imaging Method Term Accession",
    "{} Technology Type", "{} Technology Term Source REF", "{} Technology Term Accession",
    "{} Type", "{} Type Term Source REF", "{} Type Term Accession",
    "{} Comments", "{} Assay File", "{} Assay File Format",
    "Assay Experimental Conditions", "Assay Experimental Conditions Term Source REF",
    "Assay Experimental Conditions Term Accession",
    "Library File Name", "Library File Format",
    "Library Type", "Library Type Term Source REF", "Library Type Term Accession",
    "Library Manufacturer", "Library Version",
    "Library Experimental Conditions", "Library Experimental Conditions Term Source REF",
    "Library Experimental Conditions Term Accession",
    "Quality Control Description",
    "Protocol Name", "Protocol Type", "Protocol Type Term Source REF", "Protocol Type Term Accession",
    "Protocol Description",
    "Phenotype Name", "Phenotype Description", "Phenotype Score Type",
    "Phenotype Term Source REF", "Phenotype Term Name", "Phenotype Term Accession",
    "Raw Image Data Format", "Raw Image Organization", "Raw Image Channels",
    "Feature Level Data File Name", "Feature Level Data File Format", "Feature Level Data File Description",
    "Feature Level Data Column Name", "Feature Level Data Column Type", "Feature Level Data Column Description",
    "Processed Data File Name", "Processed Data File Format", "Processed Data File Description",
    "Processed Data Column Name", "Processed Data Column Type", "Processed Data Annotation Level",
    "Processed Data Column Annotation Level", "Processed Data Column Description",
    "Processed Data Column Link To Library File", "Processed Data Column Link To Assay File",
)  # fmt: skip
SCREEN, EXPERIMENT = "Screen", "Experiment"
PART_LABELS = {kind: tuple(label.format(kind) for label in _EITHER) for kind in (SCREEN, EXPERIMENT)}
KNOWN = {*STUDY_LABELS, *PART_LABELS[SCREEN], *PART_LABELS[EXPERIMENT], "Screen Example Image"}

# A screen or experiment without these rows is not whole.
NEEDED = ("Protocol Name", "Phenotype Name", "Processed Data File Name")

GROWTH, PREPARATION, IMAGING, ANALYSIS = "growth", "preparation", "imaging", "analysis"
DEFAULT_PROTOCOLS = {  # kind → (name, type) that the writer gives a protocol which has none of its own
    GROWTH: "growth protocol",
    PREPARATION: "sample preparation protocol",
    IMAGING: "image acquisition protocol",
    ANALYSIS: "data analysis protocol",
}
ROLES = {"submitter": "ContactPerson", "principal investigator": "ProjectLeader"}  # besides DataCite's own


def protocol_kind(name: str, type_: str) -> str:
    """What a protocol is about, by its type or, if it has none, its name."""
    words = (type_ or name).lower()
    if "growth" in words:
        return GROWTH
    if "analysis" in words:
        return ANALYSIS
    if "imag" in words or "acqui" in words or "microscop" in words:
        return IMAGING
    return PREPARATION


def is_label(text: str) -> bool:
    return text in KNOWN or text.startswith("Comment[")
