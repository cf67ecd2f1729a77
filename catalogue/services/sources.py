"""Where values that nobody typed come from: noted when they are filled in, and shown at their fields."""

from collections.abc import Iterable, Mapping

from django.db import transaction

from catalogue.models import FieldSource, Study

_MOST = 2000  # characters
_BATCH = 500


@transaction.atomic
def note(*, study: Study, sources: Mapping[str, tuple[FieldSource.Kind, str]]) -> None:
    """Say for each path of a field where its value comes from; call it after the value was saved.

    Saving a field forgets what was noted of it, so only the last origin is kept.
    """
    rows = [
        FieldSource(study=study, path=path, kind=kind, source=text[:_MOST]) for path, (kind, text) in sources.items()
    ]
    FieldSource.objects.bulk_create(
        rows,
        batch_size=_BATCH,
        update_conflicts=True,
        unique_fields=["study", "path"],
        update_fields=["kind", "source", "at"],
    )


def of_study(study: Study) -> dict[str, FieldSource]:
    """All that is noted of a study's fields, by path."""
    return {one.path: one for one in FieldSource.objects.filter(study=study)}


def carry_over(*, study: Study, paths: Iterable[tuple[str, str]]) -> None:
    """Note for each second path what is noted for the first one: a copied row's values come from where they came."""
    pairs = dict(paths)
    there = FieldSource.objects.filter(study=study, path__in=list(pairs))
    note(study=study, sources={pairs[one.path]: (FieldSource.Kind(one.kind), one.source) for one in there})
