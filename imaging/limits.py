"""Guards against input that is broken or made to harm: sizes, counts and names are checked before they are used."""

import zipfile
from pathlib import Path

from imaging.errors import ImageError

MEBI = 1024 * 1024
MAX_XML_BYTES = 512 * MEBI
MAX_JSON_BYTES = 64 * MEBI
MAX_CHUNK_BYTES = 512 * MEBI
MAX_ZIP_MEMBERS = 10_000_000
MAX_ZIP_RATIO = 200  # deflate of real pixels stays far below; deflate's own limit is 1032
ZIP_RATIO_FREE = 16 * MEBI  # small members may be all zeros


def file_size(path: Path) -> int:
    """Size in bytes of a file that is there and not empty; raises ImageError otherwise."""
    try:
        size = path.stat().st_size
    except OSError as error:
        raise ImageError(path=str(path), field="file", reason=f"cannot be opened ({error.strerror}).") from error
    if size == 0:
        raise ImageError(path=str(path), field="file", reason="is empty (0 bytes); upload or copy it again.")
    return size


def check_zip(archive: zipfile.ZipFile, path: Path) -> None:
    """Refuse a zip whose names leave it, or that is made to swell; raises ImageError."""
    members = archive.infolist()
    if len(members) > MAX_ZIP_MEMBERS:
        raise ImageError(path=str(path), field="zip", reason=f"holds more than {MAX_ZIP_MEMBERS} members.")
    packed = unpacked = 0
    for member in members:
        name = member.filename
        if name.startswith("/") or "\\" in name or ".." in name.split("/") or ":" in name.split("/")[0]:
            raise ImageError(
                path=str(path), field=f"zip member {name!r}", reason="points outside the archive; make the zip again."
            )
        if member.flag_bits & 1:
            raise ImageError(path=str(path), field=f"zip member {name!r}", reason="is encrypted; zip it without one.")
        packed += member.compress_size
        unpacked += member.file_size
    if unpacked > ZIP_RATIO_FREE and unpacked > MAX_ZIP_RATIO * max(packed, 1):
        raise ImageError(
            path=str(path),
            field="zip",
            reason=f"would unpack {packed} bytes to {unpacked}; this looks like a zip bomb and is not opened.",
        )


def check_extent(path: Path, field: str, end: int, size: int) -> None:
    """Refuse data said to end behind the end of the file; raises ImageError."""
    if end > size:
        raise ImageError(
            path=str(path),
            field=field,
            reason=f"ends at byte {end}, but the file has only {size} bytes: it is truncated; upload or copy it again.",
        )


def check_chunk(path: Path | str, nbytes: int, field: str = "chunks") -> None:
    """Refuse a chunk or tile too large to decode in memory; raises ImageError."""
    if nbytes > MAX_CHUNK_BYTES:
        raise ImageError(
            path=str(path),
            field=field,
            reason=f"one chunk has {nbytes} bytes, more than {MAX_CHUNK_BYTES}; save the image with smaller chunks, "
            "or, if it has no such chunks, again from its source: then its header is damaged.",
        )
