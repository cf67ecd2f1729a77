"""The modules about what was computed from images: correlation, analysis (REMBI) and annotation (MIFA)."""

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

# MIFA (Zulueta-Coarasa et al., 2025), annotation types.
ANNOTATION_TYPES = (
    ("class_labels", "class labels"),
    ("bounding_boxes", "bounding boxes"),
    ("counts", "counts"),
    ("derived_annotations", "derived annotations"),
    ("geometrical_annotations", "geometrical annotations"),
    ("graphs", "graphs"),
    ("point_annotations", "point annotations"),
    ("segmentation_mask", "segmentation mask"),
    ("tracks", "tracks"),
    ("weak_annotations", "weak annotations"),
    ("other", "other"),
)

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
        Field("related_images", "Related images", "Which images are aligned, and how they relate.",
              "em_01.tif lies within lm_01.tif",
              Level.OPTIONAL, Kind.LONGTEXT, source="REMBI Image correlation/Related images and relationship"),
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
              columns=(Field("name", "Name", "Name of the program.", "CellProfiler", Level.REQUIRED),
                       Field("version", "Version", "Its version.", "4.2.5"),
                       Field("url", "Address", "Where to find it.", "https://cellprofiler.org", kind=Kind.URL))),
    ),
)  # fmt: skip

ANNOTATION_METHOD = Module(
    key="annotation_method",
    label="Annotation",
    plural="annotation_methods",
    plural_label="Annotations",
    help="How masks, classes or other annotations of images were made (MIFA).",
    fields=(
        Field("title", "Name", "A short name.", "Manual nuclei masks", Level.REQUIRED,
              source="MIFA Annotations/Title"),
        Field("overview", "Overview", "How the annotations were made.",
              "nuclei outlined by hand in every image", Level.REQUIRED, Kind.LONGTEXT,
              source="MIFA Annotations/Annotation overview"),
        Field("method_types", "Kind of annotation", "One row a kind.", "segmentation_mask", Level.REQUIRED,
              Kind.ROWS, source="MIFA Annotations/Annotation type",
              columns=(Field("method_type", "Kind", "MIFA's types.", "segmentation_mask", Level.REQUIRED,
                             Kind.CHOICE, choices=ANNOTATION_TYPES),)),
        Field("annotation_source", "Made by", "Who or what made them.", "expert", Level.RECOMMENDED, Kind.CHOICE,
              source="MIFA Annotations/Annotation source",
              choices=(("expert", "expert"), ("crowd", "crowd"), ("consensus", "consensus"),
                       ("algorithm", "algorithm"))),
        Field("criteria", "Criteria", "By which rules objects were annotated.",
              "nuclei that touch the border are left out", Level.OPTIONAL, Kind.LONGTEXT,
              source="MIFA Annotations/Annotation criteria"),
        Field("coverage", "Coverage", "Which images, and what of them, are annotated.",
              "all images; the nuclei only",
              source="MIFA Annotations/Annotation coverage"),
        Field("confidence", "Confidence", "How sure the annotators are.", "two people agreed on 95 % of the nuclei",
              source="MIFA Annotations/Annotation confidence level"),
        Field("spatial_information", "Spatial information", "How annotations relate to the image's coordinates.",
              "same pixels as the image", Level.OPTIONAL, Kind.LONGTEXT, source="MIFA Annotations/Spatial information"),
    ),
)  # fmt: skip
