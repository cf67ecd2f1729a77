"""The modules about what was computed from images: correlation and analysis (REMBI)."""

from catalogue.rules.fields import Field, Kind, Level, Module

ANALYSIS_TYPES = (
    ("segmentation", "segmentation"),
    ("tracks", "tracks"),
    ("measurements", "measurements"),
    ("phenotype", "phenotype"),
    ("registration", "registration"),
    ("reconstruction", "reconstruction"),
    ("other", "other"),
)

PAIR_RELATIONS = (
    ("same field of view", "the same field of view"),
    ("lies within", "the first lies within the second"),
    ("contains", "the first contains the second"),
    ("overlaps", "they overlap"),
    ("next section", "the next section of the same block"),
    ("later time", "the same place at a later time"),
    ("other", "other"),
)

SOFTWARE = (
    Field("name", "Name", "Name of the program.", "CellProfiler", Level.REQUIRED),
    Field("version", "Version", "Its version.", "4.2.5"),
    Field("url", "Address", "Where to find it.", "https://cellprofiler.org", kind=Kind.URL),
)  # fmt: skip


def material(path_help: str, example: str) -> tuple[Field, ...]:
    """The columns of what goes into a process or comes out of it."""
    return (
        Field("path", "File or folder", path_help, example),
        Field("component", "Study component", "Or all images of a component.", "", Level.OPTIONAL, Kind.REFERENCE,
              target="component"),
    )  # fmt: skip


CORRELATION = Module(
    key="correlation",
    label="Image correlation",
    plural="correlations",
    plural_label="Image correlation",
    help="How images of several methods or times were aligned with one another.",
    fields=(
        Field("title", "Name", "A short name.", "CLEM alignment", Level.RECOMMENDED),
        Field("spatial_and_temporal_alignment", "Alignment", "How the images were brought together.",
              "manual, by landmarks in 3D", Level.REQUIRED, Kind.LONGTEXT,
              source="REMBI Image correlation/Spatial and temporal alignment"),
        Field("fiducials_used", "Fiducials", "Marks used for the alignment.", "100 nm beads",
              source="REMBI Image correlation/Fiducials used"),
        Field("coordinates", "Coordinates", "Coordinates of the fiducials.", "bead 1: 12.4, 80.1, 3.0 µm",
              Level.OPTIONAL, Kind.LONGTEXT, source="REMBI Image correlation/Coordinates"),
        Field("transformation_matrix", "Transformation", "The matrix, row by row.", "1 0 12.5; 0 1 -3.2; 0 0 1",
              Level.OPTIONAL, Kind.LONGTEXT, source="REMBI Image correlation/Transformation matrix"),
        Field("related_images", "Related images", "Which images are aligned, and how they relate, in words.",
              "every EM image lies within the light microscopy image of the same name",
              Level.OPTIONAL, Kind.LONGTEXT, source="REMBI Image correlation/Related images and relationship"),
        Field("image_pairs", "Pairs of images", "The same image by image, one row a pair.",
              "em_01.tif lies within lm_01.tif",
              Level.OPTIONAL, Kind.ROWS, source="REMBI Image correlation/Related images and relationship",
              columns=(Field("image", "Image", "Its path in the study.", "em_01.tif", Level.REQUIRED),
                       Field("relationship", "How it relates", "To the other image.", "lies within",
                             Level.REQUIRED, Kind.CHOICE, choices=PAIR_RELATIONS),
                       Field("related_image", "Other image", "Its path in the study.", "lm_01.tif",
                             Level.REQUIRED))),
    ),
)  # fmt: skip

ANALYSIS = Module(
    key="analysis",
    label="Analysis",
    plural="analyses",
    plural_label="Analysis",
    help="What was computed from the images, and how.",
    level=Level.RECOMMENDED,
    fields=(
        Field("title", "Name", "A short name.", "Nuclei segmentation", Level.REQUIRED,
              source="REMBI Analysed data/Title"),
        Field("analysis_result_type", "Kind of result", "What comes out.", "segmentation", Level.REQUIRED,
              Kind.CHOICE, choices=ANALYSIS_TYPES, source="REMBI Analysed data/Analysis result type"),
        Field("analysis_method", "How it was done", "The steps, with their parameters.",
              "CellProfiler 4.2, IdentifyPrimaryObjects on DAPI", Level.REQUIRED, Kind.LONGTEXT,
              source="REMBI Analysed data/Data used for analysis"),
        Field("features_analysed", "Features", "What was measured.", "area, intensity, texture",
              source="REMBI Analysed data/Features analysed"),
        Field("software", "Software", "Programs used, one a row.", "CellProfiler", Level.RECOMMENDED, Kind.ROWS,
              source="REMBI Analysed data/Software",
              columns=SOFTWARE),
        Field("phenotypes", "Phenotypes", "What was seen of cells or organisms, one row each.",
              "increased cell size", Level.OPTIONAL, Kind.ROWS, source="REMBI Analysed data/Analysis result type",
              columns=(Field("phenotype", "Phenotype", "A CMPO or PATO term.", "increased cell size",
                             Level.REQUIRED, Kind.TERM, vocabulary="phenotype"),)),
        Field("inputs", "Made from", "Files, folders or components that went in, one row each.", "plate2/raw",
              Level.OPTIONAL, Kind.ROWS, columns=material("Its path in the study.", "plate2/raw"),
              source="REMBI Analysed data/Data used for analysis"),
        Field("outputs", "Results", "Files, folders or components that came out, one row each.",
              "results/nuclei.csv", Level.OPTIONAL, Kind.ROWS,
              columns=material("Its path in the study.", "results/nuclei.csv"),
              source="REMBI Analysed data/Data used for analysis"),
    ),
)  # fmt: skip
