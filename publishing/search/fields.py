"""What can be searched by name: the one table of which the query language, engines, facets and help are made.

Names are the field's standard terms (REMBI, OME) as people type them: `pixel_size:<0.2um`, `organism:Mammalia`.
"""

from dataclasses import dataclass
from enum import Enum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Kind(Enum):
    TEXT = "text"  # words of it are found, by their stems
    VALUE = "value"  # the whole of it is compared, case ignored
    TERM = "term"  # as VALUE; a term also finds what carries a term below it
    NUMBER = "number"
    DATE = "date"


@dataclass(frozen=True)
class Field:
    """`unit` is the one that numbers are held in; `facet` says that its values are counted beside the hits (a NUMBER
    then has them as texts too). `example` is a value as it may be typed."""

    name: str
    label: str | Promise
    kind: Kind
    example: str
    facet: bool = False
    unit: str = ""
    aliases: tuple[str, ...] = ()


_TEXT, _VALUE, _TERM, _NUMBER, _DATE = Kind.TEXT, Kind.VALUE, Kind.TERM, Kind.NUMBER, Kind.DATE

FIELDS: dict[str, Field] = {
    field.name: field
    for field in (
        # Facets, in the order in which they stand beside the hits
        Field("organism", _("Organism"), _TERM, "Mammalia", facet=True, aliases=("taxon", "species")),
        Field("method", _("How it was imaged"), _TERM, "confocal microscopy", facet=True, aliases=("imaging_method",)),
        Field("tissue", _("Tissue or organ"), _TERM, "brain", facet=True, aliases=("organ", "anatomy")),
        Field("cell", _("Cell"), _TERM, "neuron", facet=True, aliases=("cell_type", "cell_line")),
        Field("marker", _("Stain or marker"), _TERM, "CD45", facet=True, aliases=("stain", "target", "gene")),
        Field("phenotype", _("Phenotype"), _TERM, "elongated cell", facet=True),
        Field("dimensions", _("Dimensions"), _VALUE, "3D", facet=True),
        Field("channels", _("Number of channels"), _NUMBER, ">3", facet=True),
        Field("format", _("File format"), _VALUE, "OME-TIFF", facet=True),
        Field("has", _("Comes with"), _VALUE, "plate", facet=True, aliases=("with",)),
        Field("licence", _("Licence"), _VALUE, "CC-BY-4.0", facet=True, aliases=("license",)),
        Field("year", _("Year of publication"), _NUMBER, ">2024", facet=True),
        Field("funder", _("Funder"), _VALUE, "Wellcome Trust", facet=True),
        Field("type", _("What it is"), _VALUE, "image", facet=True),
        # Texts
        Field("title", _("Title"), _TEXT, "nuclei", aliases=("name",)),
        Field("description", _("Description"), _TEXT, "cleared"),
        Field("author", _("Author"), _TEXT, "family name", aliases=("authors",)),
        Field("keyword", _("Keyword"), _TEXT, "mitosis", aliases=("keywords",)),
        Field("channel", _("Name of a channel"), _TEXT, "DAPI"),
        Field("file", _("Name of a file"), _TEXT, "plate1"),
        # Values that are too many to be counted
        Field("accession", _("Accession"), _VALUE, "VIT-1", aliases=("study",)),
        Field("doi", _("DOI"), _VALUE, "10.5072/vit-1"),
        Field("instrument", _("Microscope"), _TEXT, "LSM 880", aliases=("microscope",)),
        Field("pixel_type", _("Pixel type"), _VALUE, "uint16"),
        # Numbers and dates
        Field("pixel_size", _("Pixel size"), _NUMBER, "<0.2um", unit="µm"),
        Field("step_size", _("Distance of z planes"), _NUMBER, "<1um", unit="µm", aliases=("pixel_size_z",)),
        Field("width", _("Width in pixels"), _NUMBER, ">2000", aliases=("size_x",)),
        Field("height", _("Height in pixels"), _NUMBER, ">2000", aliases=("size_y",)),
        Field("planes", _("Planes in z"), _NUMBER, ">10", aliases=("size_z", "z")),
        Field("timepoints", _("Points in time"), _NUMBER, ">1", aliases=("size_t", "t")),
        Field("emission", _("Emission wavelength"), _NUMBER, "500nm..550nm", unit="µm"),
        Field("excitation", _("Excitation wavelength"), _NUMBER, "488nm", unit="µm"),
        Field("na", _("Numerical aperture"), _NUMBER, ">=1.2", aliases=("numerical_aperture",)),
        Field("magnification", _("Magnification"), _NUMBER, "63"),
        Field("images", _("Number of images of a study"), _NUMBER, ">100"),
        Field("bytes", _("Size of all files of a study"), _NUMBER, ">1GB", unit="B", aliases=("size",)),
        Field("published", _("Day of publication"), _DATE, ">2025"),
        Field("acquired", _("Day of acquisition"), _DATE, "2024-05..2024-07"),
    )
}

FACETS: tuple[str, ...] = tuple(name for name, field in FIELDS.items() if field.facet)

_BY_NAME = {alias: field for field in FIELDS.values() for alias in (field.name, *field.aliases)}


def field_named(name: str) -> Field | None:
    """The field of this name or alias, case ignored; `-` may stand for `_`."""
    return _BY_NAME.get(name.casefold().replace("-", "_"))


def of_kind(*kinds: Kind) -> tuple[str, ...]:
    return tuple(name for name, field in FIELDS.items() if field.kind in kinds)


# Attributes of Document that hold texts, with the weights of a word found there.
TEXT_FIELDS: dict[str, float] = {
    "title": 4.0,
    "keywords": 3.0,
    "terms": 2.0,
    "authors": 2.0,
    "channels": 1.5,
    "description": 1.0,
    "files": 1.0,
    "instruments": 1.0,
    "key_values": 0.7,
    "context": 0.5,
}
# The attributes behind the fields of kind TEXT.
ATTRIBUTES = {name: name if name in TEXT_FIELDS else f"{name}s" for name in of_kind(Kind.TEXT)}
