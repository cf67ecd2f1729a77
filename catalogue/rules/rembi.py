"""REMBI (Sarkans et al., 2021, doi:10.1038/s41592-021-01166-8) as the table of modules and fields.

Labels and help are in the words of biologists; `source` names the standard's element. English here, translated
where they are shown.
"""

from catalogue.rules.analysis import ANALYSIS, CORRELATION
from catalogue.rules.annotation import ANNOTATION, ANNOTATION_METHOD
from catalogue.rules.fields import Field, Kind, Level, Module
from catalogue.rules.image_data import CREATION, IMAGE_DATA
from catalogue.rules.people import CONTRIBUTOR, FUNDING, LINK, ORGANISATION, PUBLICATION
from catalogue.rules.sample import BIOSAMPLE, CHANNEL, SPECIMEN

STUDY = Module(
    key="study",
    label="Study",
    plural="study",
    plural_label="Study",
    help="What was studied, and how others may use it.",
    repeated=False,
    level=Level.REQUIRED,
    fields=(
        Field(
            "title",
            "Title",
            "One sentence that tells a stranger what was imaged and why. At least 25 characters.",
            "Cell Painting of Schwann cells with and without neurofibromin",
            Level.REQUIRED,
            source="REMBI Study/Title",
            min_length=25,
        ),
        Field(
            "description",
            "Description",
            "What was asked, what was imaged and what the images show. At least 25 characters.",
            "Isogenic Schwann cells of two NF1 genotypes were stained for nuclei, endoplasmic reticulum and actin, "
            "to find how the loss of neurofibromin changes the shape of cells.",
            Level.REQUIRED,
            Kind.LONGTEXT,
            source="REMBI Study/Description",
            min_length=25,
        ),
        Field(
            "keywords",
            "Keywords",
            "Words that people would search for, one a row.",
            "cell painting",
            Level.RECOMMENDED,
            Kind.ROWS,
            source="REMBI Study/Keywords",
            columns=(Field("text", "Keyword", "One word or short phrase.", "cell painting", Level.REQUIRED),),
        ),
        Field(
            "licence",
            "Licence",
            "What others may do with the data. CC0 and CC BY 4.0 let them reuse it most freely.",
            "CC-BY-4.0",
            Level.REQUIRED,
            Kind.LICENCE,
            source="REMBI Study/License",
        ),
        Field(
            "release_date",
            "Release date",
            "The day the study may become public. Leave it empty to publish as soon as it is approved.",
            "2027-03-01",
            Level.OPTIONAL,
            Kind.DATE,
            source="REMBI Study/Release date",
        ),
        Field(
            "private_until",
            "Private until",
            "The day before which nothing may be shown, e.g. because a journal or a patent asks for it.",
            "2027-02-15",
            Level.OPTIONAL,
            Kind.DATE,
            source="REMBI Study/Private until date",
        ),
        Field(
            "funding_statement",
            "Funding statement",
            "The sentence your funder asks you to print.",
            "This work was funded by …",
            Level.OPTIONAL,
            Kind.LONGTEXT,
            source="REMBI Study/Funding statement",
        ),
        Field(
            "acknowledgements",
            "Acknowledgements",
            "Facilities and people to thank.",
            "We thank the light microscopy facility of …",
            Level.OPTIONAL,
            Kind.LONGTEXT,
            source="REMBI Study/Acknowledgements",
        ),
        Field(
            "language",
            "Language",
            "The language in which the metadata is written.",
            "en",
            Level.OPTIONAL,
            Kind.CHOICE,
            source="dcterms:language",
            choices=(("en", "English"), ("de", "German"), ("fr", "French"), ("es", "Spanish"), ("ja", "Japanese")),
        ),
    ),
)

ACQUISITION = Module(
    key="acquisition",
    label="Image acquisition",
    plural="acquisitions",
    plural_label="How it was imaged",
    help="Instrument, settings and method by which images were taken.",
    level=Level.REQUIRED,
    fields=(
        Field("title", "Name", "A short name for this set-up.", "Widefield, 20x", Level.REQUIRED,
              source="REMBI Image acquisition/Title"),
        Field("imaging_instrument", "Instrument", "Make and model, as the manufacturer writes it.",
              "Nikon Eclipse Ti2-E", Level.REQUIRED, Kind.LONGTEXT,
              source="REMBI Image acquisition/Imaging instrument"),
        Field("image_acquisition_parameters", "Settings",
              "Objective, exposure, laser power, binning: what another lab needs to repeat it.",
              "Plan Apo 20x/0.75, 100 ms exposure, 2x2 binning", Level.REQUIRED, Kind.LONGTEXT,
              source="REMBI Image acquisition/Image acquisition parameters"),
        Field("methods", "Imaging method", "Choose from the list while typing; one row a method.",
              "fluorescence microscopy", Level.REQUIRED, Kind.ROWS,
              source="REMBI Image acquisition/Imaging method",
              columns=(Field("method", "Method", "An FBbi imaging method.", "confocal microscopy", Level.REQUIRED,
                             Kind.TERM, vocabulary="imaging_method"),)),
    ),
)  # fmt: skip

COMPONENT = Module(
    key="component",
    label="Study component",
    plural="components",
    plural_label="Study components",
    help="A group of images that were made alike, e.g. one screen or one experiment.",
    level=Level.REQUIRED,
    fields=(
        Field("title", "Name", "What this group of images is.", "Plate 2, 20x", Level.REQUIRED,
              source="REMBI Study component/Title"),
        Field("description", "Description", "What these images have in common.",
              "Five wells of plate 2, three channels each", Level.REQUIRED, Kind.LONGTEXT,
              source="REMBI Study component/Description"),
        Field("associations", "Made from", "Which sample, preparation and imaging set-up belong to these images.",
              "Schwann cells → fixed and stained → widefield 20x", Level.REQUIRED, Kind.ROWS,
              source="REMBI Study component/Associations",
              columns=(
                  Field("biosample", "Sample", "The biological sample.", "", Level.REQUIRED, Kind.REFERENCE,
                        target="biosample"),
                  Field("specimen", "Preparation", "How the sample was prepared.", "", Level.REQUIRED,
                        Kind.REFERENCE, target="specimen"),
                  Field("acquisition", "Imaging", "How it was imaged.", "", Level.REQUIRED, Kind.REFERENCE,
                        target="acquisition"),
                  Field("correlation", "Correlation", "How images of several methods were aligned.", "",
                        Level.OPTIONAL, Kind.REFERENCE, target="correlation"),
                  Field("analysis", "Analysis", "What was computed from the images.", "", Level.OPTIONAL,
                        Kind.REFERENCE, target="analysis"),
                  Field("annotation_method", "Annotation", "How the images were annotated.", "", Level.OPTIONAL,
                        Kind.REFERENCE, target="annotation_method"),
              )),
    ),
)  # fmt: skip

MODULES: tuple[Module, ...] = (
    STUDY,
    CONTRIBUTOR,
    ORGANISATION,
    FUNDING,
    PUBLICATION,
    LINK,
    BIOSAMPLE,
    SPECIMEN,
    CHANNEL,
    ACQUISITION,
    CORRELATION,
    ANALYSIS,
    ANNOTATION_METHOD,
    COMPONENT,
    IMAGE_DATA,
    CREATION,
    ANNOTATION,
)
BY_KEY = {module.key: module for module in MODULES}
BY_PLURAL = {module.plural: module for module in MODULES}
