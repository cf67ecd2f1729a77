"""What the BioImage Archive's templates call the modules and fields. Names are compared without case and hyphens.

A field that is not here has its own name, its underscores as spaces.
"""

import re

from catalogue.rules import BY_KEY, MODULES, Field, Kind, Module

NAMESPACE = "biostudies"
SUBMISSION = "biostudies/submission"  # pairs of the submission itself, outside of its study
QUALIFIED = "Namespace"  # names the namespace of a pair; an attribute with it is taken as it stands
TERM_ID, ONTOLOGY, UNIT, VALUE = "TermId", "Ontology", "Unit", "Value"

# The first is written, all are read.
SECTIONS: dict[str, tuple[str, ...]] = {
    "study": ("Study",),
    "contributor": ("author", "contributor"),
    "organisation": ("organisation", "organization"),
    "funding": ("Funding",),
    "publication": ("Publication",),
    "biosample": ("Biosample",),
    "specimen": ("Specimen",),
    "channel": ("Signal channel", "Channel"),
    "acquisition": ("Image acquisition",),
    "correlation": ("Image correlation",),
    "analysis": ("Image analysis",),
    "annotation_method": ("Annotations", "Annotation method"),
    "component": ("Study Component",),
}
FIELDS: dict[tuple[str, str], tuple[str, ...]] = {
    ("study", "licence"): ("License", "Licence"),
    ("study", "keywords"): ("Keywords", "Keyword"),
    ("contributor", "email"): ("E-mail", "Email"),
    ("contributor", "affiliations"): ("affiliation",),
    ("contributor", "roles"): ("Role",),
    ("contributor", "family_name"): ("Last name",),
    ("contributor", "given_name"): ("First name",),
    ("organisation", "ror"): ("RORID", "ROR"),
    ("funding", "funder_name"): ("Agency",),
    ("funding", "funder_id"): ("Agency id",),
    ("funding", "identifier"): ("grant_id",),
    ("publication", "pubmed_id"): ("PubMed ID", "PMID"),
    ("publication", "status"): ("Release status", "Status"),
    ("biosample", "organisms"): ("Organism",),
    ("specimen", "sample_preparation"): ("Sample preparation protocol", "Sample preparation"),
    ("acquisition", "methods"): ("Imaging method",),
    ("analysis", "analysis_method"): ("Image analysis overview", "Analysis method"),
    ("annotation_method", "overview"): ("Annotation overview",),
    ("annotation_method", "method_types"): ("Annotation type",),
    ("annotation_method", "criteria"): ("Annotation criteria",),
    ("annotation_method", "coverage"): ("Annotation coverage",),
    ("annotation_method", "confidence"): ("Annotation confidence level",),
    ("component", "title"): ("Name", "Title"),
}
# Columns of tables that are sections within an entity's.
COLUMNS: dict[tuple[str, str, str], tuple[str, ...]] = {
    ("biosample", "organisms", "organism"): ("Scientific name",),
    ("acquisition", "methods", "method"): ("Ontology Value",),
}
# Their attributes that name the term of a column.
TERM_ATTRIBUTES: dict[tuple[str, str], tuple[str, str]] = {
    ("biosample", "organisms"): ("NCBI taxon ID", "organism"),
    ("acquisition", "methods"): ("Ontology Term ID", "method"),
}
VARIABLES = {
    "Intrinsic variable": "intrinsic",
    "Extrinsic variable": "extrinsic",
    "Experimental variable": "experimental",
}
ASSOCIATIONS = "Associations"
FILE_LIST = "File List"
FULL_NAME = "Name"  # of a person


def same(name: str) -> str:
    """The name without what may differ in spelling."""
    return re.sub(r"[\s_-]+", " ", name).strip().lower()


def attribute_name(module: Module, one: Field) -> str:
    return FIELDS.get((module.key, one.name), (_own(one.name),))[0]


def column_name(module: Module, one: Field, column: Field) -> str:
    return COLUMNS.get((module.key, one.name, column.name), (_own(column.name),))[0]


def section_name(module: Module) -> str:
    return SECTIONS.get(module.key, (module.label,))[0]


def module_of(section: str) -> Module | None:
    """The module that sections of this type are rows of."""
    return _MODULES.get(same(section))


def field_of(module: Module, attribute: str) -> Field | None:
    """The field that attributes of this name fill."""
    return _FIELDS.get((module.key, same(attribute)))


def columns_of(module: Module, one: Field) -> dict[str, Field]:
    """The columns of a table by the names of their attributes."""
    names = {
        same(name): column
        for column in one.columns
        for name in (*COLUMNS.get((module.key, one.name, column.name), ()), column.name)
    }
    return names


def is_known(module: Module, attribute: str) -> bool:
    """Whether an attribute of this name is more than a pair."""
    if same(attribute) in {same(FILE_LIST), *(same(name) for name in VARIABLES)}:
        return True
    return field_of(module, attribute) is not None or (
        module.key == "contributor" and same(attribute) == same(FULL_NAME)
    )


def _own(name: str) -> str:
    return name.replace("_", " ").capitalize()


_MODULES = {
    same(name): BY_KEY[key] for key in BY_KEY for name in SECTIONS.get(key, (BY_KEY[key].label, BY_KEY[key].key))
}
_FIELDS: dict[tuple[str, str], Field] = {
    (module.key, same(name)): one
    for module in MODULES
    for one in module.fields
    for name in (*FIELDS.get((module.key, one.name), ()), *(() if one.kind is Kind.ROWS else (one.name,)))
}
for _module in MODULES:
    for _one in _module.fields:
        if _one.kind is Kind.ROWS and len(_one.columns) == 1:
            _FIELDS.setdefault((_module.key, same(_one.name)), _one)
