"""What the images of a component, or of one of its specimens, share: samples, preparation, imaging, analysis."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from publishing.search.documents.vocabulary import Vocabulary
from publishing.shapes import (
    AnalysedData,
    BioSample,
    ComponentRecord,
    ImageAcquisition,
    RecordSet,
    SignalChannel,
    Specimen,
    Term,
    TermText,
)

CELL_LINES = {"CL", "CLO", "cellosaurus"}  # ontologies all of whose terms are cells or lines of them
# "cell" in anatomies that hold cells as well: FlyBase, zebrafish, worm and plant anatomy.
CELLS = {"CL:0000000", "FBbt:00007002", "ZFA:0009000", "WBbt:0004017", "PO:0009002"}
PHENOTYPES = {"CMPO", "PATO", "HP", "MP"}
NO_ANATOMY = {"GO", "CHEBI", "NCBITaxon", "SO", "HGNC"} | PHENOTYPES
_A_CELL = re.compile(r"\b(cells?|cell lines?|neurons?|fibroblasts?|culture[sd]?)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Part:
    """The parts of a study by which some of its images were made."""

    title: str = ""
    description: str = ""
    samples: tuple[BioSample, ...] = ()
    specimens: tuple[Specimen, ...] = ()
    channels: tuple[SignalChannel, ...] = ()
    acquisitions: tuple[ImageAcquisition, ...] = ()
    analyses: tuple[AnalysedData, ...] = ()

    @property
    def texts(self) -> tuple[str, ...]:
        about = (self.title, self.description, self.samples, self.specimens, self.channels, self.acquisitions)
        return tuple(dict.fromkeys(texts_of((*about, self.analyses))))

    def terms(self, vocabulary: Vocabulary) -> dict[str, tuple[TermText, ...]]:
        """What is said in the words of ontologies, by facet; of texts that are no terms the texts."""
        found: dict[str, list[TermText]] = {
            "organism": [it.organism for sample in self.samples for it in sample.organisms],
            "method": [method for one in self.acquisitions for method in one.methods],
            "phenotype": [one for analysis in self.analyses for one in analysis.phenotypes],
        }
        for sample in self.samples:
            if facet := facet_of(sample.biological_entity, vocabulary):
                found.setdefault(facet, []).append(sample.biological_entity)
            if sample.strain.term and facet_of(sample.strain, vocabulary) == "cell":
                found.setdefault("cell", []).append(sample.strain)
            values = (variable.value for variable in sample.variables)
            found["phenotype"] += [one for one in values if one.term and prefix_of(one.term.curie) in PHENOTYPES]
        return {facet: tuple(one for one in some if str(one)) for facet, some in found.items()}


class Parts:
    """The parts of a study's images, each put together once."""

    def __init__(self, records: RecordSet) -> None:
        self._study = records.study
        self._components = {component.id: component for component in records.components}
        self._made: dict[tuple[str, str], Part] = {}
        study = records.study
        self.whole = Part("", "", study.biosamples, study.specimens, study.channels, study.acquisitions, study.analyses)

    def of(self, component: str, specimen: str = "") -> Part:
        """What images of a component share; of one specimen, if it is said of which. Of no component: what has no
        alternative in the study."""
        key = (component, specimen)
        if key not in self._made:
            self._made[key] = self._part(self._components.get(component), specimen)
        return self._made[key]

    def _part(self, component: ComponentRecord | None, specimen: str) -> Part:
        study, made_from = self._study, component.associations if component else ()
        if specimen and any(one.specimen == specimen for one in made_from):
            made_from = tuple(one for one in made_from if one.specimen == specimen)
        ways = [way for way in study.creations if component and any(it.component == component.id for it in way.images)]
        named = {one.specimen for one in made_from} | {key for way in ways for key in way.specimens}
        specimens = _chosen(study.specimens, {specimen} if specimen else named)
        of_specimens = {key for one in specimens for key in (one.biosample, *one.further_biosamples)}
        samples = _chosen(study.biosamples, {one.biosample for one in made_from} | of_specimens)
        set_ups = {one.acquisition for one in made_from} | {key for way in ways for key in way.acquisitions}
        return Part(
            component.title if component else "",
            component.description if component else "",
            samples,
            specimens,
            tuple(one for one in study.channels if any(one.specimen == it.id for it in specimens)),
            _chosen(study.acquisitions, set_ups),
            tuple(one for one in study.analyses if any(one.id == it.analysis for it in made_from)),
        )


def _chosen(rows: tuple[Any, ...], ids: Iterable[str]) -> tuple[Any, ...]:
    """Those with these ids; if none is named, the only one that there is."""
    wanted = {key for key in ids if key}
    return tuple(row for row in rows if row.id in wanted) if wanted or len(rows) != 1 else rows


def facet_of(entity: TermText, vocabulary: Vocabulary) -> str:
    """Whether a biological entity is a cell or a tissue; "" for what is neither, such as a part of a cell."""
    if entity.term is None:
        return "cell" if _A_CELL.search(entity.text) else "tissue" if entity.text else ""
    return facet_of_curie(entity.term.curie, vocabulary)


def facet_of_curie(curie: str, vocabulary: Vocabulary) -> str:
    prefix = prefix_of(curie)
    if prefix in CELL_LINES or curie in CELLS or any(one.value in CELLS for one in vocabulary.above(curie)):
        return "cell"
    return "" if prefix in NO_ANATOMY else "tissue"


def facet_of_term(curie: str, vocabulary: Vocabulary) -> str:
    """The facet of a term in a key-value; "" for what is none of those, such as a compound or a gene."""
    prefix = prefix_of(curie)
    if prefix in NO_ANATOMY or prefix == "FBbi":
        of_prefix = {"NCBITaxon": "organism", "FBbi": "method", **dict.fromkeys(PHENOTYPES, "phenotype")}
        return of_prefix.get(prefix, "")
    return facet_of_curie(curie, vocabulary) if vocabulary.find(curie) else ""


def terms_in(value: Any) -> Iterator[Term]:
    """All terms anywhere in records."""
    if isinstance(value, Term):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from terms_in(item)
    elif is_dataclass(value):
        for one in fields(value):
            yield from terms_in(getattr(value, one.name))


def described(records: RecordSet) -> tuple[Any, ...]:
    """The parts of a study whose texts it is found by."""
    study = records.study
    return (records.components, study.biosamples, study.specimens, study.acquisitions, study.analyses,
            study.annotation_methods, study.annotations, study.image_data, study.creations, study.correlations,
            study.grants, study.publications, study.links, study.organisations)  # fmt: skip


def prefix_of(curie: str) -> str:
    return curie.partition(":")[0]


def texts_of(value: Any) -> Iterator[str]:
    """Every text for people in records, in order: not ids, and of terms their labels."""
    if isinstance(value, str):
        if value:
            yield value
    elif isinstance(value, list | tuple):
        for item in value:
            yield from texts_of(item)
    elif is_dataclass(value):
        for one in fields(value):
            if one.name not in _NO_TEXT:
                yield from texts_of(getattr(value, one.name))


# Ids, and where terms come from.
_NO_TEXT = {"id", "biosample", "specimen", "affiliations", "roles", "associations"} | {
    "further_biosamples", "specimens", "acquisitions", "analysis", "component", "contributor", "method",
    "iri", "ontology", "ontology_version", "ontology_source",
}  # fmt: skip
