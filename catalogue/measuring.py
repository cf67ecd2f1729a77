"""The job `measure-images`: statistics of the pixels of a file's images, after it was read, as a file beside each.

They give a draft its contrast: what was sampled when the file was read was one plane only.
"""

import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import closing
from uuid import UUID

from django.db.models import QuerySet

from base import jobs
from base.errors import DomainError
from base.jobs import Progress
from base.models import Job, StoredFile
from base.storage import path_of, storage_for
from catalogue.files import MEASURE, was_published
from catalogue.models import Channel, File, Image, ImageFile, Representation
from catalogue.reading.prepare import THUMBNAIL_PIXELS, thumbnail_key
from catalogue.reading.staging import set_of, table_of
from imaging.errors import ImageError
from imaging.facts import ChannelFacts
from imaging.pixels import PixelSource
from imaging.representations.colors import color_of, is_rgb
from imaging.representations.thumbnail import ChannelSetting, contrast_defaults, render_thumbnail
from imaging.source import open_source
from imaging.statistics import Statistics, measure

log = logging.getLogger(__name__)

BATCH = 500
WINDOW = ("window_min", "window_max", "window_start", "window_end")
BLACK = 1 / 16  # of the range of all planes; a plane that reaches no further is nearly black in it


def statistics_key(image_id: UUID | str) -> str:
    """Where the statistics of an image are in the store: `imaging.statistics` as JSON."""
    return f"images/{image_id}/statistics.json"


def start(file_id: UUID) -> None:
    """Have the images of a file measured, if it was read and nobody is about to."""
    file = File.objects.filter(pk=file_id, state=File.State.READ).select_related("stored__owner").first()
    if file is None or not _given_by(file).exists():
        return
    going = Job.objects.filter(kind=MEASURE, target=file.study_id, state__in=Job.OPEN)
    if not going.filter(payload__file=str(file_id)).exists():
        jobs.start(MEASURE, owner=file.stored.owner, target=file.study_id, payload={"file": str(file_id)})


def _given_by(file: File) -> QuerySet[Image]:
    return Image.objects.filter(image_files__file=file, image_files__is_part=False, has_pixels=True)


def measure_images(progress: Progress) -> None:
    """Measure the images of the file named in the payload, from the one after the checkpoint. One that cannot be
    measured is passed over; one that is gone is left alone."""
    file = File.objects.select_related("study").filter(pk=UUID(progress.payload["file"])).first()
    if file is None:
        return
    images = _given_by(file)
    total, last = images.count(), progress.checkpoint.get("last")
    while ids := list(
        (images.filter(pk__gt=last) if last else images).order_by("pk").values_list("pk", flat=True)[:BATCH]
    ):
        _measure_batch(file, ids, progress, total)
        last = str(ids[-1])
        progress.checkpoint = {"done": progress.checkpoint.get("done", 0) + len(ids), "last": last}


def _measure_batch(file: File, ids: Sequence[UUID], progress: Progress, total: int) -> None:
    """Measure these images; few queries, however many there are."""
    given = Representation.objects.filter(image__in=ids, is_generated=False)
    found = given.select_related("stored", "image__pixels").order_by("image", "-pk")
    first = {one.image_id: one for one in found}
    files: dict[UUID, dict[str, StoredFile]] = defaultdict(dict)
    for row in ImageFile.objects.filter(image__in=ids).select_related("file__stored").order_by("is_part"):
        files[row.image_id][row.file.path] = row.file.stored
    channels: dict[UUID, list[Channel]] = defaultdict(list)
    if not was_published(file.study, file):
        for channel in Channel.objects.filter(image__in=ids).order_by("index"):
            channels[channel.image_id].append(channel)
    changed: list[Channel] = []
    for number, image_id in enumerate(ids):
        progress.report(progress.checkpoint.get("done", 0) + number, total, f"Measuring the images of {file.path}")
        if image_id in first:
            try:
                changed += _measure(first[image_id], files[image_id], channels[image_id], progress)
            except (ImageError, DomainError) as error:
                log.warning("image %s could not be measured: %s", image_id, error)
    Channel.objects.bulk_update(changed, WINDOW, batch_size=BATCH)
    store = storage_for(StoredFile.Backend.STORE)
    for gone in {*ids} - set(Image.everything.filter(pk__in=ids).values_list("pk", flat=True)):
        store.delete(f"images/{gone}")


def _measure(
    representation: Representation, files: Mapping[str, StoredFile], channels: Sequence[Channel], progress: Progress
) -> list[Channel]:
    """Write an image's statistics; gives those of its channels whose contrast they change. `files` are all it needs."""
    store, image_id, said = storage_for(StoredFile.Backend.STORE), representation.image_id, progress.job
    table = table_of(representation)
    place = set_of(image_id, files, table) or path_of(representation.stored)
    with closing(open_source(place, representation.series, table)) as source:
        bits = representation.image.pixels.significant_bits
        statistics = measure(source, bits, lambda done, of: progress.report(said.done, said.total, said.message))
        store.write(statistics_key(image_id), [statistics.to_json()])
        changed = _with_contrast(statistics, source, channels)
        if changed:
            shown = [_setting(channel, index, len(channels)) for index, channel in enumerate(channels)]
            store.write(thumbnail_key(image_id), [render_thumbnail(source, shown, THUMBNAIL_PIXELS)])
    return changed


def _with_contrast(statistics: Statistics, source: PixelSource, channels: Sequence[Channel]) -> list[Channel]:
    """Set the contrast of channels for which the file says none and nobody chose one: those that still have what was
    sampled when the file was read. The planes of a spectrum may differ a thousandfold: where the one that is shown at
    first would be black, it keeps its own contrast. Gives those that changed."""
    facts = [ChannelFacts(index, color=one.color[:7] or None) for index, one in enumerate(channels)]
    if len(channels) != len(statistics.channels) or is_rgb([one.color for one in facts]):
        return []
    changed = []
    for channel, window, measured in zip(channels, contrast_defaults(source, facts), statistics.channels, strict=True):
        level = measured.levels[0]
        low, high = level.percentiles[0], level.percentiles[-1]  # 0.1 and 99.9 %
        was = (channel.window_start, channel.window_end)
        is_black = window.high - low < BLACK * (high - low)
        if was == (window.low, window.high) != (low, high) and low < high and not is_black:
            channel.window_min, channel.window_max = level.minimum, level.maximum
            channel.window_start, channel.window_end = low, high
            changed.append(channel)
    return changed


def _setting(channel: Channel, index: int, count: int) -> ChannelSetting:
    color = color_of(channel.color[:7] or None, index, count)
    low, high = channel.window_start, channel.window_end
    return ChannelSetting(channel.active, color, low or 0.0, 1.0 if high is None else high)
