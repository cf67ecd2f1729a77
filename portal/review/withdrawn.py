"""Files that only withdrawn versions hold: curators remove their bytes, or have them de-identified."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from base.errors import Conflict, Invalid
from catalogue import deidentifying
from catalogue.access import Actor
from catalogue.models import File, Study
from publishing import erasing

SHOWN = 100  # files of a page


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def withdrawn(request: HttpRequest, study_id: UUID) -> HttpResponse:
    """The page, and what its forms ask for."""
    study = erasing.study_to_erase(Actor.of(request), study_id)
    if request.method == "POST":
        _do(request, study)
        return redirect(request.get_full_path())
    held, after = erasing.withdrawn_files(study), request.GET.get("after", "")
    named = held.filter(path__gt=after) if after else held
    rows = list(named[: SHOWN + 1])
    going = erasing.open_jobs(study, rows)
    shown = [(file, deidentifying.findings_of(file), _can_be_replaced(file), str(file.pk) in going) for file in rows]
    context = {
        "study": study,
        "rows": shown[:SHOWN],
        "next": rows[SHOWN - 1].path if len(rows) > SHOWN else "",
        "erasures": erasing.erasures_of(study)[:SHOWN],
    }
    return render(request, "review/withdrawn.html", context)


def _can_be_replaced(file: File) -> bool:
    return file.removed_at is None and deidentifying.is_possible(file)


def _do(request: HttpRequest, study: Study) -> None:
    actor, reason = Actor.of(request), request.POST.get("reason", "")
    try:
        file_id = UUID(request.POST.get("file", ""))
        if request.POST.get("what") == "deidentify":
            erasing.deidentify(actor=actor, study_id=study.pk, file_id=file_id, reason=reason)
            messages.success(request, _("The file is being de-identified; this page tells when that is done."))
        else:
            gone = erasing.erase(actor=actor, study_id=study.pk, file_id=file_id, reason=reason)
            messages.success(request, _("%(path)s: its bytes are removed.") % {"path": gone.path})
    except ValueError:
        messages.error(request, _("This study has no such file."))
    except (Conflict, Invalid) as error:
        messages.error(request, str(error))
