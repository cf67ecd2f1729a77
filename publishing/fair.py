"""How FAIR a study is (catalogue.rules.fair) as this site publishes it: a draft as it would be, a version as it is."""

from typing import Any

from catalogue.rules.evaluate import Finding
from catalogue.rules.facts import Facts
from catalogue.rules.fair import FairReport, Site, score
from publishing.dossiers import document_of
from publishing.identifiers import doi_provider
from publishing.record import RecordSet


def of_draft(document: dict[str, Any], facts: Facts, findings: list[Finding] | None = None) -> FairReport:
    """A working copy, as it would be if it were published now. `findings`, if the document was evaluated already."""
    return score(document, facts, Site(dois=not doi_provider().is_test), findings)


def of_version(records: RecordSet) -> FairReport:
    """A published version, from its Record only."""
    study = records.study
    counts = study.facets.channel_counts
    facts = Facts(
        images={component.id: component.counts.images for component in records.components},
        # The Record says which numbers of channels there are, not whose; one number is everybody's.
        channels={component.id: counts[0] for component in records.components} if len(counts) == 1 else {},
        formats=study.facets.formats,
    )
    return score(document_of(records), facts, Site(dois=bool(study.doi) and not study.doi_is_test))
