"""Images and files through nginx, set up as deploy/nginx says: quick for those who may, and closed to others."""

import os
import string
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from base import tokens
from catalogue.access import Actor
from catalogue.services import make_link
from publishing.models import Publication
from publishing.services import retract
from tests import factory
from tests.publishing.committed import committed  # noqa: F401  (the fixture db)
from tests.publishing.delivered import NF1, NOTE, Site, delivered
from tests.publishing.serving import ROOT, free_port, wait_for
from tests.waiting import until

TEMPLATE = ROOT / "deploy" / "nginx" / "vitrine.conf.template"
MAIN = """
daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log; worker_processes 1; {user}
events {{ worker_connections 64; }}
http {{
  access_log {folder}/access.log; default_type application/octet-stream;
  client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
  uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
  include {folder}/vitrine.conf;
}}
"""
CHUNK = "ome-zarr-0.5/0/c/0/0/0/0/0"


@contextmanager
def nginx_before(url: str, folder: Path) -> Iterator[str]:
    """nginx in front of a site; gives its address."""
    program = os.environ.get("VITRINE_TEST_NGINX")
    if not program:
        pytest.skip("no nginx: script/services start, then set what .services/env says")
    port = free_port()
    values = {
        "VITRINE_LISTEN": f"127.0.0.1:{port}",
        "VITRINE_NAME": "127.0.0.1",
        "VITRINE_CACHE": str(folder / "cache"),
        "VITRINE_LOG": str(folder / "access.log"),
        "VITRINE_UPSTREAM": url.removeprefix("http://"),
    }
    (folder / "cache").mkdir()
    (folder / "vitrine.conf").write_text(string.Template(TEMPLATE.read_text()).safe_substitute(values))
    user = "user root;" if os.getuid() == 0 else ""
    (folder / "nginx.conf").write_text(MAIN.format(folder=folder, user=user))
    log = folder / "start.log"
    with log.open("wb") as output:
        command = [program, "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")]
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        try:
            wait_for(port, process, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(timeout=60)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("nginx")


@pytest.fixture(scope="module")
def site(shared: Path, folder: Path, tmp_path_factory: pytest.TempPathFactory, db: None) -> Iterator[Site]:
    own = tmp_path_factory.mktemp("deposited")
    with delivered(shared, own, VITRINE_FILES_BY_NGINX="1") as behind, nginx_before(behind.url, folder) as url:
        yield Site(url, behind.http, behind.samples, behind.owner, behind.published, behind.draft)


def test_a_public_chunk_is_the_same_and_kept(site: Site) -> None:
    address = site.image(site.published, "tiled.ome.tif")
    first, again = (site.http.get(f"{address}/{CHUNK}") for _ in range(2))
    assert first.status_code == 200
    assert len(first.content) == 128 * 128 * 2
    assert (again.content, again.headers["x-cache-status"]) == (first.content, "HIT")
    assert again.headers["etag"] == first.headers["etag"]
    assert again.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert again.headers["access-control-allow-origin"] == "*"
    part = site.http.get(f"{address}/{CHUNK}", headers={"Range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, first.content[100:200])
    assert site.http.get(f"{address}/{CHUNK}", headers={"If-None-Match": first.headers["etag"]}).status_code == 304
    assert site.http.head(f"{address}/{CHUNK}").headers["content-length"] == str(len(first.content))
    assert site.http.get(f"{address}/ome-zarr-0.5/0/c/0/0/0/9/9").status_code == 404


def test_a_draft_is_given_to_those_who_may_see_it_only(site: Site) -> None:
    address = f"{site.image(site.draft, Path(NF1).name)}/{CHUNK}"
    _, secret = tokens.issue(user=site.owner, name="reader")
    _, others = tokens.issue(user=factory.user(), name="reader")
    mine = site.http.get(address, headers={"Authorization": f"Bearer {secret}"})
    assert mine.status_code == 200
    for headers in ({}, {"Authorization": f"Bearer {others}"}, {"Authorization": "Bearer nonsense"}):
        answer = site.http.get(address, headers=headers)
        assert answer.status_code in {401, 403, 404}
        assert answer.headers["content-type"] == "application/problem+json"
        assert mine.content not in answer.content
    again = site.http.get(address, headers={"Authorization": f"Bearer {secret}"})
    assert (again.content, again.headers["x-cache-status"]) == (mine.content, "HIT")
    assert again.headers["cache-control"] == "private, no-cache"


def test_what_is_said_of_a_draft_is_not_kept(site: Site) -> None:
    address = f"{site.image(site.draft, Path(NF1).name)}/ome-zarr-0.5/zarr.json"
    token, secret = tokens.issue(user=site.owner, name="reader")
    for _ in range(2):
        shown = site.http.get(address, headers={"Authorization": f"Bearer {secret}"})
        assert (shown.status_code, shown.headers["x-cache-status"]) == (200, "MISS")
    tokens.revoke(user=site.owner, token_id=token.pk)

    def is_closed() -> bool:
        return site.http.get(address, headers={"Authorization": f"Bearer {secret}"}).status_code in {401, 403, 404}

    until(is_closed, seconds=60, what="the revoked token to be refused")


def test_parts_of_an_ome_tiff_are_made_alone_and_not_kept(site: Site) -> None:
    address = f"{site.image(site.published, 'tiled.ome.tif')}/ome-tiff/image.ome.tif"
    for _ in range(2):
        part = site.http.get(address, headers={"Range": "bytes=0-99"})
        assert (part.status_code, len(part.content)) == (206, 100)
        assert "x-cache-status" not in part.headers
    assert site.http.get(f"{site.image(site.draft, Path(NF1).name)}/ome-tiff/image.ome.tif").status_code == 404


def test_no_address_is_given_what_another_one_gave(site: Site) -> None:
    """nginx takes both for one and the same; Vitrine does not, and knows nothing at the second."""
    address = f"{site.image(site.published, 'tiled.ome.tif')}/ome-zarr-0.5"
    for _ in range(2):
        assert site.http.get(f"{address}//0/c/0/0/0/0/1").status_code == 404
    assert site.http.get(f"{address}/0/c/0/0/0/0/1").status_code == 200
    assert site.http.get(f"{address}//0/c/0/0/0/0/1").status_code == 404


def test_a_link_gives_what_is_kept_and_is_kept_nowhere(site: Site, folder: Path) -> None:
    end = timezone.now() + timedelta(days=1)
    _, secret = make_link(actor=Actor(site.owner), study_id=site.draft.pk, name="x", expires_at=end)
    address = f"{site.image(site.draft, Path(NF1).name)}/{CHUNK}"
    first, again = (site.http.get(f"{address}?link={secret}") for _ in range(2))
    assert (first.status_code, again.status_code) == (200, 200)
    assert (again.content, again.headers["x-cache-status"]) == (first.content, "HIT")
    assert site.http.get(f"{address}?link=guessed").status_code == 404
    picture = f"{site.image(site.published, 'tiled.ome.tif')}/render/image.png?channels=0:ff0000:0:4000:1&link={secret}"
    pictures = [site.http.get(f"{picture}{rest}") for rest in ("&size=8", "&size=8", "&size=9", f"&link={secret}")]
    assert [one.headers["x-cache-status"] for one in pictures] == ["MISS", "HIT", "MISS", "BYPASS"]
    kept = [path for path in (folder / "cache" / "bytes").rglob("*") if path.is_file()]
    assert kept
    log = folder / "access.log"
    until(lambda: b"image.png" in log.read_bytes(), seconds=60, what="the log, which is written after a second")
    for path in [*kept, log]:
        assert secret.encode() not in path.read_bytes(), path


def test_nobody_reaches_what_is_internal(site: Site) -> None:
    for path in ("/-/access", "/-/file/etc/passwd", "/-/file/%2e%2e/etc/passwd"):
        assert site.http.get(f"{site.url}{path}").status_code == 404


def test_whole_files_are_sent_by_nginx(site: Site) -> None:
    address = site.file(site.published, ".txt")
    whole = site.http.get(address)
    assert whole.content == NOTE
    assert "x-accel-redirect" not in whole.headers
    assert whole.headers["access-control-allow-origin"] == "*"
    assert "filename*=UTF-8" in whole.headers["content-disposition"]
    part = site.http.get(address, headers={"Range": "bytes=1000-1999"})
    assert (part.status_code, part.content) == (206, NOTE[1000:2000])
    assert site.http.get(site.file(site.draft, ".txt")).status_code in {401, 403, 404}


def test_what_is_withdrawn_is_gone(site: Site) -> None:
    address = f"{site.image(site.published, 'tiled.ome.tif')}/{CHUNK}"
    assert site.http.get(address).status_code == 200
    publication = Publication.objects.get(study=site.published)
    retract(actor=Actor(publication.published_by), accession=publication.accession, reason="A test.")
    until(lambda: site.http.get(address).status_code != 200, seconds=60, what="the withdrawn chunk to be gone")
