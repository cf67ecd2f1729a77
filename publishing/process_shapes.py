"""The frozen shapes (record_schema 1) of how images were made, aligned and annotated, in the words of REMBI and MIFA.

Images and files are named by their paths in the study; other parts by their ids.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Material:
    """What went into a process or came out of it: a path in the study, or the id of a component."""

    path: str = ""
    component: str = ""


@dataclass(frozen=True)
class ImagePair:
    """Two images by their paths."""

    image: str = ""
    relationship: str = ""
    related_image: str = ""


@dataclass(frozen=True)
class ImageCorrelation:
    id: str
    title: str = ""
    spatial_and_temporal_alignment: str = ""
    fiducials_used: str = ""
    coordinates: str = ""
    transformation_matrix: str = ""
    related_images: str = ""
    image_pairs: tuple[ImagePair, ...] = ()


@dataclass(frozen=True)
class Software:
    name: str = ""
    version: str = ""
    url: str = ""


@dataclass(frozen=True)
class Annotator:
    """One of the study's people, or somebody by name."""

    name: str = ""
    contributor: str = ""


@dataclass(frozen=True)
class AnnotationMethod:
    id: str
    title: str = ""
    overview: str = ""
    method_types: tuple[str, ...] = ()
    annotation_source: str = ""
    criteria: str = ""
    coverage: str = ""
    confidence: str = ""
    spatial_information: str = ""
    authors: tuple[Annotator, ...] = ()
    software: tuple[Software, ...] = ()


@dataclass(frozen=True)
class Annotation:
    """Annotations of one image (MIFA); images and files by their paths."""

    id: str
    title: str = ""
    source_image: str = ""
    annotation_type: str = ""
    method: str = ""
    held_in: str = ""
    path: str = ""
    creation_time: str = ""
    transformation: str = ""
    version: str = ""


@dataclass(frozen=True)
class ImageDimension:
    axis: str = ""
    size: str = ""
    pixel_size: str = ""
    unit: str = ""


@dataclass(frozen=True)
class QualityMetric:
    name: str = ""
    value: str = ""
    unit: str = ""


@dataclass(frozen=True)
class ImageData:
    """What the depositor says of a component's images."""

    id: str
    title: str = ""
    component: str = ""
    type: str = ""
    format_and_compression: str = ""
    dimensions: tuple[ImageDimension, ...] = ()
    channel_information: str = ""
    processing_method: str = ""
    contrast_inversion: str = ""
    quality_control: str = ""
    quality_metrics: tuple[QualityMetric, ...] = ()


@dataclass(frozen=True)
class CreationProcess:
    """How images were made."""

    id: str
    title: str = ""
    images: tuple[Material, ...] = ()
    input_images: tuple[Material, ...] = ()
    protocol: str = ""
    analysis: str = ""
    acquisitions: tuple[str, ...] = ()
    specimens: tuple[str, ...] = ()
