"""A document for each term that published records use, and for each above those."""

from collections.abc import Collection, Iterator

from ontology.hierarchy import paths_of
from ontology.models import Synonym, Term
from ontology.queries import current
from publishing.search.document import Document

BATCH = 500


def term_id(curie: str) -> str:
    return f"term:{curie}"


def term_documents(curies: Collection[str]) -> Iterator[Document]:
    """Documents of the terms with these CURIEs that an ontology has. A fixed number of queries for each 500."""
    ordered = sorted(curies)
    for start in range(0, len(ordered), BATCH):
        wanted = current().select_related("ontology").filter(curie__in=ordered[start : start + BATCH])
        terms = list(wanted.order_by("curie"))
        paths = paths_of([term.pk for term in terms])
        synonyms: dict[int, list[str]] = {}
        rows = Synonym.objects.filter(term__in=terms).order_by("pk")
        for pk, text in rows.values_list("term_id", "text"):
            synonyms.setdefault(pk, []).append(text)
        for term in terms:
            yield _document(term, tuple(dict.fromkeys(synonyms.get(term.pk, ()))), paths[term.pk])


def _document(term: Term, synonyms: tuple[str, ...], path: tuple[str, ...]) -> Document:
    return Document(
        id=term_id(term.curie),
        type="term",
        study="",
        accession="",
        title=term.label,
        published=term.ontology.loaded_at,
        identifiers=(term.curie, term.curie.replace(":", "_", 1), term.iri),
        description=term.definition,
        terms=synonyms,
        card={"ontology": term.ontology.prefix, "path": list(path), "curie": term.curie},
    )
