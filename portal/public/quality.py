"""What an image's page says of its pixels: a histogram for each channel, and how well it was taken, in plain words."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from base.errors import StorageError
from base.models import StoredFile
from base.storage import storage_for
from catalogue.measuring import statistics_key
from imaging.representations.colors import color_of
from publishing.image_shapes import ChannelRecord, ImageRecord

MOST_BYTES = 8 << 20  # of a document that a page reads
HEIGHT = 40  # of a histogram, in units of one bin
NOTED = 0.001  # share of pixels from which saturation is worth a word
SHARP = 0.02  # smallest part of the range of focus along z that has a word


@dataclass(frozen=True)
class ChannelQuality:
    """One channel. outline: an SVG path of the histogram, 256 x HEIGHT; facts: label and words; notes: what to heed."""

    name: str
    color: str
    outline: str
    low: str
    high: str
    facts: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Quality:
    """All channels; sampled: the share of pixels that were looked at, in words, "" if all were."""

    channels: tuple[ChannelQuality, ...]
    sampled: str


def quality_of(image: ImageRecord) -> Quality | None:
    """What was measured of the image, None if nothing was yet."""
    try:
        path = storage_for(StoredFile.Backend.STORE).local_path(statistics_key(image.id))
        if path.stat().st_size > MOST_BYTES:
            return None
        document = json.loads(path.read_bytes())
    except (StorageError, OSError, ValueError):
        return None
    channels = document["channels"]
    is_whole = "int" in image.pixel_type or image.pixel_type == "bit"
    records = {channel.index: channel for channel in image.channels}
    shown = [
        _channel(found, records.get(index), index, len(channels), is_whole) for index, found in enumerate(channels)
    ]
    least = min((found["levels"][0]["sampled"] for found in channels), default=1.0)
    return Quality(tuple(shown), "" if least >= 1 else _share(least))


def _channel(
    found: Mapping[str, Any], record: ChannelRecord | None, index: int, count: int, is_whole: bool
) -> ChannelQuality:
    level, quality = found["levels"][0], found["quality"]
    _low, _first, middle, _last, _high = level["percentiles"]
    facts = [
        (_("Darkest and brightest pixel"), f"{_number(level['minimum'])} – {_number(level['maximum'])}"),
        (_("Half of the pixels are below"), _number(middle)),
        (_("Mean, and how far pixels lie from it"), f"{_number(level['mean'])} ± {_number(level['sd'])}"),
        (_("Noise"), _noise(quality)),
    ]
    if len(quality["planes"]) > 1:
        facts.append((_("Sharpest plane"), _focus(quality)))
    if quality["evenness"] is not None:
        facts.append((_("Evenness of light"), _evenness(quality["evenness"])))
    return ChannelQuality(
        name=(record.name if record else "") or _("Channel %(number)s") % {"number": index},
        color=color_of(record.color[:7] if record else None, index, count),
        outline=outline(level["histogram"]),
        low=_number(level["bin_start"]),
        high=_number(level["bin_start"] + level["bin_width"] * len(level["histogram"]) - is_whole),
        facts=tuple(facts),
        notes=tuple(_notes(level)),
    )


def outline(counts: Sequence[int]) -> str:
    """The histogram as one closed SVG path; heights are logarithms, so that few bright pixels can be seen."""
    most = math.log1p(max(counts, default=0)) or 1.0
    tops = (HEIGHT - HEIGHT * math.log1p(count) / most for count in counts)
    steps = "".join(f"V{top:.1f}h1" for top in tops)
    return f"M0 {HEIGHT}{steps}V{HEIGHT}Z"


def _notes(level: Mapping[str, Any]) -> list[str]:
    notes = []
    high, low, bad = level["saturated_high"], level["saturated_low"], level["not_numbers"]
    if high is not None and high >= NOTED:
        notes.append(
            _("%(share)s of the pixels are as bright as can be recorded: differences among them are lost.")
            % {"share": _share(high)}
        )
    if low is not None and low >= NOTED:
        notes.append(
            _("%(share)s of the pixels have the lowest value there is: what is darker was cut off, or is no image.")
            % {"share": _share(low)}
        )
    if bad:
        notes.append(_("%(share)s of the pixels are no numbers and were left out.") % {"share": _share(bad)})
    return notes


def _noise(quality: Mapping[str, Any]) -> str:
    ratio = quality["signal_to_noise"]
    if ratio is None:
        return _("none found")
    return _("about %(noise)s; the picture's contrast is %(ratio)s times as much") % {
        "noise": _number(quality["noise"]), "ratio": _number(ratio)
    }  # fmt: skip


def _focus(quality: Mapping[str, Any]) -> str:
    focus, planes = quality["focus"], quality["planes"]
    greatest, least = max(focus), min(focus)
    if greatest <= 0 or (greatest - least) / greatest < SHARP:
        return _("all are alike")
    return _("z = %(z)s") % {"z": planes[focus.index(greatest)]}


def _evenness(share: float) -> str:
    return _("the darkest part of the field has %(share)s of the light of the brightest") % {"share": _share(share)}


def _share(share: float) -> str:
    percent = 100 * share
    if 0 < percent < 0.1:
        return _("less than %(percent)s %%") % {"percent": number_format(0.1)}
    if 99.9 < percent < 100:  # "100 %" would say that there is nothing else
        return _("more than %(percent)s %%") % {"percent": number_format(99.9)}
    digits = 1 if 0 < percent < 10 or 99 <= percent < 100 else 0
    return f"{number_format(round(percent, digits), digits)} %"


def _number(value: float) -> str:
    """Three digits that count, or the whole number."""
    if value == 0 or not math.isfinite(value):
        return "0"
    if value == int(value) or abs(value) >= 1000:
        return number_format(round(value), 0)
    return number_format(float(f"{value:.3g}"), max(0, 2 - math.floor(math.log10(abs(value)))))
