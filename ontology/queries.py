"""Questions about terms: what fits a text, and what a CURIE means."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from ontology.bindings import BINDINGS
from ontology.hierarchy import below, paths_of
from ontology.models import Synonym, Term
from ontology.names import Match, best_matches, fold, names_of


@dataclass(frozen=True)
class Wanted:
    """A text with, perhaps, a CURIE, to be mapped to a term of a binding."""

    text: str
    curie: str
    binding: str


@dataclass(frozen=True)
class Suggestion:
    """A term that is offered for a text. `synonym` is the name that fitted, if it was not the label; `path` are the
    labels from the root of the ontology down to the term's parent."""

    curie: str
    iri: str
    label: str
    ontology: str
    synonym: str
    definition: str
    path: tuple[str, ...]
    obsolete: bool


def current() -> QuerySet[Term]:
    """The terms of the current version of each ontology."""
    return Term.objects.filter(ontology__is_current=True)


def within(binding: str) -> QuerySet[Term]:
    """The current terms that fit a binding. Raises KeyError if there is no such binding."""
    bound = BINDINGS[binding]
    return current().filter(Q(ontology__prefix__in=bound.ontologies) | Q(pk__in=below(bound.branches)))


def resolve(curie: str) -> Term | None:
    """The current term with this CURIE, its ontology fetched with it."""
    return current().select_related("ontology").filter(curie=curie).first()


def suggest(text: str, binding: str, limit: int = 10) -> list[Suggestion]:
    """Terms of the binding for a text that is being typed: those of that very name or CURIE first, then names that
    begin with it, have words that do, hold it, or are like it; obsolete terms last."""
    if not fold(text) or limit < 1:
        return []
    matches = best_matches(fold(text), names_of(binding, lambda: within(binding)), limit)
    terms = Term.objects.select_related("ontology").in_bulk([match.term for match in matches])
    paths = paths_of(terms)
    return [_suggestion(terms[match.term], match, paths[match.term]) for match in matches]


def _suggestion(term: Term, match: Match, path: tuple[str, ...]) -> Suggestion:
    return Suggestion(
        curie=term.curie,
        iri=term.iri,
        label=term.label,
        ontology=term.ontology.prefix,
        synonym=match.synonym,
        definition=term.definition,
        path=path,
        obsolete=term.obsolete,
    )


def map_terms(wanted: Collection[Wanted]) -> dict[Wanted, Term]:
    """The term for each that has one: by its CURIE if given, else the one of the binding whose label, exact
    synonym or CURIE the text is.

    A label goes before a synonym; of several terms the one that is not obsolete, then the one with the lower CURIE.
    The number of queries does not depend on how many are wanted.
    """
    curies = {one: one.curie or one.text.strip() for one in wanted}
    by_curie = {term.curie: term for term in current().filter(curie__in=set(curies.values()))}
    found = {one: by_curie[curie] for one, curie in curies.items() if curie in by_curie}
    left = [one for one in wanted if not one.curie and one not in found and fold(one.text)]
    names = {fold(one.text) for one in left}
    if not names:
        return found
    labels = _by_name(current().filter(label_folded__in=names).values_list("label_folded", "pk"))
    exact = Synonym.objects.filter(text_folded__in=names, scope=Synonym.Scope.EXACT, term__ontology__is_current=True)
    synonyms = _by_name(exact.values_list("text_folded", "term_id"))
    terms = Term.objects.in_bulk({pk for pks in [*labels.values(), *synonyms.values()] for pk in pks})
    fitting = {
        binding: set(within(binding).filter(pk__in=terms).values_list("pk", flat=True))
        for binding in {one.binding for one in left}
    }
    for one in left:
        for named in (labels, synonyms):
            hits = [terms[pk] for pk in named.get(fold(one.text), ()) if pk in fitting[one.binding]]
            if hits:
                found[one] = min(hits, key=lambda term: (term.obsolete, term.curie))
                break
    return found


def _by_name(pairs: Iterable[tuple[str, int]]) -> dict[str, list[int]]:
    names: dict[str, list[int]] = {}
    for name, pk in pairs:
        names.setdefault(name, []).append(pk)
    return names
