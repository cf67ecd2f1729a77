"""Downloads: a study's metadata in every format, the files of an import, and a workbook with its errors marked."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpRequest, HttpResponse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from base.errors import Invalid, NotFound
from catalogue import dossiers
from catalogue import imports as roads
from catalogue.access import Actor, Verb, study_for
from catalogue.exchange import workbook
from catalogue.exchange.dossier import CannotRead, Dossier
from catalogue.exchange.download import Download, download, writable
from catalogue.exchange.formats import Format, format_of
from publishing import queries
from publishing.dossiers import of_publication


@login_required
@require_safe
def draft(request: HttpRequest, study_id: UUID, key: str) -> HttpResponse:
    """The working copy in a format; computed for this request and kept nowhere."""
    study = study_for(Actor.of(request), Verb.VIEW, study_id)
    made = download(format_for(key), dossiers.of_study(study), study.accession or study.title[:60])
    return answer(made, private=True)


@require_safe
def published(request: HttpRequest, accession: str, key: str, version: int | None = None) -> HttpResponse:
    """A published version in a format."""
    chosen = format_for(key)
    publication = queries.by_accession(accession, version)
    name = f"{publication.accession}-v{publication.version}"
    return answer(download(chosen, of_publication(publication), name), private=False)


def format_for(key: str) -> Format:
    """The format to write. Raises NotFound, naming those that there are."""
    found = next((one for one in writable() if one.key == key), None)
    if found is None:
        known = ", ".join(one.key for one in writable())
        raise NotFound(_("Studies cannot be had as “%(key)s”. There are %(known)s.") % {"key": key, "known": known})
    return found


def answer(made: Download, *, private: bool) -> HttpResponse:
    response = HttpResponse(made.data, content_type=made.media_type)
    response["Content-Disposition"] = content_disposition_header(True, made.name) or "attachment"
    response["Cache-Control"] = "private, no-store" if private else "public, max-age=3600"
    if not private:
        response["Access-Control-Allow-Origin"] = "*"
    return response


@login_required
@require_safe
def original(request: HttpRequest, study_id: UUID, import_id: UUID, number: int) -> FileResponse:
    """A file of an import, as it was given."""
    row = roads.import_of(Actor.of(request), Verb.VIEW, study_id, import_id)
    if number >= len(row.names):
        raise NotFound(_("This import has no such file."))
    name = row.names[number]
    stream = roads.files_of(row)[name].open("rb")
    response = FileResponse(stream, as_attachment=True, filename=name.rpartition("/")[2])
    response["Content-Type"] = "application/octet-stream"
    response["Cache-Control"] = "private, no-store"
    return response


@require_safe
def empty_workbook(request: HttpRequest) -> HttpResponse:
    """The workbook with nothing filled in."""
    return answer(download(format_of(workbook.KEY), Dossier(), "empty"), private=True)


@login_required
@require_safe
def annotated(request: HttpRequest, study_id: UUID, import_id: UUID) -> HttpResponse:
    """The workbook of an import with what is wrong marked in its cells."""
    row = roads.import_of(Actor.of(request), Verb.VIEW, study_id, import_id)
    if row.format != workbook.KEY:
        raise NotFound(_("Only workbooks are marked; the errors of other files are listed in the page."))
    name, path = next(iter(roads.files_of(row).items()))
    try:
        data = workbook.annotate(path, name, roads.read(row).remarks)
    except CannotRead as error:
        raise Invalid(str(error), file=name) from error
    stem = name.rpartition("/")[2].rpartition(".")[0]
    return answer(Download(f"{stem}-marked.xlsx", format_of(workbook.KEY).media_type, data), private=True)
