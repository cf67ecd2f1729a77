"""Files that look like one image: what they would be together, and putting them together."""

from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext
from django.views.decorators.http import require_http_methods

from base.errors import DomainError
from catalogue import sets
from catalogue.access import Actor, Verb, study_for
from catalogue.models import Study

SHOWN = 20
AXES = (
    ("c", gettext_lazy("channels")),
    ("z", gettext_lazy("slices in depth (z)")),
    ("t", gettext_lazy("points in time")),
)


@dataclass(frozen=True)
class Part:
    """A varying part of the names: what it is in the first and last of them, and the axis that it is taken for."""

    number: int
    axis: str
    first: str
    last: str
    count: int


@dataclass(frozen=True)
class Shown:
    """An offer as the page shows it."""

    offer: sets.Offer

    @property
    def line(self) -> str:
        return self.offer.text.splitlines()[0]

    @property
    def what(self) -> str:
        """ "41 channels", "3 channels in 12 slices" …"""
        size_t, size_c, size_z = self.offer.proposal.sizes
        said = []
        if size_c > 1:
            said.append(ngettext("%(n)d channel", "%(n)d channels", size_c) % {"n": size_c})
        if size_z > 1:
            said.append(ngettext("%(n)d slice in depth", "%(n)d slices in depth", size_z) % {"n": size_z})
        if size_t > 1:
            said.append(ngettext("%(n)d point in time", "%(n)d points in time", size_t) % {"n": size_t})
        return pgettext("between sizes of an image", " × ").join(said)

    @property
    def parts(self) -> list[Part]:
        blocks = self.offer.proposal.pattern.blocks
        return [
            Part(number, block.axis, block.values[0], block.values[-1], len(block.values))
            for number, block in enumerate(blocks)
        ]


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def together(request: HttpRequest, study_id: UUID) -> HttpResponse:
    """The sets that the study's files look like; by POST one of them, or all as they are offered, become one image."""
    actor = Actor.of(request)
    study = study_for(actor, Verb.EDIT, study_id)
    if request.method == "POST":
        return _put(request, actor, study)
    found, looked_at_all = sets.offers(study)
    return render(
        request,
        "deposit/sets.html",
        {
            "study": study,
            "offers": [Shown(offer) for offer in found[:SHOWN]],
            "count": len(found),
            "looked_at_all": looked_at_all,
            "looked_at": sets.LOOKED_AT,
            "axes": AXES,
        },
    )


def _put(request: HttpRequest, actor: Actor, study: Study) -> HttpResponse:
    if "all" in request.POST:
        wanted = [(offer.folder, offer.text, "") for offer in sets.offers(study)[0]]
    else:
        given = request.POST
        axes = [given[name] for name in sorted(given, key=_number) if name.startswith("axis-")]
        try:
            text = sets.pattern_of(given.get("pattern", ""), axes, given.get("channels", "").splitlines())
        except DomainError as error:
            messages.error(request, str(error))
            return redirect("deposit-sets", study.pk)
        wanted = [(given.get("folder", ""), text, given.get("name", ""))]
    done = 0
    for folder, text, name in wanted:
        try:
            sets.put_together(actor=actor, study_id=study.pk, folder=folder, text=text, name=name)
            done += 1
        except DomainError as error:
            messages.error(request, str(error))
            return redirect("deposit-sets", study.pk)
    said = ngettext("%(n)d image is being put together.", "%(n)d images are being put together.", done) % {"n": done}
    undo = _("To take it apart again, remove its .pattern file; the files that it is made of stay.")
    messages.success(request, f"{said} {undo}")
    return redirect("deposit-step", study.pk, "files")


def _number(name: str) -> int:
    tail = name.rpartition("-")[2]
    return int(tail) if tail.isdecimal() else -1
