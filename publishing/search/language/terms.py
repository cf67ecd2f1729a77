"""The terms that a query names: "organism:mouse" finds what carries NCBITaxon:10090 or a term below it."""

from collections.abc import Collection, Mapping

from django.db.models import Q

from catalogue.rules.archives import accession_of
from ontology.models import Synonym
from ontology.names.comparing import fold
from ontology.queries import current
from publishing.search.clauses import Clause, OneOf, replaced
from publishing.search.documents.markers import genes_with
from publishing.search.fields import FIELDS, Kind


def with_terms(clause: Clause, texts: Collection[str]) -> Clause:
    """The clause with the CURIEs of the terms that its values of TERM fields name, besides the values themselves."""
    if not texts:
        return clause
    named = _curies_named(texts)

    def change(part: Clause) -> Clause:
        if isinstance(part, OneOf) and FIELDS[part.field].kind is Kind.TERM:
            curies = (curie for value in part.values for curie in named.get(fold(value), ()))
            return OneOf(part.field, tuple(dict.fromkeys((*curies, *part.values))))
        return part

    return replaced(clause, change)


def _curies_named(texts: Collection[str]) -> Mapping[str, list[str]]:
    """For each folded text the terms with this label or exact synonym, of a protein's accession in UniProt those of its
    gene. Two queries, and one more if there is such an accession."""
    names = {fold(text) for text in texts}
    found: dict[str, list[str]] = {}
    labels = current().filter(label_folded__in=names).values_list("label_folded", "curie")
    exact = Q(scope=Synonym.Scope.EXACT, term__ontology__is_current=True)
    synonyms = Synonym.objects.filter(exact, text_folded__in=names).values_list("text_folded", "term__curie")
    for name, curie in (*labels, *synonyms):
        found.setdefault(name, []).append(curie)
    proteins = {f"uniprot:{accession}": fold(text) for text in texts if (accession := _protein(text))}
    if proteins:
        for accession, curies in genes_with(proteins).items():
            found.setdefault(proteins[accession], []).extend(curies)
    return found


def _protein(text: str) -> str:
    """The UniProt accession that a text is, however it is written; else nothing."""
    return accession_of("uniprot", text) or accession_of("uniprot", text.upper().removeprefix("UNIPROT:"))
