"""Texts without a term, on one page: over all studies in review, of one of them, or of a depositor's own draft."""

from collections.abc import Sequence
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from base.errors import DomainError, Invalid
from base.models import User
from catalogue.access import Actor, Role, Verb, roles, study_for
from catalogue.models import MappingAct
from catalogue.services import mapping
from catalogue.services.mapping import Decided
from ontology.bindings import BINDINGS
from ontology.mapping.decisions import Choice
from ontology.models import Decision
from ontology.queries import resolve
from portal.deposit.texts import TEXTS
from portal.review.mapping_offers import rows_of

PAGE = 15
UNDOABLE = 10  # of one's last acts, listed to be undone
SHOWN_DECISIONS = 6  # of one act
NONE, OTHER = "none", "other"  # values of the choice beside CURIEs
SAID = {
    "applying": _lazy("Giving the term to all equal texts …"),
    "undone": _lazy("Taken back."),
    "chooseFirst": _lazy("Choose a term first, or say that none fits."),
    "undo": _lazy("Undo"),
    "notSaved": _lazy("Not saved: {reason}"),
    "silent": _lazy("the site does not answer. Try again."),
    "lastRow": _lazy("That was the last text of this page. Load the page again for more."),
}


@login_required
@require_safe
def texts(request: HttpRequest, study_id: UUID | None = None, side: str = "review") -> HttpResponse:
    """One row for each text without a term, with what is offered for it."""
    actor = Actor.of(request)
    binding = request.GET.get("field", "")
    binding = binding if binding in BINDINGS else ""
    study = study_for(actor, Verb.MAP, study_id) if study_id else None
    page = mapping.unmapped(actor=actor, study_id=study_id, binding=binding or None, after=_after(request), limit=PAGE)
    is_proposal = study is not None and Role.CURATOR not in roles(actor, study)
    rows = rows_of(page.rows, proposals_of=study_id if is_proposal else None)
    context = {
        "study": study,
        "side": side,
        "rows": rows,
        "total": mapping.count_unmapped(actor=actor, study_id=study_id),
        "sure": [(row, row.sure) for row in rows if row.sure],
        "binding": binding,
        "bindings": {key: one.label for key, one in BINDINGS.items()},
        "predicates": Decision.Predicate.choices,
        "is_proposal": is_proposal,
        "next_url": _next(page.next, binding),
        "is_first": "after" not in request.GET,
        "acts": acts_of(actor.person),
        "here": request.get_full_path(),
        "decide_url": address("decide", study_id, side),
        "texts": {key: str(text) for key, text in {**TEXTS, **SAID}.items()},
    }
    return render(request, "review/mapping/texts.html", context)


@login_required
@require_POST
def decide(request: HttpRequest, study_id: UUID | None = None, side: str = "review") -> HttpResponse:
    """Decide on one text, or on all whose first offer is sure."""
    try:
        choices = [_choice(request, number) for number in request.POST.getlist("row")]
        done = mapping.decide(actor=Actor.of(request), choices=choices, study_id=study_id)
    except DomainError as error:
        return _refused(request, error, address("texts", study_id, side))
    words = _words(choices, done)
    if _wants_json(request):
        undo = reverse("mapping-undo", args=[done.id])
        return JsonResponse({"said": words, "undo": undo, "act": str(done.id), "places": done.places})
    messages.success(request, words)
    return _back(request, address("texts", study_id, side))


@login_required
@require_POST
def undo(request: HttpRequest, act_id: UUID) -> HttpResponse:
    """Take back what one's act did."""
    try:
        done = mapping.undo(actor=Actor.of(request), act_id=act_id)
    except DomainError as error:
        return _refused(request, error, reverse("my-studies"))
    words = ngettext("%(n)d value is as before.", "%(n)d values are as before.", done.places) % {"n": done.places}
    if done.left:
        left = _("%(n)d were left: somebody changed them since, or their study is not open now.") % {"n": done.left}
        words = f"{words} {left}"
    if _wants_json(request):
        return JsonResponse({"said": words})
    messages.success(request, words)
    return _back(request, reverse("my-studies"))


def _choice(request: HttpRequest, number: str) -> Choice:
    """The choice of one row of the form. Raises Invalid, naming its text."""
    post = {name: str(value).replace("\x00", "") for name, value in request.POST.items()}
    text, binding = post.get(f"text-{number}", ""), post.get(f"binding-{number}", "")
    chosen = post.get(f"choice-{number}", "")
    if chosen == OTHER or not chosen:
        chosen = post.get(f"term-{number}.curie", "") or post.get(f"term-{number}", "").strip()
        if not chosen:
            raise Invalid(_("Choose a term for “%(text)s”, or say that none fits.") % {"text": text[:80]})
    term = resolve(chosen) if chosen != NONE else None
    if term is None and chosen != NONE:
        words = _("“%(term)s” is no term of this site's ontologies. Choose one that is offered while you type.")
        raise Invalid(words % {"term": chosen[:80]})
    return Choice(
        text=text,
        binding=binding,
        term=term,
        predicate=post.get(f"predicate-{number}", "") or Decision.Predicate.EXACT,
        justification=_justification(post.get(f"by-{number}", "")),
        confidence=_score(post.get(f"score-{number}", "")),
        comment=post.get(f"comment-{number}", "")[:2000],
    )


def _justification(text: str) -> Decision.Justification:
    """How it was found: by its name if all sure ones were accepted at once, else by the person."""
    return Decision.Justification.LEXICAL if text == "name" else Decision.Justification.MANUAL


def _score(text: str) -> float | None:
    try:
        score = float(text)
    except ValueError:
        return None
    return score if 0 <= score <= 1 else None


def _words(choices: Sequence[Choice], done: Decided) -> str:
    """What was done, in a sentence."""
    if len(choices) > 1:
        return _("%(n)d texts have their term now: %(places)s.") % {"n": len(choices), "places": _places(done)}
    return done_in_words(done)


def done_in_words(done: Decided) -> str:
    """What an act did: with one text, what it stands for now."""
    if len(done.decisions) != 1:
        return _("%(places)s have another term now.") % {"places": _places(done)}
    (row,) = done.decisions
    if not row.curie:
        return _("No term fits “%(text)s”. It is not asked for again.") % {"text": row.text}
    words = _("“%(text)s” stands for %(label)s (%(curie)s): %(places)s.")
    return words % {"text": row.text, "label": row.label, "curie": row.curie, "places": _places(done)}


def _places(done: Decided) -> str:
    values = ngettext("%(n)d value", "%(n)d values", done.places) % {"n": done.places}
    studies = ngettext("%(n)d study", "%(n)d studies", done.studies) % {"n": done.studies}
    return _("%(values)s in %(studies)s") % {"values": values, "studies": studies}


def acts_of(person: User | None) -> list[tuple[MappingAct, list[Decision]]]:
    """One's last acts that can be undone, each with its decisions."""
    acts = list(MappingAct.objects.filter(actor=person, undone_at=None).order_by("-pk")[:UNDOABLE]) if person else []
    rows = Decision.objects.in_bulk([UUID(one) for act in acts for one in act.decisions[:SHOWN_DECISIONS]])
    return [(act, [row for one in act.decisions[:SHOWN_DECISIONS] if (row := rows.get(UUID(one)))]) for act in acts]


def _after(request: HttpRequest) -> tuple[str, str] | None:
    text, field = request.GET.get("after"), request.GET.get("in", "")
    return (text.replace("\x00", ""), field) if text is not None else None


def _next(after: tuple[str, str] | None, binding: str) -> str:
    if after is None:
        return ""
    return "?" + urlencode({"after": after[0], "in": after[1], **({"field": binding} if binding else {})})


def address(what: str, study_id: UUID | None, side: str) -> str:
    """Of one of these pages: "texts", "updates", or what their forms are sent to."""
    name = "mapping" if what == "texts" else f"mapping-{what}"
    if study_id is None:
        return reverse(name)
    return reverse(f"{side}-{name}", args=[study_id])


def _wants_json(request: HttpRequest) -> bool:
    return "application/json" in request.headers.get("Accept", "")


def _refused(request: HttpRequest, error: DomainError, address: str) -> HttpResponse:
    if _wants_json(request):
        return JsonResponse({"detail": str(error)}, status=400)
    messages.error(request, str(error))
    return _back(request, address)


def _back(request: HttpRequest, address: str) -> HttpResponse:
    """To the page that the form was on, if that is one of this site's lists of texts."""
    here = request.POST.get("here", "")
    lists = here.startswith(("/review/", "/deposit/")) and "//" not in here.partition("?")[0]
    return HttpResponseRedirect(here if lists else address)
