"""What qualifies an attribute: its ontology term, its unit, the namespace of a pair."""

from catalogue.exchange.biostudies.names import ONTOLOGY, QUALIFIED, TERM_ID, UNIT, same
from catalogue.exchange.biostudies.page import Attribute, Section
from catalogue.exchange.dossier import Pair
from catalogue.exchange.terms import curie_in

_TERM_IDS = {same(name) for name in (TERM_ID, "Term ID", "Ontology Term ID")}
ONTOLOGIES = {same(name) for name in (ONTOLOGY, "Ontology Name")}


def term_of(one: Attribute) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The CURIE that qualifies a value, and the other qualifiers."""
    curie = next(
        (found for name, value in one.value_qualifiers if same(name) in _TERM_IDS and (found := curie_in(value))), ""
    )
    if not curie:
        return "", one.value_qualifiers
    prefix = curie.partition(":")[0].lower()
    left = tuple(
        (name, value)
        for name, value in one.value_qualifiers
        if not (same(name) in _TERM_IDS and curie_in(value) == curie)
        and not (same(name) in ONTOLOGIES and value.lower() == prefix)
    )
    return curie, left


def pair_of(one: Attribute, namespace: str) -> tuple[Pair, tuple[tuple[str, str], ...]]:
    """An attribute as a pair, and the qualifiers that a pair has no place for."""
    curie, others = term_of(one)
    own = next((value for name, value in one.name_qualifiers if name == QUALIFIED), "")
    unit = next((value for name, value in others if name == UNIT), "")
    left = tuple(it for it in others if it[0] != UNIT) + tuple(it for it in one.name_qualifiers if it[0] != QUALIFIED)
    return Pair(own or namespace, one.name, one.value, unit, curie), left


def names_ontology(value: str, section: Section) -> bool:
    """Whether an ontology's name says no more than the term's CURIE in the same section."""
    return any(
        curie_in(one.value).partition(":")[0].lower() == value.lower() for one in section.attributes if one.value
    )
