"""Importing metadata: files in, what they would change, the choices, and the yes."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from base.errors import Conflict, Invalid, TooLarge
from catalogue import imports as roads
from catalogue import services
from catalogue.access import Actor, Verb, may, study_for
from catalogue.exchange import file_list, workbook
from catalogue.exchange.download import writable
from catalogue.exchange.merge import Mode
from catalogue.models import Import
from ontology.bindings import BINDINGS
from portal.imports.words import groups_of

LISTED = 50  # earlier imports
MODES = (
    (Mode.UPDATE, gettext_lazy("The import fills and replaces what it has; the rest stays")),
    (Mode.FILL, gettext_lazy("Only fill what is empty")),
    (Mode.REPLACE, gettext_lazy("Replace all metadata by the import; what it lacks is emptied")),
)


@login_required
@require_safe
def imports(request: HttpRequest, study_id: UUID) -> HttpResponse:
    """Where files are chosen, earlier imports are listed, and the study is downloaded."""
    actor = Actor.of(request)
    study = study_for(actor, Verb.VIEW, study_id)
    context = {
        "study": study,
        "editable": may(actor, Verb.EDIT, study),
        "formats": roads.readable(),
        "exports": writable(),
        "modes": MODES,
        "earlier": Import.objects.filter(study=study).select_related("created_by")[:LISTED],
    }
    return render(request, "imports/imports.html", context)


@login_required
@require_POST
def start(request: HttpRequest) -> HttpResponse:
    """A new study, with the files of its import looked at. If they cannot be taken, there is no study either."""
    actor = Actor.of(request)
    study = services.create_study(actor=actor)
    try:
        made = roads.receive(actor=actor, study_id=study.pk, files=_files(request))
    except (Invalid, TooLarge) as error:
        services.delete_study(actor=actor, study_id=study.pk)
        messages.error(request, str(error))
        return redirect("my-studies")
    return redirect("import", study.pk, made.pk)


def _files(request: HttpRequest) -> dict[str, Iterable[bytes]]:
    """The chosen files by name; those of a chosen folder by their path in it."""
    given = [one for one in request.FILES.getlist("file") if isinstance(one, UploadedFile)]
    paths = request.POST.getlist("path")
    names = paths if len(paths) == len(given) else [str(one.name) for one in given]
    return {name: one.chunks() for name, one in zip(names, given, strict=True)}


@login_required
@require_safe
def one(request: HttpRequest, study_id: UUID, import_id: UUID) -> HttpResponse:
    """One import: what it would change, what is wrong in it, and the choices."""
    actor = Actor.of(request)
    row = roads.import_of(actor, Verb.VIEW, study_id, import_id)
    return render(request, "imports/one.html", _context(actor, row))


@login_required
@require_POST
def receive(request: HttpRequest, study_id: UUID) -> HttpResponse:
    """Files for an import."""
    try:
        made = roads.receive(
            actor=Actor.of(request),
            study_id=study_id,
            files=_files(request),
            format=request.POST.get("format", ""),
            mode=request.POST.get("mode", ""),
        )
    except (Invalid, TooLarge) as error:
        messages.error(request, str(error))
        return redirect("imports", study_id)
    return redirect("import", study_id, made.pk)


@login_required
@require_POST
def change(request: HttpRequest, study_id: UUID, import_id: UUID) -> HttpResponse:
    """Look again with the choices made, and take over at once if that was pressed."""
    actor = Actor.of(request)
    row = roads.import_of(actor, Verb.EDIT, study_id, import_id)
    roads.change(actor=actor, import_id=row.pk, **_choices(row, request.POST))
    return redirect("import", study_id, import_id)


def _choices(row: Import, posted: QueryDict) -> dict[str, Any]:
    """What was chosen in the page of an import, as `catalogue.imports.change` takes it."""
    columns = row.report.get("layout", {}).get("columns", ())
    said = {one["name"]: posted.get(f"column-{number}", one["role"]) for number, one in enumerate(columns)}
    mapping = {"columns": said} if roads.is_list(row) else None
    return {"mode": posted.get("mode", row.mode), "accepted": sorted(set(posted.getlist("accept"))), "mapping": mapping}


def _choices_of(row: Import) -> dict[str, Any]:
    """The choices with which the import was last looked at."""
    columns = row.report.get("layout", {}).get("columns", ())
    mapping = {"columns": {one["name"]: one["role"] for one in columns}} if roads.is_list(row) else None
    return {"mode": row.mode, "accepted": row.accepted, "mapping": mapping}


@login_required
@require_POST
def take(request: HttpRequest, study_id: UUID, import_id: UUID) -> HttpResponse:
    """Take over what was shown."""
    actor = Actor.of(request)
    row = roads.import_of(actor, Verb.EDIT, study_id, import_id)
    chosen = _choices(row, request.POST)
    if chosen != _choices_of(row):
        roads.change(actor=actor, import_id=row.pk, **chosen)
        messages.warning(request, _("Your choices changed what would happen. Look at it, then take it over."))
        return redirect("import", study_id, import_id)
    try:
        row = roads.take(actor=actor, import_id=row.pk, digest=request.POST.get("digest", ""))
    except Conflict as error:
        messages.error(request, str(error))
    else:
        if row.state == Import.State.APPLIED:
            messages.success(request, _("The import is taken over."))
    return redirect("import", study_id, import_id)


@login_required
@require_POST
def forget(request: HttpRequest, study_id: UUID, import_id: UUID) -> HttpResponse:
    actor = Actor.of(request)
    row = roads.import_of(actor, Verb.EDIT, study_id, import_id)
    roads.forget(actor=actor, import_id=row.pk)
    messages.success(request, _("The files of this import are deleted. What was taken over from them stays."))
    return redirect("imports", study_id)


def _context(actor: Actor, row: Import) -> dict[str, Any]:
    busy = row.state in {Import.State.LOOKING, Import.State.APPLYING}
    report = row.report
    context = {
        "study": row.study,
        "row": row,
        "format": next((one for one in roads.readable() if one.key == row.format), None),
        "editable": may(actor, Verb.EDIT, row.study),
        "busy": busy,
        "job": roads.job_of(row) if busy else None,
        "modes": MODES,
        "report": report,
        "groups": groups_of(report) if report else [],
        "more_changes": max(0, report.get("change_count", 0) - roads.SHOWN),
        "more_remarks": max(0, report.get("remark_count", 0) - roads.SHOWN),
        "is_workbook": row.format == workbook.KEY,
    }
    return context | ({"roles": _roles()} if roads.is_list(row) else {})


def _roles() -> list[tuple[str, str]]:
    return [
        (file_list.PAIR, _("a value of each file")),
        (file_list.PATH, _("the path of the file")),
        (file_list.PLATE, _("the plate")),
        (file_list.WELL, _("the well")),
        (file_list.COMPONENT, _("the study component, by name")),
        (file_list.SPECIMEN, _("the preparation, by name")),
        (file_list.SIZE, _("the size in bytes")),
        (file_list.CHECKSUM, _("the SHA-256 checksum")),
        *((f"{file_list.BOUND}{key}", _("terms: %(what)s") % {"what": one.label}) for key, one in BINDINGS.items()),
        (file_list.IGNORE, _("leave this column out")),
    ]
