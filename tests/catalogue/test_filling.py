"""All that the images answer, filled into empty fields at once."""

from pathlib import Path
from typing import Any

import pytest

from base.errors import Conflict
from base.jobs import run_job
from base.models import Job
from catalogue import documents, services
from catalogue.access import Actor
from catalogue.models import Study, Suggestion
from catalogue.services import sources
from catalogue.services.copying import digest
from tests import factory

pytestmark = [pytest.mark.django_db, pytest.mark.both]


def offer(study: Study, *offers: tuple[str, str, str, str]) -> None:
    for module, name, text, source in offers:
        Suggestion.objects.create(study=study, module=module, field=name, text=text, source=source)


def fill(study: Study) -> list[str]:
    common: dict[str, Any] = {"actor": Actor(study.owner), "study_id": study.pk}
    seen = services.preview_fill(**common)
    paths = [one.path for one in seen.changes]
    services.apply_fill(**common, taken=paths, shown=digest(seen))
    return paths


SETUP = (
    ("acquisition", "imaging_instrument", "Nikon Ti2, objective 20x", "a.nd2: Instrument/Microscope"),
    ("acquisition", "image_acquisition_parameters", "exposure 10 ms", "a.nd2: Plane"),
)
PEOPLE = (
    ("contributor", "family_name", "Curie", "a.nd2: Experimenter/@LastName"),
    ("contributor", "given_name", "Marie", "a.nd2: Experimenter/@FirstName"),
    ("organisation", "name", "Sorbonne", "a.nd2: Experimenter/@Institution"),
)


def test_an_empty_draft_gets_what_the_files_say_and_each_value_its_file() -> None:
    study = factory.draft()
    offer(study, *SETUP, *PEOPLE, ("channel", "content", "DNA", "a.nd2: Channel/@Name"))
    fill(study)
    document = documents.read(study)
    assert document["acquisitions"][0]["imaging_instrument"] == "Nikon Ti2, objective 20x"
    assert document["contributors"][0]["affiliations"][0]["organisation"] == document["organisations"][0]["id"]
    assert document["channels"][0]["content"]["text"] == "DNA"
    noted = {path.rpartition("/")[2]: one.source for path, one in sources.of_study(study).items()}
    assert noted["image_acquisition_parameters"] == "a.nd2: Plane"
    assert noted["affiliations"] == "a.nd2: Experimenter/@Institution"
    assert not Suggestion.objects.filter(study=study, state="offered").exists()
    assert fill(study) == []


def test_what_was_typed_stays_and_what_is_ambiguous_is_only_offered() -> None:
    study = factory.draft()
    common: dict[str, Any] = {"actor": Actor(study.owner), "study_id": study.pk}
    services.add_entity(**common, module="acquisition", values={"title": "ours", "imaging_instrument": "typed"})
    services.add_entity(**common, module="contributor", values={"family_name": "Typed"})
    offer(study, *SETUP, *PEOPLE)
    (path,) = fill(study)
    assert path.endswith("image_acquisition_parameters")
    (setup,) = documents.read(study)["acquisitions"]
    assert (setup["imaging_instrument"], setup["image_acquisition_parameters"]) == ("typed", "exposure 10 ms")
    assert Suggestion.objects.filter(study=study, state="taken").count() == 1
    services.add_entity(**common, module="acquisition", values={"title": "another"})
    offer(study, ("acquisition", "image_acquisition_parameters", "exposure 20 ms", "b.nd2: Plane"))
    assert fill(study) == []


def test_settings_of_several_files_become_several_set_ups_of_the_one_instrument() -> None:
    study = factory.draft()
    offer(study, *SETUP, ("acquisition", "image_acquisition_parameters", "exposure 20 ms", "b.nd2: Plane"))
    fill(study)
    found = documents.read(study)["acquisitions"]
    assert [row["image_acquisition_parameters"] for row in found] == ["exposure 10 ms", "exposure 20 ms"]
    assert {row["imaging_instrument"] for row in found} == {"Nikon Ti2, objective 20x"}


def test_a_draft_that_changed_since_is_looked_at_again() -> None:
    study = factory.draft()
    common: dict[str, Any] = {"actor": Actor(study.owner), "study_id": study.pk}
    offer(study, *SETUP)
    seen = services.preview_fill(**common)
    services.add_entity(**common, module="acquisition", values={"imaging_instrument": "typed"})
    with pytest.raises(Conflict):
        services.apply_fill(**common, taken=[seen.changes[0].path], shown=digest(seen))


def test_a_real_file_fills_how_it_was_imaged(shared: Path) -> None:
    study = factory.draft()
    place = shared / "samples/01_fluorescence/ometiff_from_nd2/example-multichannel.ome.tif"
    factory.upload(study, place.name, place.read_bytes())
    for job in Job.objects.all():
        run_job(job.pk)
    assert fill(study)
    (setup,) = documents.read(study)["acquisitions"]
    assert "Plan Apo" in setup["imaging_instrument"]
    noted = sources.of_study(study)[f"acquisition/{setup['id']}/imaging_instrument"]
    assert (noted.kind, noted.source.partition(": ")[0]) == ("file", place.name)
