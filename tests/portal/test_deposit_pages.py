"""The deposit as a browser without JavaScript uses it, and the answers that its script gets."""

import re
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client
from django.utils import timezone

from base import jobs
from base.models import Job, StoredFile
from catalogue import documents, services
from catalogue.access import Actor
from catalogue.models import File, Study, Suggestion
from catalogue.rules.fields import Kind
from catalogue.rules.rembi import BY_KEY, MODULES
from ontology.loading import load_starter
from portal.deposit.steps import STEPS
from tests import factory

pytestmark = pytest.mark.django_db
TITLE = "Cell Painting of Schwann cells with and without neurofibromin"
JSON = {"Accept": "application/json"}


@pytest.fixture
def study(client: Client) -> Study:
    """A complete draft, its owner signed in."""
    made = factory.study()
    client.force_login(made.owner)
    return made


def url(study: Study, rest: str) -> str:
    return f"/deposit/{study.pk}/{rest}"


def of(study: Study, part: str) -> Any:
    return documents.read(Study.objects.get(pk=study.pk))[part]


def first(study: Study, plural: str) -> str:
    found: str = of(study, plural)[0]["id"]
    return found


def test_a_study_is_started_and_listed_for_its_owner_only(client: Client) -> None:
    ada, bo = factory.user("Ada"), factory.user("Bo")
    client.force_login(ada)
    answer = client.post("/deposit/start", {"title": TITLE}, follow=True)
    assert answer.status_code == 200
    assert TITLE in client.get("/deposit").text
    client.force_login(bo)
    assert TITLE not in client.get("/deposit").text
    assert client.get(url(Study.objects.get(), "study")).status_code == 404


def test_visitors_are_sent_to_the_sign_in(client: Client) -> None:
    assert client.get("/deposit")["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("key", [step.key for step in STEPS])
def test_each_step_asks_for_all_fields_of_its_modules(client: Client, study: Study, key: str) -> None:
    page = client.get(url(study, key)).text
    assert page.count("<h1") == 1
    for module_key in next(step.module_keys for step in STEPS if step.key == key):
        module = BY_KEY[module_key]
        if module.repeated and not of(study, module.plural):
            assert f'action="{url(study, f"-/{module_key}/add")}"' in page
            continue
        base = f"f-{module_key}-{first(study, module.plural)}" if module.repeated else f"f-{module_key}"
        for field in module.fields:
            assert f'id="{base}-{field.name}"' in page
            assert field.help in page.replace("&#x27;", "'")
    assert "<script>" not in page
    assert not re.search(r"\son(click|input|change)=", page)


def test_every_module_has_a_step() -> None:
    assert {key for step in STEPS for key in step.module_keys} == {module.key for module in MODULES}


def test_a_form_is_saved_without_a_script(client: Client, study: Study) -> None:
    load_starter()
    sample = first(study, "biosamples")
    fields = {
        "revision": "",
        "title": "Nerve",
        "organisms.rows": "1",
        "organisms.0.organism": "Mus musculus",
        "organisms.0.common_name": "mouse",
        "organisms.1.organism": "",
        "biological_entity": "something unheard of",
        "biological_entity.curie": "",
    }
    answer = client.post(url(study, f"-/biosample/{sample}/save"), fields)
    assert answer["Location"].endswith(f"#f-biosample-{sample}")
    saved = of(study, "biosamples")[0]
    assert saved["title"] == "Nerve"
    assert saved["organisms"] == [
        {"organism": {"text": "Mus musculus", "curie": "NCBITaxon:10090"}, "common_name": "mouse"}
    ]
    assert saved["variables"], "what was not posted is left as it is"
    page = client.get(url(study, "samples")).text
    assert "NCBITaxon:10090" in page
    assert "not mapped to a term" in page


def test_a_value_that_does_not_fit_is_kept_and_told_at_its_field(client: Client, study: Study) -> None:
    page = client.post(url(study, "-/study/save"), {"release_date": "next spring"}, follow=True).text
    field = page[page.index('data-path="study/release_date"') :].split('data-path="', 2)[1]
    assert 'value="next spring"' in field
    assert 'aria-invalid="true"' in field
    assert "is no date" in field
    assert re.search(r'aria-describedby="[^"]*f-study-release_date-error', field)


def test_the_script_gets_the_revision_and_the_problems(client: Client, study: Study) -> None:
    revision = Study.objects.get(pk=study.pk).revision
    fields = {"release_date": "soon", "revision": str(revision)}
    answer = client.post(url(study, "-/study/save"), fields, headers=JSON).json()
    assert answer["revision"] == revision + 1
    assert answer["problems"][0]["id"] == "f-study-release_date"
    assert re.fullmatch(r"\d\d:\d\d UTC", answer["saved_at"])


def test_a_save_on_an_old_revision_shows_what_the_other_one_wrote(client: Client, study: Study) -> None:
    old = str(Study.objects.get(pk=study.pk).revision)
    client.post(url(study, "-/study/save"), {"acknowledgements": "theirs", "revision": old})
    fields = {"acknowledgements": "mine", "revision": old}
    answer = client.post(url(study, "-/study/save"), fields, headers=JSON)
    assert answer.status_code == 409
    assert answer.json()["values"] == {"acknowledgements": "theirs"}
    page = client.post(url(study, "-/study/save"), fields)
    assert page.status_code == 409
    assert "theirs" in page.text
    assert "mine" in page.text
    assert of(study, "study")["acknowledgements"] == "theirs"
    newest = re.search(r'name="revision" value="(\d+)"', page.text)
    assert newest is not None
    client.post(url(study, "-/study/save"), fields | {"revision": newest[1]})
    assert of(study, "study")["acknowledgements"] == "mine"


def test_only_a_field_that_both_changed_is_asked_for(client: Client, study: Study) -> None:
    page = client.get(url(study, "study")).text
    seen = re.search(r'name="seen" value="([^"]+)"', page)
    assert seen is not None
    shown = {"seen": seen[1], "title": study.title, "acknowledgements": "", "funding_statement": ""}
    theirs = shown | {"acknowledgements": "theirs", "funding_statement": "theirs alone"}
    assert client.post(url(study, "-/study/save"), theirs, headers=JSON).status_code == 200
    merged = client.post(url(study, "-/study/save"), shown | {"title": "Mine"}, headers=JSON).json()
    assert merged["theirs"] == {"acknowledgements": "theirs", "funding_statement": "theirs alone"}
    mine = shown | {"acknowledgements": "mine"}
    answer = client.post(url(study, "-/study/save"), mine, headers=JSON)
    assert (answer.status_code, answer.json()["values"]) == (409, {"acknowledgements": "theirs"})
    page = client.post(url(study, "-/study/save"), mine).text
    fields = dict(re.findall(r'<input type="hidden" name="(seen|revision)" value="([^"]*)">', page))
    assert "theirs alone" in page, "what only the other one changed is in the form"
    client.post(url(study, "-/study/save"), fields | {"acknowledgements": "mine", "funding_statement": "theirs alone"})
    assert of(study, "study")["acknowledgements"] == "mine"
    assert of(study, "study")["funding_statement"] == "theirs alone"


def test_rows_of_a_module_are_added_copied_moved_and_removed(client: Client, study: Study) -> None:
    sample = first(study, "biosamples")
    client.post(url(study, "-/biosample/add"))
    client.post(url(study, f"-/biosample/{sample}/copy"))
    titles = [row["title"] for row in of(study, "biosamples")]
    assert titles == ["Schwann cells, NF1 +/+", "", "Schwann cells, NF1 +/+"]
    client.post(url(study, f"-/biosample/{sample}/move"), {"position": "1"})
    assert of(study, "biosamples")[0]["title"] == ""
    client.post(url(study, f"-/biosample/{sample}/remove"))
    assert sample not in [row["id"] for row in of(study, "biosamples")]
    assert client.post(url(study, f"-/biosample/{sample}/copy")).status_code == 404
    assert client.post(url(study, "-/biosample/add")).status_code == 302
    assert client.post(url(study, "-/nonsense/add")).status_code == 404


def test_an_organisation_is_added_from_the_person_who_works_there(client: Client, study: Study) -> None:
    person = first(study, "contributors")
    client.post(url(study, f"-/contributor/{person}/affiliation"), {"name": "Arcadia Science"})
    organisation = of(study, "organisations")[-1]
    assert organisation["name"] == "Arcadia Science"
    assert of(study, "contributors")[0]["affiliations"][-1] == {"organisation": organisation["id"]}


def test_what_the_files_say_is_offered_taken_and_dismissed(client: Client, study: Study) -> None:
    acquisition = first(study, "acquisitions")
    client.post(url(study, f"-/acquisition/{acquisition}/save"), {"imaging_instrument": ""})
    offers = [
        Suggestion.objects.create(
            study=study, module="acquisition", field="imaging_instrument", text=text, source="a.ome.tif: Microscope"
        )
        for text in ("Nikon Ti2", "Zeiss 900")
    ]
    page = client.get(url(study, "imaging")).text
    assert "Nikon Ti2" in page
    assert "a.ome.tif" in page
    client.post(url(study, f"-/suggestions/{offers[0].pk}"), {"take": "1", "entity": acquisition})
    assert of(study, "acquisitions")[0]["imaging_instrument"] == "Nikon Ti2"
    client.post(url(study, f"-/suggestions/{offers[1].pk}"))
    assert "Zeiss 900" not in client.get(url(study, "imaging")).text
    assert client.post(url(study, f"-/suggestions/{offers[1].pk}")).status_code == 404


def test_submitting_is_refused_while_something_required_is_missing(client: Client) -> None:
    study = factory.draft(title=TITLE)
    client.force_login(study.owner)
    page = client.get(url(study, "check")).text
    assert re.search(r'/files">Files <span class="mark" data-mark="open">', page)
    assert re.search(r"<button[^>]* disabled[^>]*>Send to curators", page)
    links = re.findall(r'href="(/deposit/[^"#]+)#(f-[^"]+)"', page)
    assert links
    for address, anchor in links:
        assert f'id="{anchor}"' in client.get(address).text, f"{address} has no {anchor}"
    answer = client.post(url(study, "-/submit"), follow=True)
    assert "cannot be sent in yet" in answer.text
    study.refresh_from_db()
    assert study.state == Study.State.DRAFT


def test_a_submitted_study_is_locked_and_can_be_taken_back(client: Client, study: Study) -> None:
    assert "stays for ever" in client.post(url(study, "-/submit"), follow=True).text
    page = client.get(url(study, "study")).text
    assert "Take it back" in page
    assert 'id="f-study-title" name="title"' in page
    assert page.count(" disabled") >= len([one for one in BY_KEY["study"].fields if one.kind is not Kind.ROWS])
    answer = client.post(url(study, "-/study/save"), {"title": "Changed after all"})
    assert answer.status_code == 409
    assert client.post(url(study, "-/submit")).status_code == 409
    client.post(url(study, "-/withdraw"))
    study.refresh_from_db()
    assert study.state == Study.State.DRAFT


def test_requests_of_the_curators_stand_at_the_fields_until_done(client: Client, study: Study) -> None:
    services.submit(actor=Actor(study.owner), study_id=study.pk)
    carla = Actor(factory.curator())
    comment = services.comment(actor=carla, study_id=study.pk, path="study/title", text="Which line?")
    services.return_to_depositor(actor=carla, study_id=study.pk, note="One thing only.")
    page = client.get(url(study, "study")).text
    assert "Returned by Carla Curator" in page
    assert "One thing only." in page
    assert "Which line?" in page.split('data-path="study/title"')[1].split('data-path="')[0]
    answer = client.post(url(study, f"-/comments/{comment.pk}/resolve"))
    assert answer["Location"].endswith("/study#f-study-title")
    assert "Which line?" not in client.get(url(study, "study")).text


def test_the_history_is_told_in_words(client: Client, study: Study) -> None:
    sample = first(study, "biosamples")
    client.post(url(study, "-/study/save"), {"acknowledgements": "You"})
    client.post(url(study, f"-/biosample/{sample}/save"), {"title": "Nerve"})
    client.post(url(study, f"-/biosample/{sample}/remove"))
    page = client.get(url(study, "check")).text
    assert "Ada Depositor changed sample: Name, Acknowledgements" in page
    assert "removed sample “Nerve”" in page
    assert study.owner.email not in page.split("What was done")[1]


def test_files_are_grouped_by_a_pattern_and_removed(client: Client, study: Study) -> None:
    for name in ("a_DAPI_1.csv", "a_GFP_1.csv", "b_DAPI_1.csv"):
        factory.upload(study, name, b"x\n")
    component = first(study, "components")
    answer = client.post(url(study, "-/assign"), {"pattern": "*_dapi_*", "component": component}, follow=True)
    assert "2 files were moved." in answer.text
    in_it = study.files.filter(component_id=UUID(component), path__contains="_1.csv").values_list("path", flat=True)
    assert set(in_it) == {"a_DAPI_1.csv", "b_DAPI_1.csv"}
    assert "No file was chosen" in client.post(url(study, "-/assign"), {"pattern": "*.lif"}, follow=True).text
    file = study.files.get(path="a_GFP_1.csv")
    client.post(url(study, f"-/files/{file.pk}/remove"))
    assert not study.files.filter(pk=file.pk).exists()
    assert client.post(url(study, f"-/files/{file.pk}/remove")).status_code == 404


def test_reading_is_told_as_json_and_as_part_of_the_page(client: Client, study: Study) -> None:
    factory.upload(study, "table.csv", b"x\n")
    told = client.get(url(study, "-/progress"), headers=JSON).json()
    assert told["busy"] is True
    assert told["counts"]["arrived"] == 1
    assert told["total"] == 2
    assert "1 of 2 done" in client.get(url(study, "-/progress")).text


def test_files_that_could_not_be_read_are_counted_where_it_ends(client: Client, study: Study) -> None:
    factory.upload(study, "table.csv", b"x\n")
    Job.objects.all().delete()
    study.files.update(state=File.State.FAILED)
    told = client.get(url(study, "-/progress")).text
    assert "files have been read. 2 of them cannot be used as they are" in told


def test_a_file_that_changed_is_told_with_what_to_do(client: Client, study: Study) -> None:
    StoredFile.objects.filter(study_files__study=study).update(is_damaged=True, checked_at=timezone.now())
    assert "Remove it and upload it again." in client.get(url(study, "files")).text
    assert "cannot be sent in yet" in client.post(url(study, "-/submit"), follow=True).text
    assert "is no longer what it was when it came" in client.get(url(study, "check")).text


def test_a_path_that_is_not_allowed_is_not_registered(client: Client, study: Study, settings: Any) -> None:
    settings.REGISTER_ROOTS = []
    assert "Register files" not in client.get(url(study, "files")).text
    answer = client.post(url(study, "-/register"), {"path": "/etc/passwd"})
    assert answer.status_code in {302, 400, 500}
    assert not study.files.filter(path__contains="passwd").exists()


def test_a_draft_is_deleted_but_not_one_with_an_accession(client: Client, study: Study) -> None:
    other = factory.submitted(study.owner)
    assert client.post(url(other, "-/delete")).status_code in {403, 409}
    client.post(url(study, "-/delete"))
    assert list(Study.objects.all()) == [other]


def test_no_step_or_study_of_any_name(client: Client, study: Study) -> None:
    assert client.get(url(study, "nonsense")).status_code == 404
    assert client.get(f"/deposit/{uuid4()}/study").status_code == 404


@pytest.mark.parametrize("key", [step.key for step in STEPS])
def test_queries_do_not_grow_with_the_study(client: Client, key: str, django_assert_max_num_queries: Any) -> None:
    small, large = factory.study(), factory.study(images=30)
    for owner_of in (small, large):
        client.force_login(owner_of.owner)
        client.get(url(owner_of, key))  # caches of content types and sessions
    for of_it, count in ((small, 1), (large, 5)):
        for module in [module for module in MODULES if module.repeated] * count:
            services.add_entity(actor=Actor(of_it.owner), study_id=of_it.pk, module=module.key)
    client.force_login(small.owner)
    with django_assert_max_num_queries(100) as few:
        client.get(url(small, key))
    client.force_login(large.owner)
    with django_assert_max_num_queries(len(few)):
        client.get(url(large, key))


def test_a_removed_row_comes_back_with_what_referred_to_it(client: Client, study: Study) -> None:
    organisation, sample = first(study, "organisations"), first(study, "biosamples")
    before = {part: of(study, part) for part in ("organisations", "contributors", "components")}
    for module, row, step in (("organisation", organisation, "people"), ("biosample", sample, "samples")):
        page = client.post(url(study, f"-/{module}/{row}/remove"), follow=True).text
        assert "/-/restore" in page
        assert "/-/restore" not in client.get(url(study, "imaging")).text
        page = client.post(url(study, "-/restore"), follow=True).text
        assert "It is back." in page
        assert client.post(url(study, "-/restore")).status_code == 404
        assert "/-/restore" not in client.get(url(study, step)).text
    after = {part: of(study, part) for part in before}
    new = after["organisations"][0]["id"]
    assert after["contributors"][0]["affiliations"] == [{"organisation": new}]
    assert after["organisations"] == [before["organisations"][0] | {"id": new}]
    association = after["components"][0]["associations"][0]
    assert association == before["components"][0]["associations"][0] | {"biosample": first(study, "biosamples")}


def test_what_was_changed_after_a_removal_is_not_changed_back(client: Client, study: Study) -> None:
    organisation, person = first(study, "organisations"), first(study, "contributors")
    client.post(url(study, f"-/organisation/{organisation}/remove"))
    other = services.add_entity(
        actor=Actor(study.owner), study_id=study.pk, module="organisation", values={"name": "Another"}
    )
    fields = {"affiliations.rows": "1", "affiliations.0.organisation": str(other)}
    client.post(url(study, f"-/contributor/{person}/save"), fields)
    client.post(url(study, "-/restore"))
    assert [row["organisation"] for row in of(study, "contributors")[0]["affiliations"]] == [str(other)]
    assert [row["name"] for row in of(study, "organisations")] == ["University of Colorado Anschutz", "Another"]


def test_a_file_is_followed_while_it_is_deidentified_and_read_again(client: Client, study: Study, shared: Path) -> None:
    data = (shared / "samples/03_vendor/dicom/CT_small.dcm").read_bytes()
    file = factory.upload(study, "CT_small.dcm", data)
    assert file is not None

    def shown() -> list[bool]:
        page = client.get(url(study, "files")).text
        signs = ('data-busy="1"', 'aria-label="De-identify CT_small.dcm"', "It is being read again.")
        return [sign in page for sign in signs]

    jobs.run_queued(study.pk)
    assert shown() == [False, True, False]
    client.post(url(study, f"-/files/{file.pk}/deidentify"))
    assert shown() == [True, False, False]
    jobs.run_job(Job.objects.get(kind="deidentify-file").pk)
    assert shown() == [True, False, True]
    jobs.run_queued(study.pk)
    assert shown() == [False, False, False]
