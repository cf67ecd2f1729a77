"""Many changes at once, requests that may be sent again, and key-values."""

import uuid
from typing import Any

import pytest
from django.test import Client

from base import tokens
from base.models import AnsweredRequest
from catalogue import documents
from catalogue.models import File, Study
from tests import factory

pytestmark = pytest.mark.django_db


def file_of(study: Study, path: str) -> File:
    file = factory.upload(study, path, b"x")
    assert file is not None
    return file


class Api:
    """An owner's token at one study."""

    def __init__(self, study: Study) -> None:
        self.study, self.address = study, f"/api/v1/studies/{study.pk}"
        _, secret = tokens.issue(user=study.owner, name="test")
        self.headers = {"Authorization": f"Bearer {secret}"}

    def post(self, path: str, body: Any, **headers: str) -> Any:
        return Client().post(
            path if path.startswith("/") else f"{self.address}/{path}", body, content_type="application/json",
            headers=self.headers | {name.replace("_", "-"): value for name, value in headers.items()},
        )  # fmt: skip

    def get(self, path: str) -> Any:
        return Client().get(f"{self.address}/{path}", headers=self.headers)

    @property
    def document(self) -> dict[str, Any]:
        return documents.read(Study.objects.get(pk=self.study.pk))


@pytest.fixture
def api() -> Api:
    return Api(factory.draft())


def test_operations_are_done_in_order_and_may_point_to_each_other(api: Api) -> None:
    operations = [
        {"do": "add", "module": "organisations", "values": {"name": "A university"}},
        {"do": "add", "module": "contributors",
         "values": {"family_name": "Curie", "affiliations": [{"organisation": "#0"}]}},
        {"do": "copy", "module": "contributors", "id": "#1"},
        {"do": "save", "module": "contributors", "id": "#2", "values": {"family_name": "Noether"}},
        {"do": "move", "module": "contributors", "id": "#2", "position": 0},
        {"do": "save", "module": "study", "values": {"title": "A title", "release_date": "soon"}},
    ]  # fmt: skip
    answer = api.post("bulk", {"operations": operations})
    assert answer.status_code == 200, answer.content
    done = answer.json()["done"]
    assert [problem["path"].rpartition("/")[2] for problem in done[5]["problems"]] == ["release_date"]
    document = api.document
    assert [person["family_name"] for person in document["contributors"]] == ["Noether", "Curie"]
    assert all(person["affiliations"] == [{"organisation": done[0]["id"]}] for person in document["contributors"])
    assert document["study"]["title"] == "A title"


@pytest.mark.parametrize(
    ("operation", "path"),
    [
        ({"do": "explode", "module": "study"}, "operations/1/do"),
        ({"do": "add", "module": "nothing"}, "operations/1/module"),
        ({"do": "remove", "module": "contributors", "id": str(uuid.uuid4())}, "operations/1"),
        ({"do": "save", "module": "contributors", "values": {}}, "operations/1/id"),
        ("text", "operations/1"),
    ],
)
def test_a_wrong_operation_undoes_all(api: Api, operation: Any, path: str) -> None:
    first = {"do": "add", "module": "contributors", "values": {"family_name": "Curie"}}
    answer = api.post("bulk", {"operations": [first, operation]})
    assert answer.status_code == 400, answer.content
    assert answer.json()["problems"][0]["path"].startswith(path)
    assert api.document["contributors"] == []


def test_more_operations_than_allowed_are_refused(api: Api) -> None:
    operations = [{"do": "save", "module": "study", "values": {}}] * 1001
    assert api.post("bulk", {"operations": operations}).status_code == 413


def test_a_request_sent_twice_is_done_once(api: Api) -> None:
    body = {"operations": [{"do": "add", "module": "contributors", "values": {"family_name": "Curie"}}]}
    first = api.post("bulk", body, Idempotency_Key="k1")
    second = api.post("bulk", body, Idempotency_Key="k1")
    assert first.status_code == second.status_code == 200
    assert first.json() == second.json()
    assert second["Idempotent-Replayed"] == "true"
    assert len(api.document["contributors"]) == 1
    api.post("bulk", body, Idempotency_Key="k2")
    assert len(api.document["contributors"]) == 2


def test_a_study_started_twice_is_one(api: Api) -> None:
    first, second = (api.post("/api/v1/studies", {"study": {"title": "One"}}, Idempotency_Key="s") for _ in range(2))
    assert first.status_code == second.status_code == 201
    assert (first["Location"], first.json()) == (second["Location"], second.json())
    assert Study.objects.filter(title="One").count() == 1


def test_one_key_for_two_requests_is_refused(api: Api) -> None:
    api.post("/api/v1/studies", {"study": {"title": "One"}}, Idempotency_Key="k")
    other = api.post("/api/v1/studies", {"study": {"title": "Two"}}, Idempotency_Key="k")
    assert other.status_code == 422
    assert other["Content-Type"] == "application/problem+json"
    assert not Study.objects.filter(title="Two").exists()


def test_an_error_is_not_kept_and_another_person_has_keys_of_their_own(api: Api) -> None:
    refused = api.post("/api/v1/studies", {"study": {"nothing": "x"}}, Idempotency_Key="k")
    assert refused.status_code == 400
    assert not AnsweredRequest.objects.exists()
    body = {"study": {"title": "Right"}}
    assert api.post("/api/v1/studies", body, Idempotency_Key="k").status_code == 201
    other = Api(factory.draft())
    again = other.post("/api/v1/studies", body, Idempotency_Key="k")
    assert again.status_code == 201
    assert "Idempotent-Replayed" not in again
    assert Study.objects.filter(title="Right").count() == 2


def test_a_key_that_is_none_is_refused(api: Api) -> None:
    assert api.post("/api/v1/studies", {}, Idempotency_Key="x" * 256).status_code == 400


def test_key_values_of_many_entities_at_once(api: Api, django_assert_max_num_queries: Any) -> None:
    files = [file_of(api.study, f"{number}.csv") for number in range(40)]
    items = [
        {"entity": "file", "id": str(file.pk), "pairs": [{"name": "Gene Symbol", "value": "NF1"},
                                                         {"name": "dose", "value": str(number), "unit": "µM"}]}
        for number, file in enumerate(files)
    ]  # fmt: skip
    with django_assert_max_num_queries(40):
        answer = api.post("key-values", {"items": items})
    assert answer.status_code == 204, answer.content
    changed = {"entity": "file", "id": str(files[3].pk), "pairs": [{"name": "dose", "value": "9"}]}
    assert api.post("key-values", {"items": [changed]}).status_code == 204
    said = api.get(f"key-values?entity=file&id={files[3].pk}&id={files[4].pk}").json()["items"]
    assert [{pair["name"]: (pair["value"], pair["unit"]) for pair in one["pairs"]} for one in said] == [
        {"Gene Symbol": ("NF1", ""), "dose": ("9", "")},
        {"Gene Symbol": ("NF1", ""), "dose": ("4", "µM")},
    ]


def test_key_values_of_another_study_are_out_of_reach(api: Api) -> None:
    foreign = file_of(factory.draft(), "a.csv")
    answer = api.post("key-values", {"items": [{"entity": "file", "id": str(foreign.pk), "pairs": []}]})
    assert answer.status_code == 400
    assert answer.json()["problems"][0]["path"] == "items/0/id"
    said = api.get(f"key-values?entity=file&id={foreign.pk}").json()["items"]
    assert said[0]["pairs"] == []


def test_files_are_removed_all_or_none(api: Api) -> None:
    files = [file_of(api.study, f"{number}.csv") for number in range(3)]
    ids = [str(file.pk) for file in files]
    assert api.post("files/remove", {"files": [*ids, str(uuid.uuid4())]}).status_code == 404
    assert api.study.files.count() == 3
    assert api.post("files/remove", {"files": ids[:2]}).status_code == 204
    assert [file.path for file in api.study.files.all()] == ["2.csv"]


def test_parts_are_copied_from_a_study_and_from_a_template(api: Api) -> None:
    other = Api(factory.draft(owner=api.study.owner))
    other.headers = api.headers
    values = {"title": "Our confocal", "imaging_instrument": "Zeiss LSM 980"}
    other.post("acquisitions", values)
    preview = api.post("copy", {"study": str(other.study.pk), "paths": ["acquisition"]}).json()
    assert not preview["done"]
    assert [change["path"].split("/")[0] for change in preview["changes"]] == ["acquisition"]
    assert api.document["acquisitions"] == []
    done = api.post("copy", {"study": str(other.study.pk), "paths": ["acquisition"], "shown": preview["shown"]})
    assert done.json()["done"]
    assert api.document["acquisitions"][0]["imaging_instrument"] == "Zeiss LSM 980"
    made = api.post("/api/v1/templates", {"name": "confocal", "study": str(other.study.pk), "paths": ["acquisition"]})
    assert made.status_code == 201, made.content
    third = Api(factory.draft(owner=api.study.owner))
    shown = third.post("copy", {"template": made.json()["id"]}).json()["shown"]
    assert third.post("copy", {"template": made.json()["id"], "shown": shown}).json()["done"]
    assert third.document["acquisitions"][0]["title"] == "Our confocal"
    stale = third.post("copy", {"template": made.json()["id"], "shown": shown})
    assert stale.status_code == 409
