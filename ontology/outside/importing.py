"""Terms from OLS into the tables, with all above them, and kept there when an ontology is loaded again.

What was imported is kept as it was said (ImportedTerm), with where and when; the terms go into the current version of
their ontology if that is a part of one, or make such a part where none is loaded. A whole version is left as it is:
what it lacks is not in that release.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from base import audit
from base.errors import Conflict, Invalid, NotFound
from base.models import User
from ontology.hierarchy import renumber
from ontology.models import ImportedTerm, Ontology, Parent, Synonym, Term, Xref
from ontology.names.comparing import LONGEST, fold
from ontology.outside import ols
from ontology.prefixes import curie_in
from ontology.queries import resolve
from ontology.reading import Header, ReadTerm


def import_term(curie: str, *, by: User | None) -> Term:
    """Import a term from OLS with all above it; gives the one that is there if it was imported before.

    Raises Invalid for what is no CURIE, NotFound if OLS has no such term, Conflict if a whole version of its ontology
    is loaded that lacks it, and LookupFailed.
    """
    if not ols.REGISTER.is_on:
        raise Conflict(f"This site does not ask {ols.REGISTER.name}: whoever runs it can set VITRINE_OLS_API.")
    curie = curie_in(curie)
    if not curie:
        raise Invalid("That is no id of a term.", field="curie")
    if known := resolve(curie):
        return known
    prefix = curie.partition(":")[0]
    _refuse_whole(curie, prefix)
    described = [one for one in ols.with_ancestors(curie) if one.term.curie.partition(":")[0] == prefix]
    if not described:
        raise NotFound(f"{ols.REGISTER.name} has no term {curie}.")
    try:
        _keep(curie, described, ols.ontology(prefix), by=by)
    except IntegrityError as error:
        raise Conflict("The ontology of this term is being changed just now. Try again in a moment.") from error
    found = resolve(curie)
    assert found is not None
    return found


@transaction.atomic
def _keep(curie: str, described: Sequence[ols.Described], header: Header, *, by: User | None) -> None:
    row, _ = ImportedTerm.objects.update_or_create(
        curie=curie,
        defaults={
            "prefix": curie.partition(":")[0],
            "service": ols.REGISTER.name,
            "url": described[0].said.url,
            "asked_at": described[0].said.asked_at,
            "imported_by": by,
            "body": {"header": asdict(header), "terms": [asdict(one.term) for one in described]},
        },
    )
    audit.record(by, "imported a term", row.pk, curie=curie, service=row.service, url=row.url)
    _merge([row])


def keep_imported() -> int:
    """Put imported terms back that the current version of their ontology lacks, after it was loaded again; gives how
    many. One query if there are none."""
    current = Term.objects.filter(ontology__is_current=True)
    lacking = ImportedTerm.objects.exclude(curie__in=current.values("curie"))
    wholes = set(Ontology.objects.filter(is_current=True, is_part=False).values_list("prefix", flat=True))
    rows = [row for row in lacking.order_by("prefix", "asked_at") if row.prefix not in wholes]
    if rows:
        with transaction.atomic():
            _merge(rows)
    return len(rows)


def _refuse_whole(curie: str, prefix: str) -> None:
    whole = Ontology.objects.filter(prefix=prefix, is_current=True, is_part=False).first()
    if whole:
        raise Conflict(
            f"{whole.name} is loaded here as a whole, version {whole.version}, and has no {curie}. Whoever runs the "
            "site can load a newer version."
        )


def _merge(rows: Sequence[ImportedTerm]) -> None:
    """Add what the current versions lack, and number them anew."""
    for prefix in dict.fromkeys(row.prefix for row in rows):
        mine = [row for row in rows if row.prefix == prefix]
        # Locked, so that of two imports at once the second sees what the first added.
        ontology = Ontology.objects.select_for_update().filter(prefix=prefix, is_current=True).first()
        if ontology is None:
            ontology = _made(mine[0].body["header"])
        read: dict[str, ReadTerm] = {}
        for row in mine:
            read |= {term.curie: term for term in map(_read, row.body["terms"])}
        _add(ontology, read.values())
        renumber(ontology)
        source = ols.REGISTER.name
        if source not in ontology.source:
            ontology.source = f"{ontology.source[: 300 - len(source) - 22]}; further terms from {source}"
        ontology.term_count = ontology.terms.count()
        ontology.loaded_at = timezone.now()
        ontology.save(update_fields=["source", "term_count", "loaded_at"])


def _made(told: dict[str, Any]) -> Ontology:
    header = Header(**{**told, "own": tuple(told["own"])})
    described = {"name": header.name[:200] or header.prefix, "iri": header.iri[:300], "licence": header.licence}
    made, _ = Ontology.objects.update_or_create(
        prefix=header.prefix,
        version=header.version[:100],
        is_part=True,
        defaults={**described, "source": header.source[:300], "is_current": True},
    )
    return made


def _read(told: dict[str, Any]) -> ReadTerm:
    pairs = {name: tuple(tuple(one) for one in told[name]) for name in ("synonyms", "parents")}
    return ReadTerm(**{**told, **pairs, "xrefs": tuple(told["xrefs"]), "consider": tuple(told["consider"])})


def _add(ontology: Ontology, terms: Iterable[ReadTerm]) -> None:
    known = dict(ontology.terms.filter(curie__in=[one.curie for one in terms]).values_list("curie", "pk"))
    new = [one for one in terms if one.curie not in known]
    made = Term.objects.bulk_create(
        Term(
            ontology=ontology,
            curie=one.curie,
            iri=one.iri[:300],
            label=one.label[:LONGEST],
            label_folded=fold(one.label)[:LONGEST],
            definition=one.definition,
            obsolete=one.obsolete,
            replaced_by=one.replaced_by,
            consider=" ".join(one.consider),
        )
        for one in new
    )
    keys = known | {row.curie: row.pk for row in made}
    Synonym.objects.bulk_create(
        Synonym(term_id=keys[one.curie], scope=scope, text=text[:LONGEST], text_folded=fold(text)[:LONGEST])
        for one in new
        for scope, text in one.synonyms
    )
    Xref.objects.bulk_create(Xref(term_id=keys[one.curie], curie=xref[:200]) for one in new for xref in one.xrefs)
    Parent.objects.bulk_create(
        Parent(term_id=keys[one.curie], parent_id=keys[above], relation=relation)
        for one in new
        for relation, above in one.parents
        if above in keys and above != one.curie
    )
