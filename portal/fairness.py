"""How FAIR a study is, as pages show it: the report with a link to each field that would earn a point."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from catalogue.rules.fair import FairReport, Point, Todo

LETTERS = {"F": _("Findable"), "A": _("Accessible"), "I": _("Interoperable"), "R": _("Reusable")}


@dataclass(frozen=True)
class Letter:
    letter: str
    label: str | Promise
    earned: float
    total: float


@dataclass(frozen=True)
class PointView:
    point: Point
    todo: tuple[Any, ...]  # links to fields; none where there is nothing to fill in


@dataclass(frozen=True)
class FairView:
    report: FairReport
    letters: tuple[Letter, ...]
    points: tuple[PointView, ...]

    @property
    def open(self) -> list[PointView]:
        """The points that the depositor can still earn."""
        return [one for one in self.points if one.todo]


def fair_view(report: FairReport, link: Callable[[Todo], Any] | None = None) -> FairView:
    """`link` makes of a todo what the page's links are made from; without it there are none."""
    return FairView(
        report,
        tuple(Letter(letter, LETTERS[letter], *points) for letter, points in report.by_letter.items()),
        tuple(PointView(one, tuple(map(link, one.todo)) if link else ()) for one in report.points),
    )
