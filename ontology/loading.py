"""Terms into tables, with the numbers of their hierarchy."""

from collections.abc import Mapping

from django.db import transaction
from django.utils import timezone

from ontology.hierarchy import renumber
from ontology.models import Ontology, Parent, Synonym, Term
from ontology.names import fold
from ontology.starter_sets import StarterSet, read_sets

_BATCH = 1000


def load_starter() -> int:
    """Load the starter sets; gives how many terms they hold. Done again, it changes nothing but what was corrected in
    the files: terms keep their keys, and none is removed. A set takes the place of an older version that is current,
    not of a newer one; versions are compared as text, for they are dates or numbers of as many digits."""
    return sum(_load(one) for one in read_sets())


@transaction.atomic
def _load(given: StarterSet) -> int:
    others = Ontology.objects.filter(prefix=given.prefix, is_current=True).exclude(version=given.version)
    newer = any(version > given.version for version in others.values_list("version", flat=True))
    if not newer:
        others.update(is_current=False)
    ontology, _ = Ontology.objects.update_or_create(
        prefix=given.prefix,
        version=given.version,
        defaults={
            "name": given.name,
            "iri": given.iri,
            "source": given.source,
            "licence": given.licence,
            "is_current": not newer,
        },
    )
    if _is_loaded(ontology, given):
        return len(given.terms)
    _upsert_terms(ontology, given)
    keys = dict(ontology.terms.values_list("curie", "pk"))
    parents = {keys[term.curie]: [keys[curie] for curie in term.parents] for term in given.terms}
    _replace_synonyms(ontology, given, keys)
    Parent.objects.filter(term__ontology=ontology).delete()
    links = [Parent(term_id=pk, parent_id=parent) for pk, above in parents.items() for parent in above]
    Parent.objects.bulk_create(links, batch_size=_BATCH)
    renumber(ontology)
    Ontology.objects.filter(pk=ontology.pk).update(term_count=len(given.terms), loaded_at=timezone.now())
    return len(given.terms)


def _upsert_terms(ontology: Ontology, given: StarterSet) -> None:
    rows = [
        Term(
            ontology=ontology,
            curie=term.curie,
            iri=term.iri,
            label=term.label,
            label_folded=fold(term.label),
            definition=term.definition,
        )
        for term in given.terms
    ]
    Term.objects.bulk_create(
        rows,
        batch_size=_BATCH,
        update_conflicts=True,
        unique_fields=["ontology", "curie"],
        update_fields=["iri", "label", "label_folded", "definition"],
    )


def _is_loaded(ontology: Ontology, given: StarterSet) -> bool:
    """Whether the tables hold just what the file holds."""
    terms = set(ontology.terms.values_list("curie", "iri", "label", "definition"))
    synonyms = set(Synonym.objects.filter(term__ontology=ontology).values_list("term__curie", "scope", "text"))
    parents = set(Parent.objects.filter(term__ontology=ontology).values_list("term__curie", "parent__curie"))
    return (
        terms == {(term.curie, term.iri, term.label, term.definition) for term in given.terms}
        and synonyms == {(term.curie, *synonym) for term in given.terms for synonym in term.synonyms}
        and parents == {(term.curie, parent) for term in given.terms for parent in term.parents}
    )


def _replace_synonyms(ontology: Ontology, given: StarterSet, keys: Mapping[str, int]) -> None:
    Synonym.objects.filter(term__ontology=ontology).delete()
    rows = [
        Synonym(term_id=keys[term.curie], text=text, text_folded=fold(text), scope=scope)
        for term in given.terms
        for scope, text in dict.fromkeys(term.synonyms)
    ]
    Synonym.objects.bulk_create(rows, batch_size=_BATCH)
