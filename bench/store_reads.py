"""`python -m bench.store_reads ADDRESS`: chunks of bench.chunk_sets read from the S3 store at ADDRESS (http, with user,
password and bucket, as script/services gives it), by us and by zarr-python or tifffile; prints what that takes as JSON:
by name, [[p50, p95] of ours, [p50, p95] of theirs] in ms.

Run by bench.rows.chunk_latency in a process of its own, since storages need Django. What it puts into the store it
removes again.
"""

import json
import os
import sys
import tempfile
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import django
from obstore.fsspec import FsspecStore
from obstore.store import S3Store

from bench.chunk_sets import IMAGES, Stored
from bench.reading import BLOCK, Read, by_tifffile, by_zarr, of_source, time_reads
from imaging.objects import ObjectFiles
from imaging.source import build_table, open_source

THREADS = 8


def main(address: str) -> dict[str, list[list[float]]]:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    django.setup()
    # Models can be imported only now.
    from base.storage import S3Storage  # noqa: PLC0415

    parts = urlsplit(address)
    options = {
        "aws_endpoint_url": f"{parts.scheme}://{parts.hostname}:{parts.port}",
        "aws_access_key_id": parts.username or "",
        "aws_secret_access_key": parts.password or "",
    }
    storage = S3Storage("bench", parts.path.strip("/"), f"bench/{uuid.uuid4()}", options)
    times = {}
    for image in IMAGES:
        try:
            _put(storage, image)
            times[image.name] = _times(storage, image)
        finally:
            storage.delete(image.make().name)
    return times


def _put(storage: Any, image: Stored) -> None:
    """Level 0 and what is said of the image, known by the same times of change as the files."""
    path = image.make()

    def one(file: Path) -> None:
        key = path.name if file == path else f"{path.name}/{file.relative_to(path)}"
        with file.open("rb") as opened:
            storage.write(key, iter(lambda: opened.read(1 << 23), b""), version=file.stat().st_mtime_ns)

    files = [path]
    if path.is_dir():
        files = [
            file for file in path.rglob("*") if file.is_file() and (file.name == "zarr.json" or _is_below_0(file, path))
        ]
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(one, files))


def _is_below_0(file: Path, path: Path) -> bool:
    return file.relative_to(path).parts[0] == "0"


def _times(storage: Any, image: Stored) -> list[list[float]]:
    path, boxes, pixels = image.make(), image.boxes(), image.pixels()
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "table"
        build_table(path, 0, table)
        files = ObjectFiles(storage, path.name, is_folder=path.is_dir(), local=lambda: path)
        with closing(open_source(files, table=table)) as source, _theirs(storage, image, path.name) as theirs:
            took = time_reads([of_source(source), theirs], boxes, pixels)
    return [[one.p50, one.p95] for one in took]


@contextmanager
def _theirs(storage: Any, image: Stored, key: str) -> Iterator[Read]:
    name, objects = storage.object_key(key), storage.objects
    if not image.axes:
        config: Any = {name: value for name, value in objects.config.items() if "bucket" not in name}
        bucket = objects.config["bucket"]
        yield by_zarr(S3Store(bucket, prefix=name, config=config, client_options=objects.client_options))
        return
    files = FsspecStore("s3", config=objects.config, client_options=objects.client_options)
    address = f"{objects.config['bucket']}/{name}"
    with files.open(address, buffer_size=BLOCK) as file, by_tifffile(file, image.axes) as read:
        yield read


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1])))
