"""Questions about terms: what fits a text, and what a CURIE means."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from ontology.bindings import BINDINGS
from ontology.hierarchy import below, paths_of
from ontology.mapping.decisions import decided
from ontology.models import Decision, Synonym, Term
from ontology.names.comparing import Name, fold
from ontology.names.search import suggested


@dataclass(frozen=True)
class Wanted:
    """A text with, perhaps, a CURIE, to be mapped to a term of a binding."""

    text: str
    curie: str
    binding: str


@dataclass(frozen=True)
class Suggestion:
    """A term that is offered for a text. `synonym` is the name that fitted, if it was not the label; `path` are the
    labels from the root of the ontology down to the term's parent; `scope` is the synonym's."""

    curie: str
    iri: str
    label: str
    ontology: str
    synonym: str
    scope: str
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
    names = suggested(text, within(binding), binding, limit)
    terms = terms_of(name.curie for name in names)
    paths = paths_of([term.pk for term in terms.values()])
    offered = [(name, terms[name.curie]) for name in names if name.curie in terms]
    return [_suggestion(name, term, paths[term.pk]) for name, term in offered]


def terms_of(curies: Iterable[str]) -> dict[str, Term]:
    """The current terms with these CURIEs, their ontologies fetched with them. One query."""
    wanted = current().select_related("ontology").filter(curie__in=set(curies))
    return {term.curie: term for term in wanted.order_by("pk")}


def _suggestion(name: Name, term: Term, path: tuple[str, ...]) -> Suggestion:
    return Suggestion(
        curie=term.curie,
        iri=term.iri,
        label=term.label,
        ontology=term.ontology.prefix,
        synonym=name.text if name.kind else "",
        scope=name.kind.scope,
        definition=term.definition,
        path=path,
        obsolete=term.obsolete,
    )


def map_terms(wanted: Collection[Wanted]) -> dict[Wanted, Term]:
    """The term for each that has one: by its CURIE if given and known, else as it was decided what the text stands for,
    else the one of the binding whose label, exact synonym or CURIE the text is.

    A text of which it was decided that no term fits has none. A label goes before a synonym; of several terms the one
    that is not obsolete, then one of a starter set, then the one with the lower CURIE. The number of queries does not
    depend on how many are wanted.
    """
    decisions = _decided(wanted)
    curies = {one: one.curie or ("" if one in decisions else one.text.strip()) for one in wanted}
    asked = {*curies.values(), *(row.curie for row in decisions.values())} - {""}
    by_curie = {term.curie: term for term in current().filter(curie__in=asked)}
    found = {one: by_curie[row.curie] for one, row in decisions.items() if row.curie in by_curie}
    found |= {one: by_curie[curie] for one, curie in curies.items() if curie in by_curie}
    left = [one for one in wanted if not one.curie and one not in found and one not in decisions and fold(one.text)]
    return found | _named(left)


def _decided(wanted: Collection[Wanted]) -> dict[Wanted, Decision]:
    """What was decided on the texts, each looked up once."""
    rows = decided({(fold(one.text), one.binding) for one in wanted})
    return {one: row for one in wanted if (row := rows.get((fold(one.text), one.binding)))}


def _named(wanted: Collection[Wanted]) -> dict[Wanted, Term]:
    """The terms of the bindings whose label or exact synonym the texts are; of several, one that a starter set has:
    "mouse" is Mus musculus rather than its genus."""
    found: dict[Wanted, Term] = {}
    names = {fold(one.text) for one in wanted}
    if not names:
        return found
    labels = _by_name(current().filter(label_folded__in=names).values_list("label_folded", "curie"))
    # What a starter set calls a term holds also where the whole ontology, which is current, does not say it.
    held = Q(term__ontology__is_current=True) | Q(term__ontology__is_part=True)
    exact = Synonym.objects.filter(held, text_folded__in=names, scope=Synonym.Scope.EXACT)
    synonyms = _by_name(exact.values_list("text_folded", "term__curie"))
    curies = {curie for found in [*labels.values(), *synonyms.values()] for curie in found}
    terms = {term.curie: term for term in current().filter(curie__in=curies)}
    starters = Term.objects.filter(ontology__is_part=True, curie__in=terms)
    known = set(starters.values_list("curie", flat=True))
    fitting = {
        binding: set(within(binding).filter(curie__in=terms).values_list("curie", flat=True))
        for binding in {one.binding for one in wanted}
    }
    for one in wanted:
        for named in (labels, synonyms):
            hits = [terms[curie] for curie in named.get(fold(one.text), ()) if curie in fitting[one.binding]]
            if hits:
                found[one] = min(hits, key=lambda term: (term.obsolete, term.curie not in known, term.curie))
                break
    return found


def _by_name(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    names: dict[str, list[str]] = {}
    for name, curie in pairs:
        names.setdefault(name, []).append(curie)
    return names
