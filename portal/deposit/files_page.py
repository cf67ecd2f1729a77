"""The files of a deposit: what arrived, what was read from it, and which component it belongs to."""

import fnmatch
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from base.errors import Invalid
from base.models import Upload
from base.storage import is_in_place
from catalogue import deidentifying, files, sets
from catalogue.access import Actor, Verb, study_for
from catalogue.models import File, ImageFile, Study, Suggestion
from portal.deposit.marks import Desk

PAGE = 100
MOST_BY_PATTERN = 100_000


def context(request: HttpRequest, desk: Desk) -> dict[str, Any]:
    """What the files step shows: one page of files, unfinished uploads, progress of the reading."""
    study = desk.study
    found = File.objects.filter(study=study)
    if state := request.GET.get("state", ""):
        found = found.filter(state=state)
    if after := request.GET.get("after", ""):
        found = found.filter(path__gt=after)
    images = Prefetch(
        "image_files", ImageFile.objects.select_related("image").order_by("image_id")[:3], to_attr="first_images"
    )
    rows = list(
        found.select_related("stored", "component")
        .prefetch_related(images, "deidentifications")
        .order_by("path")[: PAGE + 1]
    )
    more = urlencode({"state": state, "after": rows[PAGE - 1].path}) if len(rows) > PAGE else ""
    progress = files.progress_of(study)
    return {
        "files": rows[:PAGE],
        "deidentifying": _deidentifying(study, rows[:PAGE]),
        "can_deidentify": {row.pk for row in rows if row.state == row.State.READ and deidentifying.is_possible(row)},
        "in_place": {row.pk for row in rows if is_in_place(row.stored.backend)},
        "labelled": {row.pk for row in rows if deidentifying.shows_label(row)},
        "more": more,
        "state": state,
        "states": [(value, label, progress.counts[value]) for value, label in File.State.choices],
        "components": desk.marks.targets["component"],
        "progress": progress,
        "unfinished": _unfinished(request, study),
        "may_register": bool(settings.REGISTER_ROOTS),
        "roots": settings.REGISTER_ROOTS,
        "max_bytes": settings.MAX_UPLOAD_BYTES,
        "look_like_one": 0 if state or after or progress.is_busy else len(sets.offers(study)[0]),
        "offered": Suggestion.objects.filter(study=study, state=Suggestion.State.OFFERED).count(),
    }


def _deidentifying(study: Study, rows: Sequence[File]) -> dict[str, Any]:
    """Which files are being de-identified, and of which that failed, with the reason."""
    found = deidentifying.last_jobs(study, [row for row in rows if row.findings])
    jobs = [(row.pk, found[str(row.pk)]) for row in rows if str(row.pk) in found]
    return {
        "busy": {pk for pk, job in jobs if job.state in job.OPEN},
        "failed": {pk: job.error for pk, job in jobs if job.state == job.State.FAILED},
    }


def _unfinished(request: HttpRequest, study: Study) -> list[Upload]:
    if not request.user.is_authenticated:
        return []
    return list(Upload.objects.filter(target=study.pk, owner=request.user, finished_at=None).order_by("path")[:PAGE])


@login_required
@require_safe
def reading(request: HttpRequest, study_id: UUID) -> HttpResponse:
    """How far the reading is, for the page to poll: as JSON, or as the part of the page that shows it."""
    study = study_for(Actor.of(request), Verb.VIEW, study_id)
    found = files.progress_of(study)
    if request.get_preferred_type(["text/html", "application/json"]) == "application/json":
        return JsonResponse(
            {
                "busy": found.is_busy,
                "waiting": found.waiting,
                "counts": found.counts,
                "total": found.total,
                "jobs": [
                    {
                        "id": str(job.pk),
                        "state": job.state,
                        "done": job.done,
                        "total": job.total,
                        "message": job.message,
                    }
                    for job in found.jobs
                ],
            }
        )
    return render(request, "deposit/parts/progress.html", {"progress": found, "study": study})


@login_required
@require_POST
def register(request: HttpRequest, study_id: UUID) -> HttpResponse:
    """Register files where they lie, below one of the allowed folders."""
    try:
        found = files.register_in_place(
            actor=Actor.of(request), study_id=study_id, path=request.POST.get("path", "").strip()
        )
    except Invalid as error:
        messages.error(request, str(error))
        return redirect("deposit-step", study_id, "files")
    text = ngettext("%(count)d file is registered.", "%(count)d files are registered.", len(found))
    messages.success(request, text % {"count": len(found)})
    return redirect("deposit-step", study_id, "files")


@login_required
@require_POST
def assign(request: HttpRequest, study_id: UUID) -> HttpResponse:
    """Put the chosen files, or all that match a pattern, into a component."""
    actor = Actor.of(request)
    study = study_for(actor, Verb.EDIT, study_id)
    pattern = request.POST.get("pattern", "").strip()
    chosen = _matching(study, pattern) if pattern else [_uuid(text) for text in request.POST.getlist("file")]
    if not chosen:
        messages.error(request, _("No file was chosen, or none has a name like that."))
        return redirect("deposit-step", study_id, "files")
    component = request.POST.get("component", "")
    files.assign(actor=actor, study_id=study.pk, file_ids=chosen, component_id=_uuid(component) if component else None)
    text = ngettext("%(count)d file was moved.", "%(count)d files were moved.", len(chosen))
    messages.success(request, text % {"count": len(chosen)})
    return redirect("deposit-step", study_id, "files")


def _matching(study: Study, pattern: str) -> list[UUID]:
    """Files whose path matches a shell pattern (`*`, `?`); without one of these signs, whose path holds the text."""
    if not set(pattern) & set("*?["):
        pattern = f"*{pattern}*"
    rows = File.objects.filter(study=study).order_by("id").values_list("pk", "path")[:MOST_BY_PATTERN]
    return [pk for pk, path in rows if fnmatch.fnmatchcase(path.lower(), pattern.lower())]


@login_required
@require_POST
def change_file(request: HttpRequest, study_id: UUID, file_id: UUID, verb: str) -> HttpResponse:
    """Take a file out of the study, read it again, de-identify it, or declare its label harmless."""
    actor = Actor.of(request)
    if verb == "deidentify":
        deidentifying.start(actor=actor, study_id=study_id, file_id=file_id)
        messages.success(request, _("The file is being de-identified; it is read again after that."))
    elif verb == "harmless":
        reason = request.POST.get("reason", "")
        deidentifying.declare_harmless(actor=actor, study_id=study_id, file_id=file_id, reason=reason)
        messages.success(request, _("Your reason is kept with the file, and curators see it."))
    elif verb == "remove":
        files.remove(actor=actor, study_id=study_id, file_id=file_id)
        messages.success(request, _("The file is out of the study."))
    else:
        files.read_again(actor=actor, study_id=study_id, file_id=file_id)
    return redirect("deposit-step", study_id, "files")


@login_required
@require_safe
def removed_log(request: HttpRequest, study_id: UUID, file_id: UUID) -> HttpResponse:
    """What de-identification removed from a file, as tab-separated text."""
    done = deidentifying.log_of(actor=Actor.of(request), study_id=study_id, file_id=file_id)
    name = f"{done.path.rpartition('/')[2]}.removed.tsv"
    headers = {"Content-Disposition": content_disposition_header(as_attachment=True, filename=name) or "attachment"}
    return HttpResponse(deidentifying.log_text(done), content_type="text/tab-separated-values", headers=headers)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Invalid(_("This choice could not be understood. Load the page again."), field="file") from None
