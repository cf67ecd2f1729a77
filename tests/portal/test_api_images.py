"""Conversions of images and patient data in files, by the REST API."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from base import jobs
from base.models import User
from catalogue import files
from catalogue.access import Actor
from catalogue.models import AccessGrant, File, Image, Study, StudyComponent
from publishing.models import Erasure, Publication
from publishing.services import retract
from tests import factory
from tests.portal.api_calls import bearer, call, problem_of
from tests.publishing.delivered import publish

pytestmark = pytest.mark.django_db
CT = "samples/03_vendor/dicom/CT_small.dcm"


def ask(person: User, method: str, address: str, data: object = b"", status: int = 200) -> Any:
    answer = call(method, f"/api/v1/{address}", data, **bearer(person))
    assert answer.status_code == status, answer.text
    return json.loads(answer.content)


def viewer_of(study: Study) -> User:
    person = factory.user("Vera Viewer")
    AccessGrant.objects.create(study=study, user=person, right=AccessGrant.Right.VIEW, granted_by=study.owner)
    return person


def test_a_conversion_is_asked_for_followed_and_stopped(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 60_000, (300, 400), np.uint16)
    tifffile.imwrite(tmp_path / "a.tif", pixels, compression="lzw", rowsperstrip=16)
    study = factory.study(images=0)
    factory.upload(study, "a.tif", (tmp_path / "a.tif").read_bytes())
    jobs.run_queued(study.pk)
    address = f"images/{Image.objects.get(study=study).pk}/conversions"
    assert ask(study.owner, "get", address) == {"made": [], "last": None}
    problem = problem_of(call("post", f"/api/v1/{address}", {"form": "gif"}, **bearer(study.owner)), 400)
    assert "form" in str(problem["problems"])
    asked = ask(study.owner, "post", address, {"form": "ome-zarr"}, status=202)
    assert (asked["form"], asked["state"]) == ("ome-zarr", "queued")
    problem_of(call("post", f"/api/v1/{address}", {"form": "levels"}, **bearer(study.owner)), 409)
    assert ask(study.owner, "post", f"{address}/{asked['id']}/cancel", status=202)["state"] == "cancelled"
    again = ask(study.owner, "post", address, {"form": "ome-zarr"}, status=202)
    jobs.run_queued()
    assert ask(study.owner, "get", f"{address}/{again['id']}")["state"] == "done"
    assert ask(study.owner, "get", address)["made"] == ["ome-zarr"]
    for person, status in ((viewer_of(study), 403), (factory.user(), 404)):
        for method, rest in (("get", ""), ("post", ""), ("get", f"/{again['id']}"), ("post", f"/{again['id']}/cancel")):
            problem_of(call(method, f"/api/v1/{address}{rest}", {"form": "levels"}, **bearer(person)), status)
    problem_of(call("get", f"/api/v1/{address}/{study.pk}", **bearer(study.owner)), 404)
    reading = bearer(study.owner, may_write=False)
    problem_of(call("post", f"/api/v1/{address}", {"form": "levels"}, **reading), 403)
    form = f"/api/v1/{address.removesuffix('conversions')}forms/"
    problem_of(call("delete", f"{form}ome-zarr", **reading), 403)
    problem_of(call("delete", f"{form}gif", **bearer(study.owner)), 404)
    assert call("delete", f"{form}ome-zarr", **bearer(study.owner)).status_code == 204
    problem_of(call("delete", f"{form}ome-zarr", **bearer(study.owner)), 404)
    assert ask(study.owner, "get", address)["made"] == []


def test_patient_data_is_listed_and_removed(shared: Path) -> None:
    study = factory.study()
    file = factory.upload(study, "CT_small.dcm", (shared / CT).read_bytes())
    assert file is not None
    jobs.run_queued(study.pk)
    base = f"studies/{study.pk}"
    (found,) = ask(study.owner, "get", f"{base}/patient-data")["items"]
    assert (found["path"], found["blocks"], found["can_deidentify"]) == ("CT_small.dcm", True, True)
    assert {"kind", "where", "what", "advice"} == set(found["findings"][0])
    assert "CompressedSamples" not in str(found)
    note = {"note": "of a mouse"}
    problem_of(call("post", f"/api/v1/{base}/files/{file.pk}/declare-harmless", note, **bearer(study.owner)), 400)
    address = f"/api/v1/{base}/files/{file.pk}/deidentify"
    problem_of(call("post", address, **bearer(viewer_of(study))), 403)
    problem_of(call("post", address, **bearer(factory.user())), 404)
    assert ask(study.owner, "post", f"{base}/files/{file.pk}/deidentify", status=202)["kind"] == "deidentify-file"
    problem_of(call("post", address, **bearer(study.owner)), 409)
    jobs.run_queued(study.pk)
    assert ask(study.owner, "get", f"{base}/patient-data")["items"] == []
    removed = ask(study.owner, "get", f"{base}/files/{file.pk}/removed")["removed"]
    assert {"where": "(0010,0010)", "name": "PatientName", "action": "emptied"} in removed


def test_curators_remove_bytes_of_withdrawn_versions() -> None:
    study = factory.study(images=1)
    file = factory.upload(study, "note.txt", b"John")
    assert file is not None
    jobs.run_queued(study.pk)
    component = StudyComponent.objects.get(study=study)
    files.assign(actor=Actor(study.owner), study_id=study.pk, file_ids=[file.pk], component_id=component.pk)
    publish(study)
    study.refresh_from_db()
    curator = Publication.objects.get(study=study).published_by
    base, note = f"studies/{study.pk}", {"note": "A name."}
    erase = f"{base}/withdrawn-files/{file.pk}/erase"
    problem_of(call("post", f"/api/v1/{erase}", note, **bearer(curator)), 409)
    retract(actor=Actor(curator), accession=study.accession or "", reason="A name.")
    for rest in ("withdrawn-files", "erasures"):
        problem_of(call("get", f"/api/v1/{base}/{rest}", **bearer(study.owner)), 403)
    problem_of(call("post", f"/api/v1/{erase}", note, **bearer(study.owner)), 403)
    problem_of(call("post", f"/api/v1/{erase}", {"note": ""}, **bearer(curator)), 400)
    listed = ask(curator, "get", f"{base}/withdrawn-files")["items"]
    assert "note.txt" in [one["path"] for one in listed]
    problem_of(
        call("post", f"/api/v1/{base}/withdrawn-files/{file.pk}/deidentify", note, **bearer(curator)), 400
    )  # it cannot be
    assert ask(curator, "post", erase, note)["path"] == "note.txt"
    assert [one["reason"] for one in ask(curator, "get", f"{base}/erasures")["items"]] == ["A name."]
    assert not File.objects.filter(pk=file.pk).exists()
    assert Erasure.objects.get().by == curator
