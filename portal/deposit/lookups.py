"""Filling a row from an outside register: search it there, see what would change, then let it."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from base.asking import LookupFailed
from base.errors import Conflict, DomainError, NotFound
from catalogue import documents, services
from catalogue.access import Actor, Verb, study_for
from catalogue.exchange.merge import Change, Merged, Mode, is_empty
from catalogue.models import Study
from catalogue.registry import module_of
from catalogue.rules.fields import Module
from catalogue.services.copying import digest
from catalogue.services.lookups import SOURCES, Source, candidates, proposal
from catalogue.services.seen import digests
from portal.deposit.views import back_to, wants_json
from portal.deposit.words import lines_of


@login_required
@require_safe
def suggest(request: HttpRequest, module_key: str) -> HttpResponse:
    """Organisations or funders of this name, for the list below a field while one types."""
    try:
        found = candidates(module=_module(module_key)[0].key, query=request.GET.get("q", ""))
    except LookupFailed as error:
        return JsonResponse({"detail": str(error)}, status=502)
    return JsonResponse({"items": [{"choice": one.choice, "label": one.label, "detail": one.detail} for one in found]})


@login_required
@require_safe
def look_up(request: HttpRequest, study_id: UUID, module_key: str, entity_id: UUID) -> HttpResponse:
    """What the register has: names to choose from, or what the chosen one would change."""
    actor = Actor.of(request)
    study = study_for(actor, Verb.EDIT, study_id)
    module, source = _module(module_key)
    row = _row(study, module, entity_id)
    choice = request.GET.get("choice", "").strip()
    query = request.GET.get("q", "").strip() or (str(row.get(source.name, "")) if source.name else "")
    if not source.name:
        choice = choice or str(row.get(source.field, "")).strip()
    context: dict[str, Any] = {"study": study, "module": module, "source": source, "entity_id": entity_id}
    context |= {"choice": choice, "q": query, "field": module.field(source.field)}
    try:
        if choice:
            merged = _preview(actor, study, module, entity_id, choice)
            context |= {"groups": lines_of(merged), "shown": digest(merged), "is_looked_up": True}
        elif source.name:
            context["found"] = candidates(module=module.key, query=query)
    except (LookupFailed, NotFound) as error:
        context["problem"] = str(error)
    return render(request, "deposit/lookup.html", context)


@login_required
@require_POST
def apply(request: HttpRequest, study_id: UUID, module_key: str, entity_id: UUID) -> HttpResponse:
    """Take over what was ticked. A script, whose list showed what it fills, sends no ticks: then what is empty is
    filled, and name and id are replaced."""
    actor = Actor.of(request)
    study = study_for(actor, Verb.EDIT, study_id)
    module, source = _module(module_key)
    choice = request.POST.get("choice", "").strip()
    try:
        part, origin = _proposal(study, module, entity_id, choice)
        common: dict[str, Any] = {"actor": actor, "study_id": study_id, "part": part, "mode": Mode.UPDATE}
        shown, taken = request.POST.get("shown", ""), request.POST.getlist("take")
        if wants_json(request):
            merged = services.preview_copy(**common)
            shown, taken = digest(merged), [one.path for one in merged.changes if _is_wanted(one, source)]
        services.apply_copy(**common, shown=shown, taken=taken, origin=origin)
    except (LookupFailed, NotFound, Conflict) as error:
        return _refused(request, study_id, module, entity_id, error)
    if wants_json(request):
        values = {name: value for name, value in _row(study, module, entity_id).items() if name != "id"}
        return JsonResponse({"values": values, "seen": digests(module, values)})
    messages.success(request, _("Filled from %(register)s.") % {"register": source.label})
    return back_to(study_id, module, entity_id)


def _refused(request: HttpRequest, study_id: UUID, module: Module, entity_id: UUID, error: DomainError) -> HttpResponse:
    if wants_json(request):
        return JsonResponse({"detail": str(error)}, status=502 if isinstance(error, LookupFailed) else 409)
    messages.error(request, str(error))
    return back_to(study_id, module, entity_id)


def _is_wanted(change: Change, source: Source) -> bool:
    return is_empty(change.old) or change.field in {source.name, source.field}


def _preview(actor: Actor, study: Study, module: Module, entity_id: UUID, choice: str) -> Merged:
    part, _origin = _proposal(study, module, entity_id, choice)
    return services.preview_copy(actor=actor, study_id=study.pk, part=part, mode=Mode.UPDATE)


def _proposal(study: Study, module: Module, entity_id: UUID, choice: str) -> Any:
    _row(study, module, entity_id)
    return proposal(document=documents.read(study), module=module.key, entity_id=str(entity_id), choice=choice)


def _row(study: Study, module: Module, entity_id: UUID) -> dict[str, Any]:
    rows: list[dict[str, Any]] = documents.read(study)[module.plural]
    found = next((row for row in rows if row["id"] == str(entity_id)), None)
    if found is None:
        raise NotFound(_("This is not in the study any more."))
    return found


def _module(key: str) -> tuple[Module, Source]:
    source = SOURCES.get(key)
    if source is None or not source.is_on:
        raise NotFound(_("There is nowhere to look this up on this site."))
    return module_of(key), source
