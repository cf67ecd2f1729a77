"""BioPortal of the National Center for Biomedical Ontology; its REST API. It wants a key with every question."""

from collections.abc import Iterator

from base.asking import Register, answer, inside, listed, not_understood, text
from ontology.bindings import Binding
from ontology.outside.shapes import Hit, Said
from ontology.prefixes import curie_of

REGISTER = Register("BioPortal", "BIOPORTAL_API", "BIOPORTAL_KEY", otherwise="choose from what is loaded here")
ROWS = 20
_ACRONYMS = {"NCBITaxon": "NCBITAXON"}  # where it differs from the prefix


def search(words: str, bound: Binding) -> Iterator[Hit]:
    """Terms of the binding's ontologies with these words in their names. Raises LookupFailed."""
    prefixes = {*bound.ontologies, *(curie.partition(":")[0] for curie in bound.branches)}
    parameters = {
        "q": words,
        "ontologies": ",".join(sorted(_ACRONYMS.get(prefix, prefix) for prefix in prefixes)),
        "include": "prefLabel,synonym,definition,obsolete",
        "pagesize": str(ROWS),
        "display_context": "false",
    }
    found = answer(REGISTER, "search", parameters)
    rows = inside(found.body, "collection")
    if not isinstance(rows, list):
        raise not_understood(REGISTER, found)
    said = Said.of(REGISTER.name, found)
    for row in rows:
        iri, label = text(inside(row, "@id")), text(inside(row, "prefLabel"))
        if iri and label and (curie := curie_of(iri)):
            names = tuple(("", name) for one in listed(inside(row, "synonym")) if (name := text(one)))
            definition = next((told for one in listed(inside(row, "definition")) if (told := text(one))), "")
            obsolete = inside(row, "obsolete")
            yield Hit(iri, curie, label, said, definition, names, obsolete if isinstance(obsolete, bool) else None)
