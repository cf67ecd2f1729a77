"""DICOM headers as the metadata of a study: each series is a component, its scanner and settings an acquisition.

What may name a person stays out (PS3.15, basic profile; `imaging.readers.dicom.profile`); that a file holds it is told.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from catalogue.exchange.building import Builder
from catalogue.exchange.dossier import CannotRead, FileLine, Files, Imported, Pair, Weight
from imaging.errors import ImageError
from imaging.readers.dicom.headers import DicomFacts, DicomValue, is_dicom, read_dicom

NAMESPACE = "dicom"
# PS3.3, section C.7.3.1.1.1: modalities that studies of images have.
MODALITIES: Mapping[str, str] = {
    "CT": "computed tomography", "MR": "magnetic resonance imaging", "PT": "positron emission tomography",
    "US": "ultrasound imaging", "SM": "slide microscopy", "GM": "general microscopy",
    "OCT": "optical coherence tomography", "OPT": "ophthalmic tomography",
    "OP": "ophthalmic photography", "XC": "external-camera photography",
    "ES": "endoscopy", "CR": "computed radiography", "DX": "digital radiography", "MG": "mammography",
    "NM": "nuclear medicine imaging", "XA": "X-ray angiography", "PX": "panoramic X-ray",
}  # fmt: skip
_SETTINGS = (
    "ScanningSequence", "SequenceVariant", "MRAcquisitionType", "SequenceName", "ScanOptions", "SliceThickness",
    "SpacingBetweenSlices", "KVP", "XRayTubeCurrent", "ExposureTime", "Exposure", "FilterType", "ConvolutionKernel",
    "FocalSpots", "RepetitionTime", "EchoTime", "InversionTime", "FlipAngle", "NumberOfAverages", "EchoTrainLength",
    "MagneticFieldStrength", "ImagedNucleus", "PixelBandwidth", "TransmitCoilName", "ContrastBolusRoute",
    "ObjectiveLensPower", "ObjectiveLensNumericalAperture", "CondenserLensPower", "LensesCode",
    "IlluminationWaveLength", "IlluminationColorCode", "IlluminationTypeCode",
)  # fmt: skip
_INSTRUMENT = ("Manufacturer", "ManufacturerModelName", "SoftwareVersions")


def is_mine(files: Files) -> bool:
    return any(is_dicom(path) for path in files.values())


def read(files: Files) -> Imported:
    """The study in the headers. Raises CannotRead if no file has one; one that cannot be read is told."""
    first = next(iter(files), "")
    builder = Builder(file=first, namespace=NAMESPACE)
    series: dict[str, dict[str, DicomFacts]] = {}
    for name, path in files.items():
        try:
            facts = read_dicom(path, name=name)
        except ImageError as error:
            builder.remark(Weight.ERROR, f"{error} It was not taken.", file=name)
            continue
        series.setdefault(facts.series or name, {})[name] = facts
        _protect(builder, name, facts)
    if not series:
        reason = builder.imported.remarks[0].message if files else ""
        raise CannotRead(f"None of these files is DICOM. {reason}", file=first)
    for number, held in enumerate(series.values(), 1):
        _series(builder, number, held)
    return builder.imported


def _protect(builder: Builder, name: str, facts: DicomFacts) -> None:
    """Say what was left out, by the names of the attributes and never by their values."""
    if facts.identifying:
        message = (
            f"This file holds values that may name a person ({', '.join(facts.identifying)}). None of them was taken "
            "over. Before you upload it, de-identify it by DICOM's basic profile (PS3.15, annex E), for example with "
            "CTP, dicognito or your PACS's export."
        )
        builder.remark(Weight.ERROR, message, file=name, said="patient and institution")
    if facts.frames_show_text:
        message = "The file says that its pixels show identifying text (Burned In Annotation). Mask it first."
        builder.remark(Weight.ERROR, message, file=name, said="BurnedInAnnotation")
    if facts.left_out:
        message = "Dates, identifiers, free texts and private values were left out, as they may lead to a person."
        builder.remark(Weight.NOTE, message, file=name, said="left out", value=", ".join(facts.left_out))


def _series(builder: Builder, number: int, files: Mapping[str, DicomFacts]) -> None:
    """One series: what all its files say is its component's, what differs is each file's."""
    common = _common(list(files.values()))
    first = next(iter(files.values()))
    builder.file = next(iter(files))
    modality = first.get("Modality")
    component = builder.add("component", f"series-{number}")
    title = first.get("SeriesDescription") or f"{modality or 'DICOM'} series {first.get('SeriesNumber') or number}"
    builder.put("component", component, "title", title, said="Series")
    kinds = ", ".join(first.get("ImageType").split("\\")).lower()
    count = f"{len(files)} {'file' if len(files) == 1 else 'files'}"
    description = f"{count}, {first.sop_class}{f' ({kinds})' if kinds else ''}"
    builder.put("component", component, "description", description, said="SOPClassUID, ImageType")
    row = {"acquisition": _acquisition(builder, number, common, modality), **_sample(builder, number, first)}
    builder.append("component", component, "associations", row, said="Series")
    for value in common.values():
        builder.pair("component", component, value.name, value.value, unit=value.unit)
    for name, facts in files.items():
        pairs = [Pair(NAMESPACE, it.name, it.value, it.unit) for it in facts.values if it.name not in common]
        builder.imported.dossier.files.append(FileLine(name, component, pairs=pairs))


def _common(files: Sequence[DicomFacts]) -> dict[str, DicomValue]:
    """The values that all files of a series have alike."""
    counts = Counter(value for facts in files for value in facts.values)
    return {value.name: value for value, count in counts.items() if count == len(files)}


def _acquisition(builder: Builder, number: int, common: Mapping[str, DicomValue], modality: str) -> str:
    said = [common[name].value for name in _INSTRUMENT[:2] if name in common]
    version = f" (software {common['SoftwareVersions'].value})" if "SoftwareVersions" in common else ""
    settings = [
        f"{_words(value.name)} {value.value.replace(chr(92), ' × ')}{f' {value.unit}' if value.unit else ''}"
        for name in _SETTINGS
        for value in common.values()
        if value.name.rpartition("/")[2] == name
    ]
    key = builder.add("acquisition", f"acquisition-{number}")
    method = MODALITIES.get(modality, modality)
    builder.put("acquisition", key, "title", " ".join([modality, *said]).strip(), said="Modality, Manufacturer")
    instrument = f"{' '.join(said)}{version}".strip()
    builder.put("acquisition", key, "imaging_instrument", instrument, said=", ".join(_INSTRUMENT))
    builder.put("acquisition", key, "image_acquisition_parameters", "; ".join(settings), said="acquisition attributes")
    builder.append("acquisition", key, "methods", {"method": {"text": method, "curie": ""}}, said="Modality")
    return key


def _sample(builder: Builder, number: int, facts: DicomFacts) -> dict[str, str]:
    """The body part, the species and a slide's preparation, if the header tells of any."""
    part = _meaning(facts, "PrimaryAnatomicStructure") or _meaning(facts, "AnatomicRegion")
    part = part or facts.get("BodyPartExamined").lower()
    species = facts.get("PatientSpeciesDescription") or _meaning(facts, "PatientSpeciesCode")
    steps = [it.value for it in facts.values if "SpecimenPreparationStepContentItem" in it.name and
             it.name.endswith(("TextValue", "CodeMeaning"))]  # fmt: skip
    if not (part or species or steps):
        return {}
    sample = builder.add("biosample", f"biosample-{number}")
    builder.put("biosample", sample, "title", part or species, said="BodyPartExamined")
    builder.put("biosample", sample, "biological_entity", part, said="BodyPartExamined")
    builder.append(
        "biosample", sample, "organisms", {"organism": {"text": species, "curie": ""}}, said="PatientSpecies"
    )
    if not steps:
        return {"biosample": sample}
    specimen = builder.add("specimen", f"specimen-{number}")
    builder.put("specimen", specimen, "title", f"{part or species}, prepared", said="SpecimenPreparation")
    builder.put("specimen", specimen, "biosample", sample, said="SpecimenPreparation")
    builder.put("specimen", specimen, "sample_preparation", "; ".join(steps), said="SpecimenPreparation")
    return {"biosample": sample, "specimen": specimen}


def _meaning(facts: DicomFacts, sequence: str) -> str:
    """The words of a coded value in a sequence."""
    return next((it.value for it in facts.values if sequence in it.name and it.name.endswith("/CodeMeaning")), "")


def _words(keyword: str) -> str:
    """A keyword as words: "SliceThickness" is "slice thickness", "KVP" stays."""
    name = keyword.rpartition("/")[2]
    if name.isupper():
        return name
    return "".join(f" {char.lower()}" if char.isupper() and place else char.lower() for place, char in enumerate(name))
