"""What of a study's Record goes into the search index."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given

from base.jobs import run_job
from base.models import Job
from catalogue import documents, files, services
from catalogue.access import Actor
from catalogue.exchange.dossier import Pair
from catalogue.models import File, Image, Pixels, Study, StudyComponent
from catalogue.pairs import Writer
from catalogue.services.plates import place_wells
from ontology.loading import load_starter
from publishing import indexer
from publishing.models import Publication
from publishing.search import Document, Query, SearchIndex
from publishing.search.documents.making import all_documents, documents_of
from publishing.search.documents.markers import MarkerTerms, markers_said
from publishing.search.documents.measures import annotated_of
from publishing.search.documents.parts import Parts, described, terms_in, texts_of
from publishing.search.documents.vocabulary import Vocabulary
from publishing.services import retract
from publishing.shapes import RecordSet
from tests import factory
from tests.portal.publishing import next_version, publish
from tests.publishing import records

MIBI = "05_multiplexed/mibi_breast/Point2203_pt1072_31606_41ch.ome.tif"


def submitted(study: Study) -> Study:
    services.submit(actor=Actor(study.owner), study_id=study.pk)
    study.refresh_from_db()
    return study


def documents_by_type(publication: Publication) -> dict[str, list[Document]]:
    found: dict[str, list[Document]] = {"study": [], "image": [], "term": []}
    for one in documents_of(publication):
        found[one.type].append(one)
    return found


def values(document: Document, facet: str) -> list[str]:
    return [one.value for one in document.facets.get(facet, ())]


@pytest.fixture
def index(settings: Any, tmp_path: Path) -> Iterator[SearchIndex]:
    settings.DATA = tmp_path
    with indexer.writing() as writable:
        yield writable


def two_components() -> Study:
    """Human cells in one component, a fly's brain in the other; each has an image."""
    study = factory.draft()
    document = factory.document()
    document["biosamples"].append(
        {
            "id": "fly",
            "title": "Fly brains",
            "organisms": [{"organism": {"text": "Drosophila melanogaster", "curie": "NCBITaxon:7227"}}],
            "biological_entity": {"text": "brain", "curie": "UBERON:0000955"},
        }
    )
    document["specimens"].append(
        {"id": "slices", "biosample": "fly", "title": "Slices", "sample_preparation": "Fixed and sliced by hand"}
    )
    document["components"].append(
        {
            "id": "brains",
            "title": "Brains",
            "description": "Brains of flies, sliced and imaged",
            "associations": [{"biosample": "fly", "specimen": "slices", "acquisition": "imaging"}],
        }
    )
    documents.write(Actor(study.owner), study, document)
    for component in StudyComponent.objects.filter(study=study):
        factory.image(study, component)
    return study


def test_a_study_is_found_by_what_is_said_of_it_and_never_by_ids_of_its_parts() -> None:
    texts = set(texts_of((described(records.full()), records.STUDY.channels)))
    said = {"GSE63525", "P21359", "IMSR_JAX:000664", "RNA sequencing", "Wellcome Trust", "a_mask.tif", "Raw",
            "1: DNA", "lm.tif", "Ada", "nuclei.csv"}  # fmt: skip
    assert said <= texts
    assert not texts & {"b1", "b2", "s1", "c1", "i1", "k1", "n1", "m1", "t1", "d1", "r1", "p1", "gone"}


@given(records.RECORD_SETS)
def test_whatever_a_record_says_can_be_read(given_records: RecordSet) -> None:
    parts, study = Parts(given_records), given_records.study
    known = MarkerTerms()
    for component in ("", "none", *(one.id for one in given_records.components)):
        part = parts.of(component)
        assert part.terms(Vocabulary()).keys() >= {"organism", "method", "phenotype"}
        assert all(part.texts)
    assert {term.curie for term in terms_in(given_records)} >= {
        row.organism.term.curie for sample in study.biosamples for row in sample.organisms if row.organism.term
    }
    assert len(annotated_of(study)) <= len(study.annotations)
    assert markers_said(study.channels, known).texts == tuple(dict.fromkeys(markers_said(study.channels, known).texts))


@pytest.mark.django_db
def test_an_image_has_the_facets_of_its_own_sample() -> None:
    load_starter()
    found = documents_by_type(publish(submitted(two_components())))
    (human,), (fly,) = (
        [one for one in found["image"] if one.card["component"] == title] for title in ("Plate 2, 20x", "Brains")
    )
    assert (values(human, "organism"), values(fly, "organism")) == (["NCBITaxon:9606"], ["NCBITaxon:7227"])
    assert (values(human, "cell"), values(human, "tissue")) == (["CL:0002573"], [])
    assert (values(fly, "cell"), values(fly, "tissue")) == ([], ["UBERON:0000955"])
    assert {one.label for one in fly.ancestors["NCBITaxon:7227"]} >= {"Insecta", "Metazoa"}
    assert "fruit fly" in {name.lower() for name in fly.terms}
    (study,) = found["study"]
    assert set(values(study, "organism")) == {"NCBITaxon:9606", "NCBITaxon:7227"}
    assert study.identifiers[0] == study.accession


@pytest.mark.django_db
def test_each_term_in_use_and_each_above_has_a_document() -> None:
    load_starter()
    for _ in range(2):
        publish(submitted(factory.study()))
    terms = [one for one in all_documents() if one.type == "term"]
    assert len({one.id for one in terms}) == len(terms)
    by_id = {one.id: one for one in terms}
    assert {"term:NCBITaxon:9606", "term:NCBITaxon:40674", "term:CL:0002573", "term:CHEBI:51232"} <= by_id.keys()
    human = by_id["term:NCBITaxon:9606"]
    assert (human.title, human.card["ontology"]) == ("Homo sapiens", "NCBITaxon")
    assert "Mammalia" in human.card["path"]
    assert "human" in human.terms


@pytest.mark.django_db
def test_numbers_are_in_the_units_of_the_fields() -> None:
    study = factory.study(images=1)
    Pixels.objects.filter(image__study=study).update(
        physical_size_x=162.5, physical_size_x_unit="nm", physical_size_x_um=0.1625, physical_size_y_um=0.325,
        size_z=20, size_t=3,
    )  # fmt: skip
    image = Image.objects.get(study=study)
    image.channels.update(emission_wavelength=525, emission_wavelength_unit="nm")
    Image.objects.filter(pk=image.pk).update(acquisition_date="2024-05-17T10:00:00")
    found = documents_by_type(publish(submitted(study)))
    for one in (*found["image"], *found["study"]):
        assert one.numbers["pixel_size"] == (0.1625,)
        assert one.numbers["emission"] == (0.525,)
        assert one.numbers["planes"] == (20,)
        assert one.numbers["acquired"] == (1715940000,)
        assert values(one, "dimensions") == ["3D+t"]
    assert found["study"][0].numbers["images"] == (1,)
    assert found["study"][0].numbers["bytes"] == (1024,)


@pytest.mark.django_db
def test_an_image_is_found_by_what_is_said_of_its_file_its_well_and_its_sample() -> None:
    study = factory.study(images=2)
    first, second = Image.objects.filter(study=study).order_by("pk")
    file = first.image_files.get().file
    Writer(study).put("file", {file.pk: [Pair("", "Gene Symbol", "NF1"), Pair("", "dose", "5", "µM")]})
    place_wells(study=study, lines=[(file.pk, "Plate 2", "B07", None)])
    found = documents_by_type(publish(submitted(study)))
    by_id = {one.id: one for one in found["image"]}
    pairs = {(kv.name, kv.value) for kv in by_id[str(first.pk)].key_values}
    assert {("Gene Symbol", "NF1"), ("dose", "5 µM"), ("genotype", "NF1 +/+")} <= pairs
    assert (by_id[str(first.pk)].card["plate"], by_id[str(first.pk)].card["well"]) == ("Plate 2", "B07")
    assert values(by_id[str(first.pk)], "has") == ["plate"]
    assert values(by_id[str(second.pk)], "has") == []
    assert values(found["study"][0], "has") == ["plate"]


@pytest.mark.django_db
def test_queries_do_not_grow_with_the_study() -> None:
    counts = []
    for images in (1, 30):
        publication = publish(submitted(factory.study(images=images)))
        with CaptureQueriesContext(connection) as queries:
            list(documents_of(publication))
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.django_db
def test_if_the_newest_version_is_withdrawn_the_one_before_is_found(index: SearchIndex) -> None:
    first = publish(submitted(factory.study()))
    second = next_version(first, title="Cell Painting, wholly other words than in the version before")
    indexer.update(index)
    retract(actor=Actor(factory.curator()), accession=second.accession, version=2, reason="a mistake")
    indexer.update(index)
    (hit,) = index.search(Query(filters={"type": ("study",)})).hits
    assert (hit.title, hit.card["version"]) == (factory.document()["study"]["title"], 1)


def with_files(study: Study, *places: Path) -> Study:
    """The study with these files registered where they are, and read."""
    owner = Actor(study.owner)
    for place in places:
        files.register_in_place(actor=owner, study_id=study.pk, path=str(place))
    for job in Job.objects.filter(target=study.pk):
        run_job(job.pk)
    ids = list(File.objects.filter(study=study).values_list("pk", flat=True))
    component = StudyComponent.objects.get(study=study)
    files.assign(actor=owner, study_id=study.pk, file_ids=ids, component_id=component.pk)
    return study


@pytest.mark.django_db
def test_a_marker_is_found_in_every_study_whatever_its_channels_are_called(
    index: SearchIndex, shared: Path, settings: Any
) -> None:
    """41 channels of a real MIBI image, called after their targets, and two that are called after their metals."""
    load_starter()
    settings.REGISTER_ROOTS = [shared.resolve()]
    mibi = with_files(factory.study(images=0), shared.resolve() / "samples" / MIBI)
    metals = factory.study(images=0)
    document = documents.read(metals)
    (specimen,) = (row["id"] for row in document["specimens"])
    document["channels"] = [
        {
            "id": "a",
            "specimen": specimen,
            "content": {"text": "PTPRC"},
            "channel_label": "Yb173",
            "identifiers": [{"database": "rrid", "accession": "AB_314394"}],
        },
        {"id": "b", "specimen": specimen, "content": {"text": "CD8a"}, "channel_label": "Dy162"},
    ]
    documents.write(Actor(metals.owner), metals, document)
    image = factory.image(metals, channels=2)
    for channel, name in zip(image.channels.order_by("index"), ("Yb173Di", "Dy162Di"), strict=True):
        channel.name = name
        channel.save()
    both = {publish(submitted(study)).accession for study in (mibi, metals)}
    publish(submitted(factory.study()))
    indexer.update(index)
    everywhere = "marker:(CD45 AND CD8)", "marker:PTPRC marker:CD8A", "marker:HGNC:9666", "marker:cd45", "marker:P08575"
    for q in everywhere:
        hits = index.search(Query(q, filters={"type": ("image",)})).hits
        assert {hit.accession for hit in hits} == both, q
    for q in ("marker:Yb173", "marker:RRID:AB_314394"):
        (only,) = index.search(Query(q, filters={"type": ("image",)})).hits
        assert only.accession == metals.accession
        assert "PTPRC" in only.card["markers"]
