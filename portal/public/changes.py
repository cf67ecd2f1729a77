"""What a published version changed."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from base.errors import NotFound
from publishing import queries
from publishing.changes import VersionChanges, between


@require_safe
def version_changes(request: HttpRequest, accession: str, version: int) -> HttpResponse:
    """What a version changed from the one before it, or from the one that `?from=` names."""
    found = changes_of(accession, version, request.GET.get("from", ""))
    shown = [it.version for it in queries.versions(accession) if not it.withdrawn_at and it.version != version]
    context = {"found": found, "study": queries.study_record(found.new), "versions": shown}
    return render(request, "public/changes.html", context)


def changes_of(accession: str, version: int, old: str = "") -> VersionChanges:
    """Raises NotFound for a first version, and for one that is not there; Gone for one that was withdrawn."""
    new = queries.by_accession(accession, version)
    if old and not (old.isascii() and old.isdecimal() and len(old) < 6):
        raise NotFound(f"There is no version “{old[:20]}”.")
    if version == 1 and not old:
        raise NotFound("This is the first version; nothing was changed in it.")
    return between(queries.by_accession(accession, int(old) if old else version - 1), new)
