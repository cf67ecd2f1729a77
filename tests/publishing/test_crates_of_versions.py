"""A published study as crates and OME-XML: made from its Record, with what aggregators ask of it."""

import json
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from base.jobs import run_job
from base.models import Job
from catalogue import documents, dossiers, files, services
from catalogue.access import Actor
from catalogue.exchange.formats import format_of
from catalogue.models import File, Study, StudyComponent
from catalogue.services import importing
from publishing.dossiers import of_publication
from publishing.models import Publication
from publishing.packages import bag_stream
from publishing.services import approve
from tests import factory
from tests.catalogue.exchange.renumbering import renumbered
from tests.catalogue.exchange.whole_dossiers import again

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("terms")]
FOLDER = "samples/01_fluorescence/ometiff_from_nd2"


@pytest.fixture
def draft(shared: Path, settings: Any) -> Study:
    """A study of two real OME-TIFFs, read."""
    settings.REGISTER_ROOTS = [shared.resolve()]
    study = factory.study(images=0)
    owner = Actor(study.owner)
    files.register_in_place(actor=owner, study_id=study.pk, path=str((shared / FOLDER).resolve()))
    for job in Job.objects.filter(target=study.pk):
        run_job(job.pk)
    ids = list(File.objects.filter(study=study).values_list("id", flat=True))
    component = StudyComponent.objects.get(study=study)
    files.assign(actor=owner, study_id=study.pk, file_ids=ids, component_id=component.pk)
    return study


@pytest.fixture
def published(draft: Study) -> Publication:
    services.submit(actor=Actor(draft.owner), study_id=draft.pk)
    made = approve(actor=Actor(factory.curator()), study_id=draft.pk)
    assert made is not None
    return made


def test_a_version_as_gides_search_takes_it(published: Publication) -> None:
    write = format_of("gide").write
    assert write is not None
    made = write(of_publication(published))
    assert list(made) == [f"{published.accession}-ro-crate-metadata.json"]
    graph = {node["@id"]: node for node in json.loads(next(iter(made.values())))["@graph"]}
    descriptor = graph[f"{published.accession}-ro-crate-metadata.json"]
    root = graph[descriptor["about"]["@id"]]
    assert root["@id"].endswith(f"/studies/{published.accession}/v1")
    for name in ("name", "description", "datePublished", "license", "author", "publisher", "about", "measurementMethod",
                 "thumbnailUrl", "identifier", "size"):  # fmt: skip
        assert root.get(name), name
    assert graph[root["publisher"]["@id"]]["name"]
    assert {graph[it["@id"]]["value"] for it in root["size"]} > {2}


def test_nothing_but_the_record_is_in_a_published_crate(published: Publication) -> None:
    """An e-mail address is never published, nor what was typed since."""
    Study.objects.filter(pk=published.study_id).update(title="changed since")
    for key in ("ro-crate", "gide", "bia-crate", "biostudies"):
        write = format_of(key).write
        assert write is not None
        text = b"".join(write(of_publication(published)).values()).decode()
        assert "changed since" not in text
        assert "@example.org" not in text.replace("https://", "")


def test_ome_xml_of_each_image_goes_out_without_names_of_people(published: Publication) -> None:
    write = format_of("ome-xml").write
    assert write is not None
    made = write(of_publication(published))
    assert len(made) == 2
    for data in made.values():
        root = etree.fromstring(data)
        assert root.findall("{*}Image")
        assert [it for it in root.iter("{*}Experimenter") if it.get("LastName")] == []


@pytest.mark.parametrize("key", ["biostudies", "ro-crate", "bia-crate"])
def test_what_goes_out_of_a_draft_comes_into_another_the_same(draft: Study, key: str) -> None:
    chosen, reader = format_of(key), format_of("ro-crate" if key == "bia-crate" else key)
    assert chosen.write is not None
    assert reader.read is not None
    first = dossiers.of_study(draft)
    imported = again(first, chosen.write, reader.read)
    other = factory.draft()
    importing.apply(actor=Actor(other.owner), study_id=other.pk, imported=imported)
    assert renumbered(dossiers.of_study(other)).document == renumbered(first).document
    assert documents.read(other)["study"] == documents.read(draft)["study"]


def test_the_package_of_a_version_is_a_crate_that_comes_in_again(published: Publication, tmp_path: Path) -> None:
    place = tmp_path / "package.zip"
    with place.open("wb") as file:
        file.writelines(bag_stream(published))
    read = format_of("ro-crate").read
    assert read is not None
    dossier = read({"package.zip": place}).dossier
    first = of_publication(published)
    assert {line.path for line in dossier.files} == {line.path for line in first.files}
    assert {line.sha256 for line in dossier.files} == {line.sha256 for line in first.files}
    assert dossier.document["study"]["title"] == first.document["study"]["title"]
    assert dossier.document["study"]["licence"] == first.document["study"]["licence"]
    people = [[row["family_name"] for row in it.document["contributors"]] for it in (dossier, first)]
    assert people[0] == people[1]
    assert [row["title"] for row in dossier.document["components"]] == [
        row["title"] for row in first.document["components"]
    ]
    assert len({line.component for line in dossier.files}) == 1
