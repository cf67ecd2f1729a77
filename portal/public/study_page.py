"""What the page of a study shows beyond its Record: resolved references, the citation, what changed in a version."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from publishing.image_shapes import ImageRecord
from publishing.process_shapes import ImageCorrelation
from publishing.record import ComponentRecord, RecordSet, StudyRecord
from publishing.renditions.links import Licence, absolute, licence_of, persistent_url
from publishing.shapes import AnalysedData, BioSample, ImageAcquisition, Organisation, Person, SignalChannel, Specimen

# What a reader is told of, when two versions differ in it.
PARTS = {
    "title": gettext_lazy("title"),
    "description": gettext_lazy("description"),
    "keywords": gettext_lazy("keywords"),
    "licence": gettext_lazy("licence"),
    "contributors": gettext_lazy("people"),
    "organisations": gettext_lazy("organisations"),
    "grants": gettext_lazy("grants"),
    "publications": gettext_lazy("related articles"),
    "links": gettext_lazy("links"),
    "biosamples": gettext_lazy("samples"),
    "specimens": gettext_lazy("preparations"),
    "channels": gettext_lazy("channels"),
    "acquisitions": gettext_lazy("how it was imaged"),
    "correlations": gettext_lazy("image correlation"),
    "analyses": gettext_lazy("analysis"),
    "annotation_methods": gettext_lazy("how it was annotated"),
    "annotations": gettext_lazy("annotations"),
    "image_data": gettext_lazy("about the images"),
    "creations": gettext_lazy("how images came to be"),
}


@dataclass(frozen=True)
class Flow:
    """One way from sample to images, its references resolved."""

    biosample: BioSample | None
    further_biosamples: tuple[BioSample, ...]
    specimen: Specimen | None
    channels: tuple[SignalChannel, ...]
    acquisition: ImageAcquisition | None
    correlation: ImageCorrelation | None
    analysis: AnalysedData | None


@dataclass(frozen=True)
class ComponentView:
    record: ComponentRecord
    flows: tuple[Flow, ...]


@dataclass(frozen=True)
class PersonView:
    person: Person
    organisations: tuple[Organisation, ...]


@dataclass(frozen=True)
class StudyView:
    """A study as its page shows it, of a version or of a draft."""

    record: StudyRecord
    components: tuple[ComponentView, ...]
    people: tuple[PersonView, ...]
    licence: Licence | None
    citation: str
    doi_url: str  # empty if it resolves nowhere

    @property
    def component_titles(self) -> dict[str, str]:
        return {it.record.id: it.record.title for it in self.components}

    @property
    def other_analyses(self) -> list[AnalysedData]:
        """Analyses that stand beside no component's images."""
        shown = {it.analysis for component in self.components for it in component.record.associations}
        return [it for it in self.record.analyses if it.id not in shown]

    @property
    def person_names(self) -> dict[str, str]:
        return {it.id: str(it) for it in self.record.contributors}

    @property
    def part_titles(self) -> dict[str, str]:
        """Of analyses, acquisitions and specimens, by their ids."""
        study = self.record
        parts: tuple[AnalysedData | ImageAcquisition | Specimen, ...]
        parts = (*study.analyses, *study.acquisitions, *study.specimens)
        return {it.id: it.title for it in parts}

    @classmethod
    def of(cls, records: RecordSet) -> "StudyView":
        study = records.study
        organisations = {organisation.id: organisation for organisation in study.organisations}
        return cls(
            record=study,
            components=tuple(ComponentView(it, _flows(study, it)) for it in records.components),
            people=tuple(
                PersonView(it, tuple(organisations[id] for id in it.affiliations if id in organisations))
                for it in study.contributors
            ),
            licence=licence_of(study.licence) if study.licence else None,
            citation=citation(study),
            doi_url=persistent_url(study),
        )


def _flows(study: StudyRecord, component: ComponentRecord) -> tuple[Flow, ...]:
    samples = {it.id: it for it in study.biosamples}
    specimens = {it.id: it for it in study.specimens}
    acquisitions = {it.id: it for it in study.acquisitions}
    correlations = {it.id: it for it in study.correlations}
    analyses = {it.id: it for it in study.analyses}
    return tuple(
        Flow(
            samples.get(it.biosample),
            tuple(samples[key] for key in _further(specimens.get(it.specimen)) if key in samples),
            specimens.get(it.specimen),
            tuple(channel for channel in study.channels if it.specimen and channel.specimen == it.specimen),
            acquisitions.get(it.acquisition),
            correlations.get(it.correlation),
            analyses.get(it.analysis),
        )
        for it in component.associations
    )


def _further(specimen: Specimen | None) -> tuple[str, ...]:
    return specimen.further_biosamples if specimen else ()


def citation(study: StudyRecord) -> str:
    """How to cite this version, as DataCite recommends: creators (year): title. Version. Publisher. Identifier."""
    names = [_short_name(person) for person in study.authors if str(person)]
    who = ", ".join(names) or _("Unknown authors")
    year = study.published[:4] or _("not published")
    where = persistent_url(study) or (absolute(study.path) if study.accession else "")
    title = study.title.rstrip(". ") or _("Untitled study")
    version = _("Version {version}").format(version=study.version)
    return f"{who} ({year}): {title}. {version}. {settings.PUBLISHER}. {where}".strip()


def _short_name(person: Person) -> str:
    initials = "".join(part[0].upper() for part in person.given_name.replace("-", " ").split())
    return f"{person.family_name} {initials}".strip() or person.given_name


def changes(newer: StudyRecord, older: StudyRecord) -> str:
    """What a version changed, in words."""
    parts = [str(PARTS[it.name]) for it in fields(StudyRecord) if it.name in PARTS and _differs(newer, older, it.name)]
    images = newer.counts.images - older.counts.images
    if images > 0:
        parts.append(ngettext("{count} image more", "{count} images more", images).format(count=images))
    if images < 0:
        parts.append(ngettext("{count} image fewer", "{count} images fewer", -images).format(count=-images))
    if not parts:
        return _("Images or files were replaced.")
    return _("Changed: {parts}.").format(parts=", ".join(parts))


def _differs(newer: StudyRecord, older: StudyRecord, name: str) -> bool:
    return bool(getattr(newer, name) != getattr(older, name))


def python_snippet(images: Sequence[ImageRecord]) -> str:
    """A few lines that open the first image."""
    address = absolute(f"/data/{images[0].id}/ome-zarr-0.5") if images else ""
    return (
        f'import zarr\n\nimage = zarr.open_group("{address}", mode="r")\n'
        'pixels = image["0"]  # t, c, z, y, x; "1", "2" … are smaller\nprint(pixels.shape, pixels.dtype)\n'
    )
