"""To a stored OME-Zarr 0.5: sharded, all levels, with omero and OME-XML; it goes on where it was stopped."""

import json
import shutil
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from imaging.converting.plan import Plan, make_plan, plan_like
from imaging.converting.shards import CODECS, ShardLayout, ShardSink, cannot_write, finished_blocks
from imaging.converting.verifying import Comparison
from imaging.converting.writing import Tell, Work, silent, write_blocks
from imaging.errors import ImageError
from imaging.pixels import PixelSource, type_json
from imaging.representations.ome_zarr import OME_XML, array_metadata, dump, group_metadata
from imaging.representations.view import About
from imaging.source import open_source

LOG = "finished-blocks"  # the checkpoint; gone once the whole is done
DIVISOR, LONGEST_CHUNK = 16, 4096


@dataclass(frozen=True)
class How:
    """chunk: (z, y, x) in pixels, None for the levels and chunks of the source; codec: one of shards.CODECS; first: the
    first level to write, 1 for only the lower ones; threads: None for one each core."""

    chunk: tuple[int, int, int] | None = (1, 512, 512)
    codec: str = "blosc"
    first: int = 0
    threads: int | None = None

    def __post_init__(self) -> None:
        if self.codec not in CODECS:
            raise ValueError(f"there is no codec “{self.codec}”; there are {', '.join(CODECS)}")
        z, y, x = self.chunk or (1, DIVISOR, DIVISOR)
        if not 1 <= z <= LONGEST_CHUNK or any(n % DIVISOR or not 0 < n <= LONGEST_CHUNK for n in (y, x)):
            raise ValueError(f"chunks of {z} x {y} x {x} cannot be: y and x are multiples of 16 up to {LONGEST_CHUNK}")


def to_ome_zarr(
    source: PixelSource,
    out: Path,
    about: About,
    how: How | None = None,
    *,
    identity: str = "",
    tell: Tell = silent,
) -> None:
    """Write `out`, a folder that is not there yet; it appears when all its pixels have been compared with the source's.

    identity: tells the source from others; what an earlier attempt left beside `out` is gone on with only if it was
    made of the same in the same way. tell: progress of writing and comparing together. Raises ImageError.
    """
    how = how or How()
    if out.exists():
        raise ImageError(path=str(out), field="file", reason="is there already; choose another name, or remove it.")
    plan = _plan(source, how)
    part = out.with_name(f"{out.name}.part")
    writing, comparing = plan.count(), plan.count(how.first)
    try:
        _begin(part, source, plan, about, how, identity)
        with closing(open_source(part)) as written:
            finished = finished_blocks(part / LOG)
            sink = ShardSink(part, plan, source.dtype, how.codec, part / LOG)
            work = Work(source, plan, sink, about.is_labels, how.first, written, finished)
            write_blocks(
                work, threads=how.threads, tell=lambda done, total: tell(writing - total + done, writing + comparing)
            )
        with closing(open_source(part)) as written:
            comparison = Comparison(source, written, plan, about.is_labels, how.first)
            try:
                comparison.run(out, threads=how.threads, tell=lambda done, _: tell(writing + done, writing + comparing))
            except ImageError:
                shutil.rmtree(part)
                raise
        (part / LOG).unlink()
        part.rename(out)
    except OSError as error:
        raise cannot_write(out, error) from error


def _plan(source: PixelSource, how: How) -> Plan:
    samples = samples_of(source)
    if how.chunk is None:
        return plan_like(source, samples=samples)
    return make_plan(source.levels[0].shape, source.dtype.itemsize, how.chunk, samples=samples)


def samples_of(source: PixelSource) -> int:
    """Channels that are decoded together, so that they are read together."""
    size_c = source.levels[0].shape[1]
    is_interleaved = size_c <= 4 and source.tile(0, 0, 0, 0, 0) is not None
    return size_c if is_interleaved else 1


def _begin(part: Path, source: PixelSource, plan: Plan, about: About, how: How, identity: str) -> None:
    """The log's first line, unless an attempt to write just the same left it, and all metadata: written again in any
    case, since names, colours and OME-XML may be others now."""
    layout = ShardLayout(plan, source.dtype, how.codec)
    documents = _documents(layout, about, how.first)
    told = [
        identity,
        how.first,
        about.is_labels,
        [documents[f"{n}/zarr.json"] for n in range(how.first, len(plan.levels))],
    ]
    head = json.dumps(told) + "\n"
    log = part / LOG
    if not (log.is_file() and log.read_text().startswith(head)):
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        log.write_text(head)
    for path, document in documents.items():
        (part / path).parent.mkdir(parents=True, exist_ok=True)
        (part / path).write_bytes(dump(document))
    if about.ome_xml is not None and not how.first:
        (part / OME_XML).write_bytes(about.ome_xml())


def _documents(layout: ShardLayout, about: About, first: int) -> dict[str, type_json]:
    group = group_metadata(layout, about)
    multiscale = group["attributes"]["ome"]["multiscales"][0]
    multiscale["datasets"] = multiscale["datasets"][first:]
    documents = {"zarr.json": group}
    if about.ome_xml is not None and not first:
        documents["OME/zarr.json"] = {"zarr_format": 3, "node_type": "group", "attributes": {}}
    for level in range(first, len(layout.levels)):
        documents[f"{level}/zarr.json"] = array_metadata(layout, level)
    return documents
