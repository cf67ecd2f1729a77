"""The OME model 2016-06 as tables: what a file's OME metadata says, an entity a table, an attribute a column.

May enter: models of OME entities, named as OME names them. What every image has (Image, Pixels, Channel) is in
`catalogue.models.image`.
"""

from catalogue.models.ome.annotation import AnnotationRef, BinaryFile, BinData, External, MapEntry, StructuredAnnotation
from catalogue.models.ome.base import BinaryOnly, OmeDocument, OmeRow, Rights
from catalogue.models.ome.experiment import Experiment, MicrobeamManipulation, MicrobeamManipulationRef
from catalogue.models.ome.instrument import (
    Detector,
    Dichroic,
    Filter,
    FilterRef,
    FilterSet,
    Instrument,
    LightSource,
    Microscope,
    Objective,
    Part,
    TransmittanceRange,
)
from catalogue.models.ome.people import Experimenter, ExperimenterGroup, ExperimenterRef, Leader
from catalogue.models.ome.project import Dataset, DatasetRef, Folder, FolderRef, ImageRef, Project
from catalogue.models.ome.roi import ROI, ROIRef, Shape, Transform
from catalogue.models.ome.screen import (
    Plate,
    PlateAcquisition,
    PlateRef,
    Reagent,
    Screen,
    Well,
    WellSample,
    WellSampleRef,
)
from catalogue.models.ome.settings import (
    DetectorSettings,
    ImagingEnvironment,
    LightPath,
    LightSourceSettings,
    ObjectiveSettings,
    StageLabel,
)

__all__ = [
    "ROI",
    "AnnotationRef",
    "BinData",
    "BinaryFile",
    "BinaryOnly",
    "Dataset",
    "DatasetRef",
    "Detector",
    "DetectorSettings",
    "Dichroic",
    "Experiment",
    "Experimenter",
    "ExperimenterGroup",
    "ExperimenterRef",
    "External",
    "Filter",
    "FilterRef",
    "FilterSet",
    "Folder",
    "FolderRef",
    "ImageRef",
    "ImagingEnvironment",
    "Instrument",
    "Leader",
    "LightPath",
    "LightSource",
    "LightSourceSettings",
    "MapEntry",
    "MicrobeamManipulation",
    "MicrobeamManipulationRef",
    "Microscope",
    "Objective",
    "ObjectiveSettings",
    "OmeDocument",
    "OmeRow",
    "Part",
    "Plate",
    "PlateAcquisition",
    "PlateRef",
    "Project",
    "ROIRef",
    "Reagent",
    "Rights",
    "Screen",
    "Shape",
    "StageLabel",
    "StructuredAnnotation",
    "Transform",
    "TransmittanceRange",
    "Well",
    "WellSample",
    "WellSampleRef",
]
