"""What is made from the pixels before any row is written: chunk tables, contrast and thumbnails.

Each finished image is a line in a work file, so that a worker that was killed is followed by one that goes on.
"""

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import astuple, dataclass
from pathlib import Path
from uuid import UUID

from django.conf import settings

from base.ids import new_id
from base.jobs import Progress
from base.models import StoredFile
from base.storage import storage_for
from catalogue.files import was_published
from catalogue.models import File, ImageFile, Representation
from catalogue.reading.staging import Stage
from imaging import limited
from imaging.errors import ImageError
from imaging.facts import FileFacts, ImageFacts, Window
from imaging.representations.thumbnail import contrast_defaults, default_settings, render_thumbnail
from imaging.source import open_source
from imaging.table import Table

THUMBNAIL_PIXELS = 512
TABLES = 200  # made by one call


@dataclass(frozen=True)
class Prepared:
    """An image whose table and thumbnail are in the store under its id."""

    image_id: UUID
    series: str
    windows: tuple[Window, ...]  # of each channel, as sampled
    level_count: int

    @property
    def part_names(self) -> list[str]:
        """Names of the further files of a set that its pixels lie in."""
        table = Table.open(storage_for(StoredFile.Backend.STORE).local_path(table_key(self.image_id)))
        return [name for name, *_ in table.header["identity"][1:]]


def table_key(image_id: UUID) -> str:
    return f"images/{image_id}/table"


def thumbnail_key(image_id: UUID) -> str:
    return f"images/{image_id}/thumbnail.jpg"


def prepare(file: File, stage: Stage, facts: FileFacts, progress: Progress) -> list[Prepared]:
    """Tables, contrast and thumbnails of all images of a file, in its order; raises ImageError."""
    place, log = stage.path, _log_path(file)
    log.parent.mkdir(parents=True, exist_ok=True)
    identity = _identity(place) + [str(part.stored_id) for _, part in sorted(stage.parts.items())]
    ready = {one.series: one for one in _logged(log, identity)}
    kept = kept_ids(file, place)
    if not kept.keys() >= {image.series_path for image in facts.images} and was_published(file.study, file):
        kept = {}  # the rows of published images stay as they are
    missing = [image.series_path for image in facts.images if image.series_path not in ready]
    tables = _tables(place, missing)
    with log.open("a" if ready else "w") as lines:
        if not ready:
            lines.write(json.dumps(identity) + "\n")
        for number, image in enumerate(facts.images):
            if image.series_path not in ready:
                one = _prepare_one(place, image, next(tables), kept.get(image.series_path) or new_id())
                lines.write(
                    json.dumps([str(one.image_id), one.series, [astuple(w) for w in one.windows], one.level_count])
                )
                lines.write("\n")
                lines.flush()
                ready[one.series] = one
            done = number + 1
            progress.report(done, len(facts.images), f"Preparing the images of {file.path}", {"prepared": done})
    return [ready[image.series_path] for image in facts.images]


def forget(file: File, *, delete: bool) -> None:
    """Drop the work file; `delete` also what was prepared by it, as it is not wanted."""
    log = _log_path(file)
    if delete:
        known = set(ImageFile.objects.filter(file=file).values_list("image_id", flat=True))
        for one in _logged(log, None):
            if one.image_id not in known:
                storage_for(StoredFile.Backend.STORE).delete(f"images/{one.image_id}")
    log.unlink(missing_ok=True)


def kept_ids(file: File, place: Path) -> dict[str, UUID]:
    """The ids of images that this file gave before and whose bytes are still the same, by series."""
    store = storage_for(StoredFile.Backend.STORE)
    ids: dict[str, UUID] = {}
    rows = Representation.objects.filter(stored=file.stored, image__removed_at=None)
    rows = rows.filter(image__image_files__file=file, image__image_files__is_part=False)
    for image_id, series, table in rows.values_list("image_id", "series", "table"):
        try:
            open_source(place, series, store.local_path(table)).close()
        except ImageError:
            continue
        ids[series] = image_id
    return ids


def _tables(place: Path, series: list[str]) -> Iterator[Path]:
    """Files with the chunk tables of these images, to be taken away one by one."""
    for start in range(0, len(series), TABLES):
        batch = series[start : start + TABLES]
        outs = [Path(settings.DATA) / "reading" / f"{new_id()}.table" for _ in batch]
        limited.make_tables(place, batch, outs)
        yield from outs


def _prepare_one(place: Path, image: ImageFacts, table: Path, image_id: UUID) -> Prepared:
    store = storage_for(StoredFile.Backend.STORE)
    store.adopt(table_key(image_id), table)
    with closing(open_source(place, image.series_path, store.local_path(table_key(image_id)))) as source:
        windows = contrast_defaults(source, image.channels)
        shown = default_settings(image.channels, windows)
        store.write(thumbnail_key(image_id), [render_thumbnail(source, shown, THUMBNAIL_PIXELS)])
        return Prepared(image_id, image.series_path, windows, len(source.levels))


def _log_path(file: File) -> Path:
    return Path(settings.DATA) / "reading" / f"{file.pk}.jsonl"


def _identity(place: Path) -> list[int | str]:
    stat = place.stat()
    return [stat.st_size, stat.st_mtime_ns]


def _logged(log: Path, identity: list[int | str] | None) -> Iterator[Prepared]:
    """What the work file lists; nothing if it is of other bytes. A line that was cut off ends it."""
    if not log.exists():
        return
    with log.open() as lines:
        for number, line in enumerate(lines):
            try:
                entry = json.loads(line)
            except ValueError:
                return
            if number == 0:
                if identity is not None and entry != identity:
                    return
                continue
            image_id, series, windows, level_count = entry
            yield Prepared(UUID(image_id), series, tuple(Window(*window) for window in windows), level_count)
