"""What the rules are told of a study's files and images, from the tables."""

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from base import jobs
from base.models import StoredFile
from catalogue import documents, files, services
from catalogue.access import Actor
from catalogue.models import File, Image, Pixels, Study, StudyComponent
from catalogue.models.ome import (
    Instrument,
    Microscope,
    Objective,
    ObjectiveSettings,
    OmeDocument,
    Plate,
    Well,
    WellSample,
)
from catalogue.rules import PlateFacts
from catalogue.rules.from_files import component_facts
from catalogue.services import facts_of
from imaging.readers import read_facts
from tests import factory

pytestmark = pytest.mark.django_db


def scaled(image: Image, x: float | None, taken: str = "") -> Image:
    Pixels.objects.filter(image=image).update(physical_size_x_um=x)
    image.acquisition_date = taken
    image.save()
    return image


def with_instrument(image: Image) -> None:
    file = File.objects.get(image_files__image=image)
    document = OmeDocument.objects.create(file=file)
    instrument = Instrument.objects.create(document=document, position=0)
    Microscope.objects.create(
        document=document, instrument=instrument, position=0, manufacturer="Zeiss", model="LSM 880"
    )
    objective = Objective.objects.create(
        document=document, instrument=instrument, position=0, model="Plan", nominal_magnification=63, lens_na=1.4,
        immersion="Oil",
    )  # fmt: skip
    ObjectiveSettings.objects.create(document=document, image=image, objective=objective, position=0)
    image.instrument = instrument
    image.save()


def component(study: Study) -> str:
    return str(StudyComponent.objects.get(study=study).pk)


def test_images_are_summed_up_by_component() -> None:
    study = factory.study(images=0)
    scaled(factory.image(study), 0.1, "2019-05-01T10:00:00")
    scaled(factory.image(study, channels=3), 0.4, "2020-01-01")
    scaled(factory.image(study), None)
    Image.objects.filter(pk=factory.image(study).pk).update(component=None)
    facts = facts_of(study)
    key = component(study)
    assert (facts.images, facts.channels, facts.images_without_component) == ({key: 3}, {key: 3}, 1)
    found = facts.components[key]
    assert found.sizes == {"x": (64, 64), "y": (48, 48), "z": (1, 1), "c": (1, 3), "t": (1, 1)}
    assert (found.pixel_size, found.without_pixel_size) == ((0.1, 0.4), 1)
    assert found.taken == ("2019-05-01T10:00:00", "2020-01-01")
    assert facts.formats == ("image/ome-tiff",)


def test_what_the_files_say_of_the_instrument_is_held_against_what_is_typed() -> None:
    study = factory.study(images=0)
    with_instrument(scaled(factory.image(study), 50.0))
    found = facts_of(study).components[component(study)]
    assert found.instruments == ("Zeiss LSM 880",)
    (optics,) = found.optics
    assert (optics.name, optics.magnification, optics.numerical_aperture, optics.immersion) == ("Plan", 63, 1.4, "Oil")
    assert optics.pixel_size == (50.0, 50.0)
    messages = " ".join(one.message for one in services.check(study).findings)
    assert "name Zeiss LSM 880. Check that this is the same instrument." in messages
    assert "magnifies 63 times, but a pixel measures 50 µm" in messages


def test_files_that_are_there_twice_are_named() -> None:
    study = factory.study(images=2)
    paths = tuple(sorted(File.objects.filter(study=study).values_list("path", flat=True)))
    assert facts_of(study).same == (paths,)
    first = File.objects.filter(study=study).first()
    assert first is not None
    StoredFile.objects.filter(pk=first.stored_id).update(sha256="1" * 64)
    assert facts_of(study).same == ()


def test_paths_in_the_document_are_looked_for() -> None:
    study = factory.study(images=2)
    path = File.objects.filter(study=study).order_by("path").values_list("path", flat=True)[0]
    File.objects.filter(study=study).exclude(path=path).update(path="results/a.csv")
    document = documents.read(study)
    annotation = {"source_image": path, "path": "masks/a.tif", "annotation_type": "counts"}
    document["annotations"] = [annotation]
    document["analyses"] = [{"title": "A", "outputs": [{"path": "results"}, {"path": "result"}]}]
    documents.write(Actor(study.owner), study, document)
    assert set(facts_of(study, documents.read(study)).missing_paths) == {"masks/a.tif", "result"}


def test_plates_without_images_are_named() -> None:
    study = factory.study(images=1)
    full, half, empty = (Plate.objects.create(study=study, name=name, position=0) for name in ("A", "B", "C"))
    image = Image.objects.get(study=study)
    for plate, wells in ((full, 1), (half, 3)):
        for number in range(wells):
            well = Well.objects.create(plate=plate, row=0, column=number, position=number)
            if number == 0:
                WellSample.objects.create(well=well, image=image, position=0)
    assert facts_of(study).plates == (PlateFacts("B", 3, 2), PlateFacts("C", 0, 0))
    assert empty.name in " ".join(one.message for one in services.check(study).findings)


def test_queries_do_not_grow_with_the_study(django_assert_max_num_queries: Callable[..., Any]) -> None:
    study = factory.study(images=12)
    for image in Image.objects.filter(study=study)[:6]:
        with_instrument(image)
    document = documents.read(study)
    document["analyses"] = [{"title": "A", "outputs": [{"path": f"out/{n}.csv"} for n in range(30)]}]
    with django_assert_max_num_queries(13):
        facts_of(study, document)


def test_what_took_long_to_count_is_shown_again_but_never_decided_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("catalogue.services.facts._LONG", -1)  # everything takes long
    monkeypatch.setattr("catalogue.services.facts._KEPT", 100_000)
    study = factory.study(images=0)
    assert services.check(study, may_be_old=True).facts.images == {}
    factory.image(study)
    assert services.check(study, may_be_old=True).facts.images == {}
    assert services.check(study).facts.images == {component(study): 1}


@pytest.mark.parametrize(
    "name", ["ometiff_from_nd2/example-multichannel.ome.tif", "neubias/xyz_8bit__mitotic_plate_calibrated.tif"]
)
def test_site_and_depositor_count_alike(name: str, shared: Path, settings: Any) -> None:
    """What the site counts from its tables is what the same file's headers say where there is no site."""
    path = shared / "samples" / "01_fluorescence" / name
    settings.REGISTER_ROOTS = [shared.resolve()]
    study = factory.study(images=0)
    (file,) = files.register_in_place(actor=Actor(study.owner), study_id=study.pk, path=str(path))
    jobs.run_queued(study.pk)
    key = component(study)
    files.assign(actor=Actor(study.owner), study_id=study.pk, file_ids=[file.pk], component_id=uuid.UUID(key))
    assert facts_of(study).components[key] == component_facts([read_facts(path)])
