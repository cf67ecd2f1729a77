"""The demo: what a fresh site shows, loaded once however often it is asked for or cut off."""

import io
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.contrib.auth import authenticate
from django.core.management import call_command
from skimage.color import combine_stains, rgb_from_hdx
from skimage.io import imread

from base.models import StoredFile, User
from base.storage import path_of
from catalogue.models import File, Image, Study
from catalogue.services import check
from imaging.readers import read_facts
from imaging.source import open_source, read_region
from ontology.loading import load_starter
from portal.demo import load
from portal.demo.pixels import FULL_SCALE, PICTURES
from publishing.models import Publication

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh(settings: Any, tmp_path: Path) -> None:
    settings.DATA = tmp_path / "site"
    settings.DATA.mkdir()
    load_starter()


def demo() -> str:
    out = io.StringIO()
    call_command("demo", stdout=out)
    return out.getvalue()


def counts() -> list[int]:
    return [model.objects.count() for model in (User, Study, Publication, File, Image, StoredFile)]


def test_two_published_studies_and_a_draft_with_real_terms() -> None:
    demo()
    published = Publication.objects.order_by("accession")
    assert [one.study.state for one in published] == ["published", "published"]
    draft = Study.objects.get(state=Study.State.DRAFT)
    assert any("organisms" in one.path for one in check(draft).findings)
    assert Image.objects.filter(study=draft).count() == 1
    for publication in published:
        findings = check(publication.study).findings
        assert not [one for one in findings if one.level == "required"]
        sample = publication.study.biosamples.get()
        assert sample.organisms.get().organism_term.curie.startswith("NCBITaxon:")
        acquisition = publication.study.imageacquisitions.get()
        assert acquisition.methods.get().method_term.curie.startswith("FBbi:")


def test_loaded_twice_it_is_there_once() -> None:
    demo()
    before, passwords = counts(), load.accounts_file().read_text()
    assert "nothing was added" in demo()
    assert counts() == before
    assert load.accounts_file().read_text() == passwords


def test_what_people_did_with_it_since_stays() -> None:
    demo()
    draft = Study.objects.get(state=Study.State.DRAFT)
    Study.objects.filter(pk=draft.pk).update(title="My own title of this draft")
    before = counts()
    demo()
    assert counts() == before


@pytest.mark.both
def test_cut_off_anywhere_it_is_done_by_the_next_load(monkeypatch: pytest.MonkeyPatch) -> None:
    class PowerCut(BaseException):
        pass

    def cut(*args: Any, **kwargs: Any) -> Any:
        raise PowerCut

    for place in ("approve", "deposit", "discard"):
        with monkeypatch.context() as patch:
            patch.setattr(load, place, cut)
            try:
                load.load_demo()
            except PowerCut:
                continue
    demo()
    assert counts()[1:3] == [3, 2]


def test_the_accounts_open_with_what_the_file_tells_and_only_it() -> None:
    demo()
    file = load.accounts_file()
    assert file.stat().st_mode & 0o077 == 0
    told = dict(line.split()[-2:] for line in file.read_text().splitlines())
    assert set(told) == {"demo-researcher@example.org", "demo-curator@example.org"}
    for email, password in told.items():
        user = authenticate(username=email, password=password)
        assert isinstance(user, User)
        assert user.is_curator == ("curator" in email)
        assert not user.is_staff
    file.unlink()
    demo()
    again = dict(line.split()[-2:] for line in file.read_text().splitlines())
    assert again != told
    assert authenticate(username="demo-curator@example.org", password=told["demo-curator@example.org"]) is None
    assert authenticate(username="demo-curator@example.org", password=again["demo-curator@example.org"])


def test_the_separated_stains_are_the_picture() -> None:
    demo()
    stored = File.objects.select_related("stored").get(path="ihc-stains.ome.tif").stored
    path = path_of(stored)
    (facts,) = read_facts(path).images
    assert [channel.name for channel in facts.channels] == ["hematoxylin", "DAB (FHL2)", "residual"]
    assert facts.level_count > 1
    assert facts.physical_size_x is None  # the source gives none
    picture = imread(PICTURES / "ihc.png")
    with closing(open_source(path, 0)) as source:
        stains = np.stack([read_region(source, 0, 0, c, 0, 0, 512, 0, 512) for c in range(3)]) / FULL_SCALE
    back = combine_stains(np.moveaxis(stains, 0, -1), rgb_from_hdx) * 255
    difference = np.abs(back - picture)
    assert np.median(difference) < 1  # amounts below 0 were cut off, which shows in few pixels
    assert np.percentile(difference, 90) < 12
