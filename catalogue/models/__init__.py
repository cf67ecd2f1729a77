from catalogue.models.access import AccessGrant
from catalogue.models.acquisition import ImageAcquisition, ImagingMethod
from catalogue.models.analysis import AnalysedData, AnnotationMethod, AnnotationMethodType, ImageCorrelation, Software
from catalogue.models.component import Association, StudyComponent
from catalogue.models.files import File, Suggestion
from catalogue.models.image import Channel, Image, ImageFile, Pixels, PlaneTable, Representation
from catalogue.models.imports import Import, ListedFile
from catalogue.models.keyvalues import KeyName, KeyText, KeyValue
from catalogue.models.lab_templates import LabTemplate
from catalogue.models.ome import Detector, Filter, Instrument, LightSource, Microscope, Objective
from catalogue.models.people import Affiliation, Contributor, ContributorRole, Funding, Organisation
from catalogue.models.provenance import FieldSource
from catalogue.models.review import Comment, ReviewRound
from catalogue.models.sample import BioSample, Organism, SignalChannel, Specimen, Variable
from catalogue.models.study import AccessionCounter, InvalidValue, Keyword, Link, RelatedPublication, Study

__all__ = [
    "AccessGrant",
    "AccessionCounter",
    "Affiliation",
    "AnalysedData",
    "AnnotationMethod",
    "AnnotationMethodType",
    "Association",
    "BioSample",
    "Channel",
    "Comment",
    "Contributor",
    "ContributorRole",
    "Detector",
    "FieldSource",
    "File",
    "Filter",
    "Funding",
    "Image",
    "ImageAcquisition",
    "ImageCorrelation",
    "ImageFile",
    "ImagingMethod",
    "Import",
    "Instrument",
    "InvalidValue",
    "KeyName",
    "KeyText",
    "KeyValue",
    "Keyword",
    "LabTemplate",
    "LightSource",
    "Link",
    "ListedFile",
    "Microscope",
    "Objective",
    "Organisation",
    "Organism",
    "Pixels",
    "PlaneTable",
    "RelatedPublication",
    "Representation",
    "ReviewRound",
    "SignalChannel",
    "Software",
    "Specimen",
    "Study",
    "StudyComponent",
    "Suggestion",
    "Variable",
]
