"""What outside services offer for a text, looked at again: a name is believed to be the text only if it is, a term to
be in use only if its ontology says so, and to fit a field only if it is where the field's terms are."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from rapidfuzz import fuzz

from base.asking import LookupFailed, Register
from ontology.bindings import BINDINGS, Binding
from ontology.hierarchy import paths_of
from ontology.mapping.candidates import Candidate, How, Tier
from ontology.mapping.spellings import As
from ontology.models import Synonym, Term
from ontology.names.comparing import fold, plain
from ontology.outside import bioportal, ols, zooma
from ontology.outside.shapes import Hit, Said
from ontology.queries import terms_of, within

LONGEST = 200  # characters of a text that are asked for
LIMIT = 8
_ASKED = 5  # terms that are not loaded here, of which the service is asked again
_SIMILAR = 0.84  # the most for what is only similar
_UNSURE = 0.89  # the most for what nobody says is in use: GOOD
_OBSOLETE = 0.6
_SCORES = {How.LABEL: 1.0, How.EXACT: 0.9, How.RELATED: 0.8, How.NARROW: 0.7, How.BROAD: 0.6}
_NO_PATH: tuple[str, ...] = ()

_Ask = Callable[[str, Binding], Iterator[Hit]]
_SERVICES: tuple[tuple[Register, _Ask], ...] = (
    (ols.REGISTER, ols.search),
    (zooma.REGISTER, zooma.annotate),
    (bioportal.REGISTER, bioportal.search),
)


@dataclass(frozen=True, kw_only=True)
class Found(Candidate):
    """A candidate that a service named. `is_here` says whether the term is loaded here; another one can be imported."""

    source: Said
    is_here: bool


@dataclass(frozen=True)
class Looked:
    """What the services offered, the likeliest first, and what went wrong with which, in words."""

    found: tuple[Found, ...]
    failed: tuple[str, ...]


def services_on() -> list[str]:
    """The services that this site asks."""
    return [register.name for register, _ in _SERVICES if register.is_on]


def candidates(text: str, binding: str) -> list[Found]:
    """As `look`; raises LookupFailed if nothing was found because services failed."""
    looked = look(text, binding)
    if looked.failed and not looked.found:
        raise LookupFailed(" ".join(looked.failed))
    return list(looked.found)


def look(text: str, binding: str) -> Looked:
    """Ask the services that are on for terms of the binding that a text may stand for. Raises KeyError if there is no
    such binding. To be called on a person's wish only."""
    bound = BINDINGS[binding]
    words = " ".join(text.split())[:LONGEST]
    if not plain(words):
        return Looked((), ())
    hits: list[Hit] = []
    failed: list[str] = []
    for register, ask in _SERVICES:
        if register.is_on:
            try:
                hits += ask(words, bound)
            except LookupFailed as error:
                failed.append(str(error))
    found = _checked(words, binding, _once(hits), failed)
    return Looked(tuple(found[:LIMIT]), tuple(dict.fromkeys(failed)))


def _once(hits: Iterable[Hit]) -> list[Hit]:
    """Each term by the first service that has a name for it, else by the first; with the best score that any gives."""
    best: dict[str, Hit] = {}
    for hit in hits:
        known = best.setdefault(hit.curie, hit)
        scores = [one for one in (known.score, hit.score) if one is not None]
        named = known if known.label or not hit.label else hit
        best[hit.curie] = replace(named, score=max(scores, default=None), in_branch=known.in_branch or hit.in_branch)
    return list(best.values())


def _checked(words: str, binding: str, hits: list[Hit], failed: list[str]) -> list[Found]:
    """The hits as candidates: of terms that are here by what is known here, of others by what OLS says of the term."""
    here = terms_of(hit.curie for hit in hits)
    fitting = set(within(binding).filter(pk__in=[one.pk for one in here.values()]).values_list("pk", flat=True))
    names = _names_here(here.values())
    found = [
        _found(words, _as_here(hit, term, names.get(term.pk, ())), is_here=True)
        for hit in hits
        if (term := here.get(hit.curie)) and term.pk in fitting
    ]
    away = [hit for hit in hits if hit.curie not in here and _may_fit(hit, BINDINGS[binding])]
    away.sort(key=lambda hit: (-_score(words, hit)[0], hit.curie))
    for hit in away[:_ASKED]:
        try:
            told = _asked(hit, BINDINGS[binding])
        except LookupFailed as error:
            failed.append(str(error))
            told = hit
        if told is not None and told.label:
            found.append(_found(words, told, is_here=False))
    found.sort(key=lambda one: (-one.score, not one.is_here, one.curie))
    paths = paths_of([here[one.curie].pk for one in found if one.is_here])
    return [replace(one, path=paths[here[one.curie].pk]) if one.is_here else one for one in found]


def _fits(hit: Hit, bound: Binding) -> bool:
    """Of a whole ontology any term fits; of a branch one that the service was asked for below it."""
    return hit.curie.partition(":")[0] in bound.ontologies or hit.in_branch


def _may_fit(hit: Hit, bound: Binding) -> bool:
    return _fits(hit, bound) or any(hit.curie.partition(":")[0] == one.partition(":")[0] for one in bound.branches)


def _asked(hit: Hit, bound: Binding) -> Hit | None:
    """The hit as OLS describes the term itself, if OLS is asked here; None if it has no such term, or if nobody says
    that it is in one of the branches."""
    if not ols.REGISTER.is_on:
        return hit if _fits(hit, bound) else None
    told = ols.term(hit.curie)
    if told is None:
        return None if hit.said.service == ols.REGISTER.name or not _fits(hit, bound) else hit
    if not _fits(hit, bound) and not ols.is_below(hit.curie, bound.branches):
        return None
    read = told.term
    return replace(hit, label=read.label, definition=read.definition, synonyms=read.synonyms, obsolete=read.obsolete)


def _as_here(hit: Hit, term: Term, synonyms: Iterable[tuple[str, str]]) -> Hit:
    return replace(hit, iri=term.iri, label=term.label, definition=term.definition, synonyms=tuple(synonyms),
                   obsolete=term.obsolete)  # fmt: skip


def _names_here(terms: Iterable[Term]) -> dict[int, list[tuple[str, str]]]:
    names: dict[int, list[tuple[str, str]]] = {}
    for pk, scope, text in Synonym.objects.filter(term__in=list(terms)).values_list("term", "scope", "text"):
        names.setdefault(pk, []).append((scope, text))
    return names


def _found(words: str, hit: Hit, *, is_here: bool) -> Found:
    score, how, name = _score(words, hit)
    if hit.obsolete is not False:
        score = min(score, _OBSOLETE if hit.obsolete else _UNSURE)
    return Found(
        curie=hit.curie,
        iri=hit.iri,
        label=hit.label,
        ontology=hit.curie.partition(":")[0],
        definition=hit.definition,
        path=_NO_PATH,
        obsolete=bool(hit.obsolete),
        score=score,
        tier=Tier.of(score),
        how=how,
        way=As.GIVEN,
        name=name,
        source=hit.said,
        is_here=is_here,
    )


def _score(words: str, hit: Hit) -> tuple[float, How, str]:
    """How well its names fit, and the one that fits best; a synonym whose scope nobody says is taken for a related one.
    What a service says of a text that is no name of the term counts too, but never makes it HIGH."""
    folded = fold(words)
    ways = [(How.LABEL, hit.label)] * bool(hit.label)
    ways += [(How(scope or How.RELATED), name) for scope, name in hit.synonyms]
    exact = [(_SCORES[how], how, name) for how, name in ways if fold(name) == folded]
    if exact:
        return max(exact, key=lambda one: one[0])
    likeness = [(min(fuzz.ratio(plain(words), plain(name)) / 100, _SIMILAR), How.SIMILAR, name) for _, name in ways]
    best = max(likeness, key=lambda one: one[0], default=(0.0, How.SIMILAR, hit.label))
    return max(best[0], min(hit.score or 0.0, _UNSURE)), How.SIMILAR, best[2]
