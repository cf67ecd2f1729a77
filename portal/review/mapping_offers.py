"""What is offered for a text without a term: what was decided before, what depositors chose, what names are like it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalogue.services.mapping import Unmapped
from ontology.hierarchy import paths_of
from ontology.mapping import decisions
from ontology.mapping.candidates import Candidate, candidates_of
from ontology.models import Decision, Term
from ontology.queries import Wanted, terms_of

OFFERS = 5
DECIDED = "decided"
PROPOSED = "proposed"
WORDS = {
    DECIDED: gettext_lazy("decided before"),
    PROPOSED: gettext_lazy("a depositor's choice"),
    "high": gettext_lazy("sure"),
    "good": gettext_lazy("likely"),
    "medium": gettext_lazy("perhaps"),
    "low": gettext_lazy("hardly"),
}
SURE = frozenset({DECIDED, "high"})


@dataclass(frozen=True)
class Offer:
    """A term that may be meant (`term` None: that none fits), how likely, and why it is offered."""

    term: Term | None
    tier: str
    score: float | None
    why: str
    path: tuple[str, ...] = ()

    @property
    def word(self) -> Any:
        return WORDS[self.tier]

    @property
    def is_sure(self) -> bool:
        return self.tier in SURE

    @property
    def value(self) -> str:
        """What the form sends for it."""
        return self.term.curie if self.term else "none"


@dataclass(frozen=True)
class Row:
    """A text with what is offered for it, the best first."""

    number: int
    found: Unmapped
    offers: list[Offer]

    @property
    def sure(self) -> Offer | None:
        """What can be accepted without choosing: the first offer, if it is sure and no other is."""
        first = self.offers[0] if self.offers else None
        rivals = [one for one in self.offers[1:] if one.is_sure and first and first.tier != DECIDED]
        return first if first and first.is_sure and not rivals else None


def rows_of(found: Sequence[Unmapped], proposals_of: UUID | None = None) -> list[Row]:
    """The texts with their offers. `proposals_of` is the study whose depositors look: others' choices, which tell of
    their drafts, are for curators. The number of queries does not depend on how many there are."""
    wanted = [Wanted(one.text, one.given, one.binding) for one in found]
    candidates = candidates_of(wanted, OFFERS)
    keys = [(one.key, one.binding) for one in found]
    earlier = decisions.decided(keys)
    proposed = _proposed(keys, proposals_of)
    curies = {one.curie for some in candidates.values() for one in some}
    curies |= {one.curie for one in (*earlier.values(), *proposed.values())}
    terms = terms_of(curies)
    paths = paths_of([term.pk for term in terms.values()])
    rows = []
    for number, (one, want, key) in enumerate(zip(found, wanted, keys, strict=True), start=1):
        offers = [*_remembered(earlier.get(key), DECIDED, terms), *_remembered(proposed.get(key), PROPOSED, terms)]
        offers += [_offer(candidate, terms) for candidate in candidates[want] if candidate.curie in terms]
        rows.append(Row(number, one, _each_once(offers, paths)[:OFFERS]))
    return rows


def _remembered(row: Decision | None, tier: str, terms: dict[str, Term]) -> list[Offer]:
    if row is None or (row.curie and row.curie not in terms):
        return []
    why = _("by %(who)s on %(day)s") % {"who": row.who, "day": f"{row.decided_at:%Y-%m-%d}"}
    return [Offer(terms.get(row.curie), tier, row.confidence, why)]


def _proposed(keys: Collection[tuple[str, str]], study_id: UUID | None) -> dict[tuple[str, str], Decision]:
    """The newest proposal for each text that has one."""
    rows = decisions.proposals().select_related("decided_by").filter(folded__in={text for text, _ in keys})
    if study_id is not None:
        rows = rows.filter(study_id=study_id)
    return {(row.folded, row.binding): row for row in rows.order_by("id")}


def _offer(one: Candidate, terms: dict[str, Term]) -> Offer:
    """The candidate, with the words for how the text led to it: “an exact synonym, shortened: HeLa cell”."""
    term = terms[one.curie]
    why = str(one.told)
    if one.name.casefold() != term.label.casefold():
        why = f"{why}: {one.name}"
    if one.replaces:
        why = _("%(why)s, which it replaces") % {"why": f"{why} ({one.replaces})"}
    return Offer(term, one.tier.value, one.score, why)


def _each_once(offers: Sequence[Offer], paths: dict[int, tuple[str, ...]]) -> list[Offer]:
    """Each term once, by its first offer, with its way from the root."""
    seen: set[str] = set()
    found = []
    for one in offers:
        if one.value not in seen:
            seen.add(one.value)
            path = paths.get(one.term.pk, ()) if one.term else ()
            found.append(Offer(one.term, one.tier, one.score, one.why, path))
    return found
