"""Copying into a draft from another study or a lab template: choose, see what would change, then let it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from base.errors import Conflict, Invalid
from base.models import Group
from catalogue import documents, services
from catalogue.access import Actor, Verb, study_for, visible_to
from catalogue.exchange.dossier import Document
from catalogue.exchange.merge import Mode, is_empty
from catalogue.models import FieldSource, LabTemplate
from catalogue.rules.fields import Module
from catalogue.rules.rembi import MODULES, STUDY
from catalogue.rules.titles import title_of
from catalogue.services import lab_templates
from catalogue.services.copying import Origin, digest, part_of
from portal.deposit.words import Lines, lines_of, names_in, where_from, worded
from portal.ids import uuid_or_not_found
from publishing import dossiers, queries, record

LISTED = 20  # studies that one may choose from at once
MODES = {Mode.FILL.value: Mode.FILL, Mode.UPDATE.value: Mode.UPDATE}
SHOWN = 200  # rows of a module that can be chosen one by one


@dataclass(frozen=True)
class Source:
    """What is copied from. `key` names it in addresses: `study:<id>`, `published:<accession>` or `template:<id>`."""

    key: str
    name: str
    document: Document
    kind: FieldSource.Kind

    @property
    def origin(self) -> Origin:
        return self.kind, where_from(self.kind, self.name)


def _source(actor: Actor, key: str) -> Source:
    """Raises NotFound for what is not there or not to be seen by the actor."""
    kind, _colon, rest = key.partition(":")
    if kind == "template":
        template = lab_templates.template_for(actor, uuid_or_not_found(rest))
        whole: Document = {module.plural: [] if module.repeated else {} for module in MODULES}
        return Source(key, template.name, whole | lab_templates.document_of(template), FieldSource.Kind.TEMPLATE)
    if kind == "published":
        publication = queries.by_accession(rest)
        document = dossiers.document_of(record.of_version(publication))
        return Source(key, document["study"]["title"] or publication.accession, document, FieldSource.Kind.COPY)
    study = study_for(actor, Verb.VIEW, uuid_or_not_found(rest))
    return Source(key, study.title or _("Study without a title"), documents.read(study), FieldSource.Kind.COPY)


@login_required
@require_safe
def choose(request: HttpRequest, study_id: UUID) -> HttpResponse:
    """From what to copy; and, once that is chosen, which parts of it."""
    actor = Actor.of(request)
    study = study_for(actor, Verb.EDIT, study_id)
    accession = request.GET.get("accession", "").strip()
    if key := f"published:{accession}" if accession else request.GET.get("from", ""):
        source = _source(actor, key)
        context = {"study": study, "source": source, "parts": _parts(source.document), "modes": MODES}
        return render(request, "deposit/copy_parts.html", context)
    text = request.GET.get("q", "").strip()
    found = visible_to(actor).exclude(pk=study.pk)
    found = found.filter(title__icontains=text) if text else found
    context = {
        "study": study,
        "q": text,
        "studies": found.order_by("-updated_at")[:LISTED],
        "templates": services.templates_for(actor),
    }
    return render(request, "deposit/copy_from.html", context)


@dataclass(frozen=True)
class Choice:
    path: str
    label: str
    text: Lines


@dataclass(frozen=True)
class Part:
    """What of one module can be chosen."""

    module: Module
    choices: list[Choice]
    total: int


def _parts(document: Mapping[str, Any]) -> list[Part]:
    named = names_in(document)
    study = document[STUDY.key]
    fields = [one for one in STUDY.fields if not is_empty(study.get(one.name))]
    own = [Choice(f"study/{one.name}", one.label, worded(one, study[one.name], named)) for one in fields]
    parts = [Part(STUDY, own, len(own))]
    for module in MODULES:
        if module.repeated:
            rows = document[module.plural]
            listed = [
                Choice(f"{module.key}/{row['id']}", title_of(module, row) or f"{module.label} {number}", ())
                for number, row in enumerate(rows[:SHOWN], start=1)
            ]
            parts.append(Part(module, listed, len(rows)))
    return [part for part in parts if part.choices]


@login_required
@require_POST
def preview(request: HttpRequest, study_id: UUID) -> HttpResponse:
    """What copying the chosen parts would change."""
    return _preview(request, study_id)


def _preview(request: HttpRequest, study_id: UUID, message: str = "") -> HttpResponse:
    actor = Actor.of(request)
    study = study_for(actor, Verb.EDIT, study_id)
    source, paths, mode = _asked(request, actor)
    if not paths:
        messages.error(request, _("Choose what to copy."))
        return redirect(f"{request.path.removesuffix('/preview').removesuffix('/apply')}?from={source.key}")
    merged = services.preview_copy(actor=actor, study_id=study_id, part=part_of(source.document, paths), mode=mode)
    context = {
        "study": study,
        "source": source,
        "paths": paths,
        "mode": mode,
        "shown": digest(merged),
        "groups": lines_of(merged),
        "message": message,
    }
    return render(request, "deposit/copy_preview.html", context, status=409 if message else 200)


@login_required
@require_POST
def apply(request: HttpRequest, study_id: UUID) -> HttpResponse:
    """Do the changes that were ticked; if the study was changed since they were shown, show them again."""
    actor = Actor.of(request)
    source, paths, mode = _asked(request, actor)
    taken = request.POST.getlist("take")
    try:
        problems = services.apply_copy(
            actor=actor,
            study_id=study_id,
            part=part_of(source.document, paths),
            mode=mode,
            taken=taken,
            shown=request.POST.get("shown", ""),
            origin=source.origin,
        )
    except Conflict as error:
        study_for(actor, Verb.EDIT, study_id)
        return _preview(request, study_id, str(error))
    for problem in problems:
        messages.warning(request, problem.message)
    text = ngettext("%(count)d change was made.", "%(count)d changes were made.", len(taken)) % {"count": len(taken)}
    messages.success(request, text)
    return redirect("deposit", study_id)


def _asked(request: HttpRequest, actor: Actor) -> tuple[Source, list[str], Mode]:
    return (
        _source(actor, request.POST.get("from", "")),
        request.POST.getlist("path"),
        MODES.get(request.POST.get("mode", ""), Mode.FILL),
    )


@login_required
@require_safe
def templates(request: HttpRequest) -> HttpResponse:
    """One's lab templates and those that are shared with one."""
    actor = Actor.of(request)
    found = [(template, _held(template)) for template in services.templates_for(actor)]
    groups = Group.objects.filter(members=actor.person).order_by("name") if actor.person else Group.objects.none()
    return render(request, "deposit/templates.html", {"templates": found, "groups": groups})


def _held(template: LabTemplate) -> list[tuple[Module, Lines]]:
    document = lab_templates.document_of(template)
    found: list[tuple[Module, Lines]] = []
    for module in MODULES:
        if rows := document.get(module.plural):
            labels = [title_of(module, row) or module.label for row in rows] if module.repeated else []
            found.append((module, labels or [module.field(name).label for name in rows]))
    return found


@login_required
@require_safe
def new_template(request: HttpRequest, study_id: UUID) -> HttpResponse:
    """Which parts of a study to keep as a template."""
    actor = Actor.of(request)
    study = study_for(actor, Verb.VIEW, study_id)
    context = {
        "study": study,
        "parts": _parts(documents.read(study)),
        "groups": Group.objects.filter(members=actor.person).order_by("name"),
        "names": services.templates_for(actor).filter(owner=actor.person).values_list("name", flat=True),
    }
    return render(request, "deposit/template_new.html", context)


@login_required
@require_POST
def save_template(request: HttpRequest, study_id: UUID) -> HttpResponse:
    try:
        template = services.save_template(
            actor=Actor.of(request),
            study_id=study_id,
            name=request.POST.get("name", ""),
            paths=request.POST.getlist("path"),
            group_id=_group(request),
        )
    except Invalid as error:
        messages.error(request, str(error))
        return redirect("deposit-template-new", study_id)
    messages.success(request, _("“%(name)s” is kept as a lab template.") % {"name": template.name})
    return redirect("lab-templates")


@login_required
@require_POST
def change_template(request: HttpRequest, template_id: UUID) -> HttpResponse:
    try:
        services.change_template(
            actor=Actor.of(request),
            template_id=template_id,
            name=request.POST.get("name", ""),
            group_id=_group(request),
        )
    except (Invalid, Conflict) as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Saved."))
    return redirect("lab-templates")


@login_required
@require_POST
def delete_template(request: HttpRequest, template_id: UUID) -> HttpResponse:
    services.delete_template(actor=Actor.of(request), template_id=template_id)
    messages.success(request, _("The template is deleted. Studies that it was used in keep what it gave."))
    return redirect("lab-templates")


def _group(request: HttpRequest) -> UUID | None:
    text = request.POST.get("group", "")
    return uuid_or_not_found(text) if text else None
