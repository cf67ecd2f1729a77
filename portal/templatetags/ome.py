"""OME's names and values in the words of people."""

import re

from django import template
from django.utils.translation import gettext_lazy as _

register = template.Library()

WORDS = {
    "Medium": _("Medium"),
    "RefractiveIndex": _("Refractive index"),
    "CorrectionCollar": _("Correction collar"),
    "Temperature": _("Temperature"),
    "AirPressure": _("Air pressure"),
    "Humidity": _("Humidity (0 to 1)"),
    "CO2Percent": _("CO₂ (0 to 1)"),
    "Name": _("Position named"),
    "X": _("Stage x"),
    "Y": _("Stage y"),
    "Z": _("Stage z"),
    "Gain": _("gain"),
    "Offset": _("offset"),
    "Voltage": _("voltage"),
    "Zoom": _("zoom"),
    "Binning": _("binning"),
    "ReadOutRate": _("read-out"),
    "Integration": _("frames averaged"),
    "Attenuation": _("dimmed by (0 to 1)"),
    "Wavelength": _("wavelength"),
    "ExcitationFilterRef": _("excitation filter"),
    "DichroicRef": _("dichroic"),
    "EmissionFilterRef": _("emission filter"),
}


@register.filter
def ome_word(name: str) -> str:
    """What people call an attribute; its own name if there is no other word."""
    return str(WORDS.get(name, name))


MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(?::\d\d(?:\.\d*)?)?(Z|[+-]\d\d:?\d\d)?")


@register.filter
def moment(text: str) -> str:
    """A date of a file, in any precision, as day and minute; as it stands where it is written otherwise."""
    found = MOMENT.fullmatch(text)
    if found is None:
        return text
    day, minute, zone = found.groups()
    return " ".join(filter(None, (day, minute, "UTC" if zone == "Z" else zone)))
