"""What templates need that Django has not."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from django import template
from django.forms import BoundField, CheckboxInput, Select
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import ngettext

from catalogue.rules import archives
from catalogue.rules.people import ROLES
from ontology.outside import services_on
from publishing.image_shapes import ImageRecord
from publishing.renditions import links
from publishing.search import Hit
from publishing.search.documents.making import FORMATS
from publishing.shapes import Organisation

register = template.Library()


@register.filter
def control(field: BoundField) -> SafeString:
    """A form field's input with the class that its look needs."""
    widget = field.field.widget
    css = "form-check-input" if isinstance(widget, CheckboxInput) else "form-control"
    if isinstance(widget, Select):
        css = "form-select"
    if field.errors:
        css += " is-invalid"
    return field.as_widget(attrs={"class": css})


@register.filter
def is_checkbox(field: BoundField) -> bool:
    return isinstance(field.field.widget, CheckboxInput)


_ROLES = dict(ROLES)
_UNITS = ("B", "kB", "MB", "GB", "TB", "PB")


@register.filter
def data_size(count: int) -> str:
    """A number of bytes for people, in powers of 1000 as disks are sold: 2040 is "2.0 kB"."""
    size = float(count)
    unit = 0
    while size >= 999.5 and unit < len(_UNITS) - 1:
        size /= 1000
        unit += 1
    if unit == 0 or size >= 99.95:
        return f"{size:.0f} {_UNITS[unit]}"
    return f"{size:.1f} {_UNITS[unit]}"


@register.filter
def quantity(value: float | None) -> str:
    """A measured number without trailing zeros or needless digits; from a million on in full: 10,000,000."""
    if value is None:
        return ""
    return f"{value:,.0f}" if 10**6 <= abs(value) < 10**15 else f"{value:.6g}"


@register.filter
def pixel_size(image: ImageRecord) -> str:
    """How large a pixel is, of the axes that say so: "0.1 × 0.1 × 0.5 µm", or each with its unit where these differ."""
    axes = [
        (quantity(value), unit)
        for value, unit in (
            (image.physical_size_x, image.physical_size_x_unit),
            (image.physical_size_y, image.physical_size_y_unit),
            (image.physical_size_z, image.physical_size_z_unit),
        )
        if value
    ]
    if len({unit for _, unit in axes}) == 1:
        return f"{' × '.join(value for value, _ in axes)} {axes[0][1]}"
    return " × ".join(f"{value} {unit}" for value, unit in axes)


@register.filter
def map_attribute(items: Iterable[Any], name: str) -> list[Any]:
    """The attribute of each item, for `join`."""
    return [getattr(item, name) for item in items]


@register.filter
def to_json(value: Any) -> str:
    """JSON for an attribute; the template escapes it."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False)


@register.simple_tag
def state_badge(state: str, label: Any = "") -> SafeString:
    """A state as colour, word and shape; the shape is the style sheet's."""
    return format_html('<span class="state" data-state="{}">{}</span>', state, label or state.replace("_", " "))


@register.filter
def thousands(count: int | None) -> str:
    """A count for people: 12,345."""
    return "" if count is None else f"{count:,}"


@register.filter
def hit_curie(hit: Hit) -> str:
    """The CURIE of a term that was found."""
    return hit.id.removeprefix("term:")


@register.simple_tag
def services_outside() -> list[str]:
    """The outside services that this site asks for terms."""
    return services_on()


@register.filter
def hit_url(hit: Hit) -> str:
    if hit.type == "term":
        return reverse("term", args=[hit_curie(hit)])
    if hit.type == "image":
        return reverse("image", args=[hit.id])
    if not hit.card.get("is_latest", True):
        return reverse("study-version", args=[hit.accession, hit.card["version"]])
    return reverse("study", args=[hit.accession])


@register.filter
def hit_size(hit: Hit) -> str:
    """How large what was found is: a study's images, an image's pixels."""
    if hit.type == "study":
        images = hit.card.get("images", 0)
        return ngettext("{n} image", "{n} images", images).format(n=f"{images:,}")
    return str(hit.card.get("size", ""))


# Addresses of what a Record names, empty where there is none that is safe to link to.
register.filter("orcid", links.orcid_url)
register.filter("web_address", links.web_address)
register.filter("article", links.publication_url)
register.filter("funder", links.funder_url)
register.filter("link_address", links.link_url)
register.filter("identifier_address", links.identifier_url)
register.filter("identifier_text", links.identifier_curie)


@register.filter
def get(values: Mapping[str, Any], key: str) -> Any:
    """The value under a key, empty if there is none."""
    return values.get(key, "")


@register.filter
def archive_label(key: str) -> str:
    """An archive as people call it."""
    return archives.BY_KEY[key].label if key in archives.BY_KEY else key


@register.filter
def role_label(role: str) -> str:
    """A person's role as people call it."""
    return _ROLES.get(role, role)


@register.filter
def slug_words(text: str) -> str:
    return text.replace("_", " ")


@register.filter
def organisation(found: Organisation) -> str:
    return links.ror_url(found.ror) or links.web_address(found.website)


@register.filter
def format_label(media_type: str) -> str:
    """A format as people call it; its media type if it has no other name."""
    return FORMATS.get(media_type, media_type)


@register.filter
def hit_facts(hit: Hit) -> list[str]:
    """What a hit shows below its title: where it comes from, then what it is."""
    card = hit.card
    if hit.type == "term":
        return [" › ".join(card.get("path", ()))] if card.get("path") else []
    source = card.get("study_title") if hit.type == "image" else ", ".join(card.get("authors", ()))
    facts = [source, hit_size(hit), ", ".join(card.get("organisms", ())), ", ".join(card.get("methods", ()))]
    return [fact for fact in (*facts, card.get("licence")) if fact]
