"""Questions about terms: what fits a text, what a CURIE means, what lies above and below a term."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.db.models import QuerySet

from ontology.bindings import BINDINGS
from ontology.models import Ancestor, Synonym, Term


@dataclass(frozen=True)
class Wanted:
    """A text with, perhaps, a CURIE, to be mapped to a term of a binding."""

    text: str
    curie: str
    binding: str


def fold(text: str) -> str:
    """The text as names are compared: case folded, spaces run together."""
    return " ".join(text.casefold().split())


def current() -> QuerySet[Term]:
    """The terms of the current version of each ontology."""
    return Term.objects.filter(ontology__is_current=True)


def resolve(curie: str) -> Term | None:
    """The current term with this CURIE, its ontology fetched with it."""
    return current().select_related("ontology").filter(curie=curie).first()


def match_exact(text: str, binding: str) -> Term | None:
    """The term of the binding whose label, exact synonym or CURIE this text is."""
    wanted = Wanted(text, "", binding)
    return map_terms([wanted]).get(wanted)


def map_terms(wanted: Collection[Wanted]) -> dict[Wanted, Term]:
    """The term for each that has one: by its CURIE if given, else by the text, as `match_exact`. Five queries at most.

    A label goes before a synonym; of several terms the one that is not obsolete, then the one with the lower CURIE.
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
    branches = _branches_of(terms)
    for one in left:
        for names_of in (labels, synonyms):
            fitting = [terms[pk] for pk in names_of.get(fold(one.text), ()) if branches[pk] & _roots(one.binding)]
            if fitting:
                found[one] = min(fitting, key=lambda term: (term.obsolete, term.curie))
                break
    return found


def _roots(binding: str) -> set[str]:
    return set(BINDINGS[binding].branches) if binding in BINDINGS else set()


def _by_name(pairs: Iterable[tuple[str, int]]) -> dict[str, list[int]]:
    names: dict[str, list[int]] = {}
    for name, pk in pairs:
        names.setdefault(name, []).append(pk)
    return names


def _branches_of(pks: Iterable[int]) -> dict[int, set[str]]:
    """Which of the bindings' branches each of these terms lies in."""
    roots = {curie for binding in BINDINGS.values() for curie in binding.branches}
    branches: dict[int, set[str]] = {pk: set() for pk in pks}
    links = Ancestor.objects.filter(term__in=branches, ancestor__curie__in=roots)
    for pk, curie in links.values_list("term_id", "ancestor__curie"):
        branches[pk].add(curie)
    return branches
