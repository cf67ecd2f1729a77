"""A published study and a draft with real files, and a web server that serves them."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import numpy as np
import tifffile
from django.conf import settings

from base import jobs
from base.models import Job, User
from catalogue import files
from catalogue.access import Actor
from catalogue.models import File, Image, Study, StudyComponent
from catalogue.services import submit
from publishing.models import Publication
from tests import factory
from tests.portal.publishing import publish as approved
from tests.publishing.serving import served

MIBI = "05_multiplexed/mibi_breast/Point2203_pt1072_31606_41ch.ome.tif"
NF1 = "01_fluorescence/nf1_cellpainting/Plate_2_images/B7_01_1_3_DAPI_001.tif"
CELLS_ZARR = "02_omezarr/v05_cells3d_nuclei.zarr"
NOTE = bytes(range(256)) * 3000


@dataclass(frozen=True)
class Site:
    url: str
    http: httpx.Client
    samples: Path
    owner: User
    published: Study
    draft: Study

    def image(self, study: Study, name: str) -> str:
        """The address of the image's data that came from the file whose path ends so."""
        found = Image.objects.get(study=study, image_files__file__path__endswith=name)
        return f"{self.url}/data/{found.pk}"

    def file(self, study: Study, name: str) -> str:
        return f"{self.url}/data/files/{File.objects.get(study=study, path__endswith=name).pk}"


def deposit(owner: User, paths: list[Path]) -> Study:
    """A study with these files, read and grouped."""
    study, actor = factory.study(owner, images=0), Actor(owner)
    for path in paths:
        files.register_in_place(actor=actor, study_id=study.pk, path=str(path))
    for job in Job.objects.filter(target=study.pk, state=Job.State.QUEUED):
        jobs.run_job(job.pk)
    component = StudyComponent.objects.get(study=study)
    ids = list(File.objects.filter(study=study).values_list("pk", flat=True))
    files.assign(actor=actor, study_id=study.pk, file_ids=ids, component_id=component.pk)
    return study


def publish(study: Study) -> Publication:
    submit(actor=Actor(study.owner), study_id=study.pk)
    return approved(study)


@contextmanager
def delivered(shared: Path, own: Path, **environment: str) -> Iterator[Site]:
    """The site, with files made here in the folder `own`; what it made is removed again."""
    samples = shared / "samples"
    tiled = own / "tiled.ome.tif"
    pixels = np.zeros((2, 300, 500), np.uint16)
    pixels[1, 10:290, 20:480] = np.arange(460)
    tifffile.imwrite(tiled, pixels, tile=(128, 128), photometric="minisblack", metadata={"axes": "CYX"}, ome=True)
    note = own / "Notes – µm, “quoted”.txt"
    note.write_bytes(NOTE)
    before, settings.REGISTER_ROOTS = settings.REGISTER_ROOTS, [samples.resolve(), own.resolve()]
    try:
        owner = factory.user()
        published = deposit(owner, [samples / MIBI, samples / NF1, samples / CELLS_ZARR, tiled, note])
        publish(published)
        draft = deposit(owner, [samples / NF1, note])
        with served([samples, own], own / "server.log", **environment) as url, httpx.Client(timeout=120) as http:
            yield Site(url, http, samples, owner, published, draft)
    finally:
        settings.REGISTER_ROOTS = before
        shutil.rmtree(settings.DATA / "store", ignore_errors=True)
