"""The changes in an import's report, in words."""

from collections.abc import Mapping
from typing import Any

from catalogue.exchange.merge import Change
from catalogue.rules.fields import Module
from catalogue.rules.rembi import BY_KEY, MODULES
from portal.deposit.words import Line, line_of


def groups_of(report: Mapping[str, Any]) -> list[tuple[Module, list[Line]]]:
    """The changes by module, in the order of the forms."""
    titles: Mapping[str, str] = report.get("titles", {})
    groups: dict[str, list[Line]] = {}
    for one in report.get("changes", ()):
        line = line_of(Change(**one), lambda module, key: titles.get(f"{module}/{key}") or BY_KEY[module].label)
        groups.setdefault(one["module"], []).append(line)
    return [(module, groups[module.key]) for module in MODULES if module.key in groups]
