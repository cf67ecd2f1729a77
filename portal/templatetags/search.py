"""The values of facets as HTML. There may be many hundreds on a page, which templates take too long for."""

from collections.abc import Sequence
from html import escape

from django import template
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.public.search.address import Choice
from portal.public.search.facets import Facet, Value

register = template.Library()


@register.filter
def about(choice: Choice) -> str:
    """How many hits a choice has: 12,345, or ~12,000 where that is an estimate."""
    return "" if choice.count is None else f"{'~' if choice.is_estimated else ''}{choice.count:,}"


@register.simple_tag
def facet_values(facet: Facet) -> SafeString:
    """The lists of a facet: each value a link with its count, those below it folded, the rarer ones folded away."""
    return SafeString(
        _list(facet.values, "facet-values with-tree" if facet.is_tree else "facet-values") + _more(facet.more)
    )


def _list(values: Sequence[Value], css: str = "facet-values") -> str:
    return f'<ul class="{css}">{"".join(map(_line, values))}</ul>'


def _line(value: Value) -> str:
    choice = value.choice
    label, count = escape(choice.label), f'<span class="count">{about(choice)}</span>'
    if choice.selected:
        hint = f'<span class="visually-hidden"> ({escape(_("chosen; remove"))})</span>'
        link = (
            f'<a href="{escape(choice.url)}" rel="nofollow" aria-current="true"><span>{label}{hint}</span> {count}</a>'
        )
    else:
        link = f'<a href="{escape(choice.url)}" rel="nofollow"><span>{label}</span> {count}</a>'
    return f"<li>{link}{_below(value)}</li>"


def _below(value: Value) -> str:
    if not value.below:
        return ""
    hint = escape(_("Below {label}").format(label=value.choice.label))
    summary = f'<summary><span class="visually-hidden">{hint}</span></summary>'
    return (
        f'<details class="facet-below"{" open" if value.is_open else ""}>{summary}'
        f"{_list(value.below)}{_more(value.more)}</details>"
    )


def _more(values: Sequence[Value]) -> str:
    if not values:
        return ""
    said = escape(ngettext("{count} more", "{count} more", len(values)).format(count=len(values)))
    return f'<details class="facet-more"><summary>{said}</summary>{_list(values)}</details>'
