"""How complete a study is: its document and the facts of its files, held against the rules."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Max

from catalogue import documents
from catalogue.models import File, Image, InvalidValue, Study
from catalogue.rules.evaluate import Facts, Finding, evaluate, score

_NAMED = 20  # failed files that are named one by one


@dataclass(frozen=True)
class Checked:
    """`score` is the share, 0 to 1, of required and recommended fields that are filled in well."""

    findings: list[Finding]
    score: float


def check(study: Study, document: dict[str, Any] | None = None) -> Checked:
    """What is missing or wrong in the study. The number of queries does not depend on its size.

    `document` is what documents.read gives, if it is at hand already.
    """
    document = documents.read(study) if document is None else document
    findings = evaluate(document, facts_of(study))
    return Checked(findings, score(document, findings))


def facts_of(study: Study) -> Facts:
    """Counts of the study's images and files; four queries."""
    per_component = (
        Image.objects.filter(study=study)
        .order_by()
        .values_list("component")
        .annotate(count=Count("pk"), most=Max("pixels__size_c"))
    )
    counts = {str(component or ""): (images, channels or 0) for component, images, channels in per_component}
    states = File.objects.filter(study=study).values_list("state").annotate(files=Count("pk"))
    files = dict(states.order_by())
    failed = File.objects.filter(study=study, state=File.State.FAILED).order_by("path")
    return Facts(
        images={component: images for component, (images, _) in counts.items() if component},
        channels={component: channels for component, (_, channels) in counts.items() if component},
        images_without_component=counts.get("", (0, 0))[0],
        failed=tuple(failed.values_list("path", flat=True)[:_NAMED]),
        failed_count=files.get(File.State.FAILED, 0),
        waiting_count=files.get(File.State.ARRIVED, 0),
        kept=dict(InvalidValue.objects.filter(study=study).values_list("path", "message")),
    )
