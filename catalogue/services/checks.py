"""How complete a study is: its document and the facts of its files, held against the rules."""

from dataclasses import dataclass
from typing import Any

from catalogue import documents
from catalogue.models import Study
from catalogue.rules.evaluate import Finding, evaluate, score
from catalogue.rules.facts import Facts
from catalogue.services.facts import facts_of


@dataclass(frozen=True)
class Checked:
    """`score` is the share, 0 to 1, of required and recommended fields that are filled in well."""

    findings: list[Finding]
    score: float
    facts: Facts


def check(study: Study, document: dict[str, Any] | None = None, *, may_be_old: bool = False) -> Checked:
    """What is missing or wrong in the study. The number of queries does not depend on its size.

    `document` is what documents.read gives, if it is at hand already; `may_be_old` is as in facts_of.
    """
    document = documents.read(study) if document is None else document
    facts = facts_of(study, document, may_be_old=may_be_old)
    findings = evaluate(document, facts)
    return Checked(findings, score(document, findings), facts)
