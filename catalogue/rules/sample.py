"""The modules about what was imaged and how it was prepared."""

from catalogue.rules.archives import CHOICES as ARCHIVES
from catalogue.rules.fields import Field, Kind, Level, Module

VARIABLE_KINDS = (
    ("intrinsic", "intrinsic: a property of the sample, e.g. genotype"),
    ("extrinsic", "extrinsic: something added, e.g. a compound"),
    ("experimental", "experimental: what varies between images, e.g. dose or time"),
)

_IDENTIFIER = (
    Field("database", "Archive", "Which archive or registry.", "cellosaurus", Level.REQUIRED, Kind.CHOICE,
          choices=ARCHIVES),
    Field("accession", "Identifier", "As the archive writes it.", "CVCL_0030", Level.REQUIRED, Kind.ACCESSION),
)  # fmt: skip

BIOSAMPLE = Module(
    key="biosample",
    label="Sample",
    plural="biosamples",
    plural_label="Samples",
    help="The organism, tissue or cells that were imaged.",
    level=Level.REQUIRED,
    fields=(
        Field("title", "Name", "A short name for this sample.", "Schwann cells, NF1 +/+", Level.REQUIRED,
              source="REMBI Biosample/Title"),
        Field("organisms", "Organism", "Choose from the list while typing; one row an organism.", "Homo sapiens",
              Level.REQUIRED, Kind.ROWS, source="REMBI Biosample/Organism",
              columns=(Field("organism", "Organism", "Scientific name, an NCBITaxon term.", "Homo sapiens",
                             Level.REQUIRED, Kind.TERM, vocabulary="organism"),
                       Field("common_name", "Common name", "As people call it.", "human"))),
        Field("biological_entity", "Tissue, cell or structure", "What part of the organism the images show.",
              "Schwann cell", Level.REQUIRED, Kind.TERM, vocabulary="biological_entity",
              source="REMBI Biosample/Biological entity"),
        Field("strain", "Strain or cell line", "Name of the strain or line.", "ipNF95.11bC", Level.RECOMMENDED,
              Kind.TERM, vocabulary="strain", source="BioImage Archive BioSample/strain"),
        Field("description", "Description", "Anything else about the sample.", "immortalised; passage 12",
              Level.OPTIONAL, Kind.LONGTEXT, source="REMBI Biosample/Description"),
        Field("growth_protocol", "Growth protocol", "How the organism or cells were grown.",
              "DMEM with 10 % FBS at 37 °C", Level.OPTIONAL, Kind.LONGTEXT,
              source="BioImage Archive BioSample/growth protocol"),
        Field("variables", "Variables", "Genotype, compound, dose, time: what defines or varies this sample.",
              "genotype = NF1 knock-out", Level.RECOMMENDED, Kind.ROWS,
              source="REMBI Biosample/Intrinsic, Extrinsic and Experimental variables",
              columns=(Field("kind", "Kind", "Where the variable comes from.", "intrinsic", Level.REQUIRED,
                             Kind.CHOICE, choices=VARIABLE_KINDS),
                       Field("name", "Variable", "What it is.", "genotype", Level.REQUIRED),
                       Field("value", "Value", "Its value, or the values it takes.", "NF1 -/-", Level.RECOMMENDED,
                             Kind.TERM, vocabulary="variable"),
                       Field("unit", "Unit", "Unit of the value.", "µM"))),
        Field("identifiers", "Identifiers elsewhere",
              "What the sample, strain or cell line is called in other archives, one row each.",
              "Cellosaurus CVCL_0030", Level.OPTIONAL, Kind.ROWS, columns=_IDENTIFIER,
              source="REMBI Biosample/Identity; RRID (Bandrowski et al., 2016, doi:10.1016/j.neuron.2016.04.030)"),
    ),
)  # fmt: skip

SPECIMEN = Module(
    key="specimen",
    label="Preparation",
    plural="specimens",
    plural_label="Preparations",
    help="How a sample was prepared for imaging: fixed, stained, embedded, mounted.",
    level=Level.REQUIRED,
    fields=(
        Field("title", "Name", "A short name for this preparation.", "Fixed and stained, plate 2", Level.REQUIRED,
              source="REMBI Specimen/Title"),
        Field("biosample", "Sample", "The sample that was prepared.", "", Level.REQUIRED, Kind.REFERENCE,
              target="biosample", source="REMBI Specimen/Biosample"),
        Field("sample_preparation", "How it was prepared", "Fixation, staining, clearing, embedding, in order.",
              "Fixed in 4 % PFA, permeabilised, stained with Hoechst 33342", Level.REQUIRED, Kind.LONGTEXT,
              source="REMBI Specimen/Sample preparation"),
        Field("growth_protocol", "Growth protocol", "If it differs from the sample's.",
              "serum-free for 24 h before fixation", Level.OPTIONAL, Kind.LONGTEXT,
              source="REMBI Specimen/Growth protocol"),
        Field("experimental_status", "Test or control", "Its part in the experiment.", "control",
              Level.RECOMMENDED, Kind.CHOICE, source="REMBI Specimen/Experimental status",
              choices=(("test", "test"), ("control", "control"))),
        Field("further_biosamples", "Other samples in it",
              "If it is made of several samples, e.g. a co-culture: the others, one row each.",
              "fibroblasts of the same donor", Level.OPTIONAL, Kind.ROWS, source="REMBI Specimen/Biosample",
              columns=(Field("biosample", "Sample", "Another sample of this preparation.", "", Level.REQUIRED,
                             Kind.REFERENCE, target="biosample"),)),
        Field("location_within_biosample", "Place in the sample", "Where in the sample it was taken.",
              "cortex, layer 4", source="REMBI Specimen/Location within biosample"),
    ),
)  # fmt: skip

CHANNEL = Module(
    key="channel",
    label="Channel",
    plural="channels",
    plural_label="Channels",
    help="What each channel of a preparation shows.",
    level=Level.RECOMMENDED,
    fields=(
        Field("specimen", "Preparation", "The preparation that was stained.", "", Level.REQUIRED, Kind.REFERENCE,
              target="specimen", source="REMBI Specimen/Signal channel"),
        Field("content", "What it shows", "The labelled structure.", "DNA", Level.REQUIRED, Kind.TERM,
              vocabulary="channel_content", source="REMBI Channel/Content"),
        Field("biological_entity", "Molecule", "The protein or molecule that is bound, if any.", "actin",
              Level.RECOMMENDED, Kind.TERM, vocabulary="molecule", source="REMBI Channel/Biological entity"),
        Field("channel_label", "Label", "Fluorophore, antibody, dye or metal tag.", "Hoechst 33342",
              Level.RECOMMENDED, source="REMBI Channel/Label"),
        Field("contrast_mechanism", "Contrast", "What makes the signal.", "fluorescence", Level.OPTIONAL,
              Kind.TERM, vocabulary="imaging_method", source="REMBI Channel/Signal contrast mechanism"),
        Field("identifiers", "Identifiers elsewhere",
              "Of the antibody, plasmid, dye or bound protein, one row each.", "RRID AB_2298772", Level.OPTIONAL,
              Kind.ROWS, columns=_IDENTIFIER,
              source="REMBI Channel/Biological entity; RRID (doi:10.1016/j.neuron.2016.04.030)"),
    ),
)  # fmt: skip
