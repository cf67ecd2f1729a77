"""The modules about annotations of images (MIFA, Zulueta-Coarasa et al., 2025): how they were made, which there are."""

from catalogue.rules.analysis import SOFTWARE
from catalogue.rules.fields import Field, Kind, Level, Module

LABEL_IMAGE = "label image"  # the form by which catalogue.label_images knows them

# MIFA, annotation types.
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

ANNOTATION_METHOD = Module(
    key="annotation_method",
    label="Annotation method",
    plural="annotation_methods",
    plural_label="Annotation methods",
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
        Field("authors", "Annotators", "Who annotated, one row each.", "Ada Lovelace", Level.OPTIONAL, Kind.ROWS,
              source="MIFA Annotations/Authors",
              columns=(Field("name", "Name", "Of somebody who is not among the study's people.", "Ada Lovelace"),
                       Field("contributor", "Person", "Or one of the study's people.", "", Level.OPTIONAL,
                             Kind.REFERENCE, target="contributor"))),
        Field("software", "Software", "Programs used, one a row.", "napari", Level.OPTIONAL, Kind.ROWS,
              columns=SOFTWARE, source="MIFA Annotations/Annotation method"),
        Field("spatial_information", "Spatial information", "How annotations relate to the image's coordinates.",
              "same pixels as the image", Level.OPTIONAL, Kind.LONGTEXT, source="MIFA Annotations/Spatial information"),
    ),
)  # fmt: skip

ANNOTATION = Module(
    key="annotation",
    label="Annotation",
    plural="annotations",
    plural_label="Annotations",
    help="Masks, classes or regions of an image, one entry a file; many of them come easier by a file list.",
    fields=(
        Field("title", "Name", "A short name.", "Nuclei of well B07", source="MIFA Annotations/Annotation ID"),
        Field("source_image", "Image", "Path of the image that is annotated.", "plate2/B07.ome.tif", Level.REQUIRED,
              source="MIFA Annotations/Source image ID"),
        Field("annotation_type", "Kind", "MIFA's types.", "segmentation_mask", Level.REQUIRED, Kind.CHOICE,
              choices=ANNOTATION_TYPES, source="MIFA Annotations/Annotation type"),
        Field("method", "Method", "How it was made.", "", Level.REQUIRED, Kind.REFERENCE,
              target="annotation_method", source="MIFA Annotations/Annotation method"),
        Field("path", "File", "Path of the file that holds the annotation.", "plate2/B07_nuclei.tif",
              Level.RECOMMENDED, source="MIFA Annotations/File"),
        Field("held_in", "Held in",
              "In what form. A label image has the number of its object in each pixel, and is delivered as such.",
              LABEL_IMAGE, Level.OPTIONAL, Kind.CHOICE,
              source="MIFA Annotations/File",
              choices=((LABEL_IMAGE, LABEL_IMAGE), ("ROI set", "ROI set"), ("table", "table"),
                       ("other file", "other file"))),
        Field("creation_time", "Made on", "The day.", "2026-05-04", Level.OPTIONAL, Kind.DATE,
              source="MIFA Annotations/Annotation creation time"),
        Field("transformation", "Transformation", "What maps the annotation's coordinates to the image's.",
              "none: the same pixel grid", Level.OPTIONAL, Kind.LONGTEXT, source="MIFA Annotations/Transformations"),
        Field("version", "Version", "If it was revised.", "2", source="MIFA Annotations/Version"),
    ),
)  # fmt: skip
