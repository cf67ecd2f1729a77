"""Lists and downloads below a study's version."""

import csv
from collections.abc import Iterator
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from base.errors import Invalid
from portal.public.studies import version_url
from publishing import queries, record
from publishing.harvest import signposting
from publishing.harvest.signposting import LINKSET_TYPE
from publishing.image_shapes import FileRecord
from publishing.models import Publication
from publishing.packages import bag_size, bag_stream, choice_size, choice_stream, chosen
from publishing.renditions.links import absolute

IMAGES = 60
FILES = 200


@require_safe
def images(request: HttpRequest, accession: str, version: int | None = None) -> HttpResponse:
    """All images of a version, or of one component, page by page."""
    publication = queries.by_accession(accession, version)
    component, after = id_of(request, "component"), id_of(request, "after")
    found = record.images_of(publication, component=component, after=after, limit=IMAGES + 1)
    records = record.of_version(publication)
    context = {
        "study": records.study,
        "component": next((it for it in records.components if it.id == str(component)), None),
        "images": found[:IMAGES],
        "base": version_url(publication),
        **turning(request, [it.id for it in found], IMAGES),
    }
    return render(request, "public/images.html", context)


@require_safe
def files(request: HttpRequest, accession: str, version: int | None = None) -> HttpResponse:
    """All files of a version, page by page."""
    publication = queries.by_accession(accession, version)
    found = record.listed_files(publication, after=id_of(request, "after"), limit=FILES + 1)
    context = {
        "study": queries.study_record(publication),
        "files": found[:FILES],
        "base": version_url(publication),
        **turning(request, [it.id for it in found], FILES),
    }
    return render(request, "public/files.html", context)


@require_safe
def aria2(request: HttpRequest, accession: str, version: int | None = None) -> StreamingHttpResponse:
    """The version's files as an input file of aria2c, with their checksums."""
    publication = queries.by_accession(accession, version)
    return StreamingHttpResponse(_aria2_lines(publication), content_type="text/plain; charset=utf-8")


@require_safe
def rclone(request: HttpRequest, accession: str, version: int | None = None) -> StreamingHttpResponse:
    """The version's files as a list for `rclone copyurl --urls`: address and path in each line."""
    publication = queries.by_accession(accession, version)
    return StreamingHttpResponse(_csv_lines(publication), content_type="text/csv; charset=utf-8")


@require_safe
def some_files(request: HttpRequest, accession: str, version: int | None = None) -> StreamingHttpResponse:
    """The files that `f=` names, once for each, as one zip, made while it is sent."""
    publication = queries.by_accession(accession, version)
    found = chosen(publication, [parsed_id(text, "f") for text in request.GET.getlist("f")])
    headers = {
        "Content-Length": str(choice_size(publication, found)),
        "Content-Disposition": f'attachment; filename="{publication.accession}-v{publication.version}-files.zip"',
    }
    content = choice_stream(publication, found) if request.method == "GET" else iter(())
    return StreamingHttpResponse(content, content_type="application/zip", headers=headers)


@require_safe
def package(request: HttpRequest, accession: str, version: int | None = None) -> StreamingHttpResponse:
    """The version with all its files as one zip, made while it is sent."""
    publication = queries.by_accession(accession, version)
    headers = {
        "Content-Length": str(bag_size(publication)),
        "Content-Disposition": f'attachment; filename="{publication.accession}-v{publication.version}.zip"',
    }
    # A HEAD request must not open a single file.
    content = bag_stream(publication) if request.method == "GET" else iter(())
    return StreamingHttpResponse(content, content_type="application/zip", headers=headers)


@require_safe
def linkset(request: HttpRequest, accession: str, version: int | None = None) -> HttpResponse:
    """All Signposting links of a version (RFC 9264)."""
    return HttpResponse(signposting.linkset(queries.by_accession(accession, version)), content_type=LINKSET_TYPE)


def _aria2_lines(publication: Publication) -> Iterator[str]:
    for file, address, path in _addresses(publication):
        checksum = "" if file.is_folder else f"  checksum=sha-256={file.sha256}\n"
        yield f"{address}\n  out={path}\n{checksum}"


def _csv_lines(publication: Publication) -> Iterator[str]:
    line = csv.writer(_Echo())
    for _, address, path in _addresses(publication):
        yield line.writerow((address, path))


def _addresses(publication: Publication) -> Iterator[tuple[FileRecord, str, str]]:
    """Each file with its address and where it is to be put; a folder as a zip of its own."""
    folder = f"{publication.accession}-v{publication.version}"
    for file in record.all_files(publication):
        if file.is_folder:
            yield file, f"{absolute(version_url(publication))}/files.zip?f={file.id}", f"{folder}/{file.path}.zip"
        else:
            yield file, absolute(f"/data/files/{file.id}"), f"{folder}/{file.path}"


class _Echo:
    """Gives a line back in place of writing it."""

    def write(self, line: str) -> str:
        return line


def id_of(request: HttpRequest, name: str) -> UUID | None:
    """The id that a parameter gives, if it is there. Raises Invalid."""
    text = request.GET.get(name)
    return parsed_id(text, name) if text else None


def parsed_id(text: str, name: str) -> UUID:
    """The id that a parameter of this name gives. Raises Invalid."""
    try:
        return UUID(text)
    except ValueError:
        raise Invalid(f"“{text}” is no id. Go back to the study's page and choose again.", field=name) from None


def turning(request: HttpRequest, ids: list[str], size: int) -> dict[str, str]:
    """Addresses of the first and the next page of a list that is paged by its last id."""
    kept = {name: value for name, value in request.GET.items() if name != "after"}
    return {
        "previous_url": f"?{urlencode(kept)}" if "after" in request.GET else "",
        "next_url": f"?{urlencode({**kept, 'after': ids[size - 1]})}" if len(ids) > size else "",
    }
