"""Zooma, EMBL-EBI's collection of what curators mapped texts to; its REST API, version 2. It names terms by IRIs."""

from collections.abc import Iterator

from base.asking import Register, answer, inside, listed, not_understood, text
from ontology.bindings import Binding
from ontology.outside.shapes import Hit, Said
from ontology.prefixes import curie_of

REGISTER = Register("Zooma", "ZOOMA_API", otherwise="choose from what is loaded here")
# What Zooma is sure of was mapped so by some curator for some data: at most good here, until somebody looked.
_SCORES = {"HIGH": 0.89, "GOOD": 0.8, "MEDIUM": 0.6, "LOW": 0.4}


def annotate(words: str, bound: Binding) -> Iterator[Hit]:
    """The terms that Zooma knows for a text, without their labels. Raises LookupFailed."""
    prefixes = {*bound.ontologies, *(curie.partition(":")[0] for curie in bound.branches)}
    ontologies = ",".join(sorted(prefix.lower() for prefix in prefixes))
    parameters = {"propertyValue": words, "filter": f"ontologies:[{ontologies}]"}
    found = answer(REGISTER, "services/annotate", parameters)
    if not isinstance(found.body, list):
        raise not_understood(REGISTER, found)
    said = Said.of(REGISTER.name, found)
    for one in found.body:
        tags = [iri for tag in listed(inside(one, "semanticTags")) if (iri := text(tag))]
        score = _SCORES.get(text(inside(one, "confidence")).upper())
        # Several tags stand for what is said by all of them together, which no single term does.
        if score is not None and len(tags) == 1 and (curie := curie_of(tags[0])):
            yield Hit(tags[0], curie, "", said, score=score)
