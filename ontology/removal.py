"""Versions of ontologies out of the tables, in short batches as they came in."""

from collections.abc import Callable

from django.db import transaction
from django.db.models import DO_NOTHING, ManyToOneRel, Model

from base.errors import Conflict, NotFound
from ontology.loading import goes_before
from ontology.models import Ontology, Parent, Span, Synonym, Term, Xref

_BATCH = 5000
_LINKED = (Synonym, Xref, Parent, Span)


def uses(ontology: Ontology) -> dict[str, int]:
    """How many rows of other rooms name terms of this version, by what they are."""
    found: dict[str, int] = {}
    for model, field in _users():
        if count := model._default_manager.filter(**{f"{field}__ontology": ontology}).count():
            name = str(model._meta.verbose_name)
            found[name] = found.get(name, 0) + count
    return found


def remove(*, prefix: str, version: str = "", force: bool = False, tell: Callable[[int], None]) -> Ontology:
    """Remove a version; records that name its terms keep their texts and lose the link. Another version of the
    ontology, if there is one, becomes current in its place.

    Raises NotFound if it is not loaded, and Conflict if it is not said which of several, or, unless forced, if it is
    the current one and records name its terms.
    """
    rows = Ontology.objects.filter(prefix=prefix, **({"version": version} if version else {}))
    found = list(rows.order_by("is_part", "version"))
    if not found:
        raise NotFound(f"{prefix} {version}".strip() + " is not loaded.")
    if not version and len(found) > 1:
        raise Conflict(
            f"Several versions of {prefix} are loaded; say which: {', '.join(one.version for one in found)}."
        )
    ontology = found[0]
    if ontology.is_current and not force and (used := uses(ontology)):
        counts = ", ".join(f"{count} × {name}" for name, count in used.items())
        raise Conflict(f"{ontology} is current and in use ({counts}). Load another version first, or force it.")
    _retire(ontology)
    for model, field in _users():
        model._default_manager.filter(**{f"{field}__ontology": ontology}).update(**{field: None})
    _empty(ontology, tell)
    ontology.delete()
    return ontology


def _users() -> list[tuple[type[Model], str]]:
    """Tables of other rooms with a link to a term, and the field that has it. Counts are not among them, whose rows
    outlive the term until they are counted again."""
    relations = (one for one in Term._meta.get_fields(include_hidden=True) if isinstance(one, ManyToOneRel))
    kept = (one for one in relations if one.related_model not in _LINKED and one.on_delete is not DO_NOTHING)
    return [(one.related_model, one.field.name) for one in kept]


@transaction.atomic
def _retire(ontology: Ontology) -> None:
    """From now on it is nobody's; a removal that is killed leaves what looks like a load that was."""
    was_current = ontology.is_current
    ontology.is_current, ontology.state, ontology.digest = False, Ontology.State.LOADING, ""
    ontology.save()
    others = Ontology.objects.filter(prefix=ontology.prefix, state=Ontology.State.READY)
    if was_current and others:
        best = others[0]
        for one in others:
            best = one if goes_before(one, best) else best
        best.is_current = True
        best.save(update_fields=["is_current"])


def _empty(ontology: Ontology, tell: Callable[[int], None]) -> None:
    done = 0
    while keys := list(ontology.terms.values_list("pk", flat=True)[:_BATCH]):
        with transaction.atomic():
            for model in _LINKED:
                model.objects.filter(term__in=keys).delete()
            Parent.objects.filter(parent__in=keys).delete()
            Term.objects.filter(pk__in=keys).delete()
        done += len(keys)
        tell(done)
