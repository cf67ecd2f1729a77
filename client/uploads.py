"""Resumable uploads by tus 1.0, each piece with its checksum (https://tus.io/protocols/resumable-upload)."""

import base64
import hashlib
import time
from collections.abc import Callable
from pathlib import Path

from client.folder import Entry
from client.memory import Memory
from client.site import PAUSES, Site
from client.trouble import Trouble, Unreachable

PIECE_BYTES = 8 << 20
TUS = {"Tus-Resumable": "1.0.0"}
MISMATCH = 460
Sent = Callable[[int], None]  # how many bytes more are safe


def send_entry(site: Site, memory: Memory, entry: Entry, sent: Sent, *, pauses: tuple[float, ...] = PAUSES) -> None:
    """Upload a file, or a folder file by file, going on where an earlier run stopped. Raises Trouble."""
    parts = entry.parts()
    for place, path in parts:
        _send(site, memory, place, path, len(parts) if entry.is_folder else 0, sent, pauses)


def _send(
    site: Site, memory: Memory, place: Path, path: str, folder_files: int, sent: Sent, pauses: tuple[float, ...]
) -> None:
    left = iter(pauses)
    while True:
        try:
            address, offset = _begin(site, memory, place, path, folder_files)
            sent(offset)
            _go_on(site, address, place, path, offset, sent)
            return
        except Trouble as trouble:
            # A dead line, an overloaded site, or bytes that arrived damaged: go on from where the site stands.
            if not (
                isinstance(trouble, Unreachable) or trouble.status in {409, 423, MISMATCH} or trouble.status >= 500
            ):
                raise
            if (pause := next(left, None)) is None:
                raise
            time.sleep(pause)


def _begin(site: Site, memory: Memory, place: Path, path: str, folder_files: int) -> tuple[str, int]:
    """The address of the file's upload, and how many bytes are there already."""
    try:
        found = place.stat()
    except OSError as error:
        raise Trouble(f"{path} cannot be read: {error.strerror}.") from error
    if known := memory.upload_of(path, found.st_size, found.st_mtime_ns):
        try:
            return known, int(site.ask("HEAD", known, headers=TUS).headers["Upload-Offset"])
        except Trouble as trouble:
            if trouble.status not in {404, 410}:
                raise
    metadata = {"study": memory.study, "filename": place.name, "relativePath": path}
    if folder_files:
        metadata["folderFiles"] = str(folder_files)
    packed = ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in metadata.items())
    headers = {**TUS, "Upload-Length": str(found.st_size), "Upload-Metadata": packed}
    address = site.ask("POST", "/uploads/", headers=headers).headers["Location"]
    memory.has_begun(path, address, found.st_size, found.st_mtime_ns)
    return address, 0


def _go_on(site: Site, address: str, place: Path, path: str, offset: int, sent: Sent) -> None:
    try:
        with place.open("rb") as file:
            file.seek(offset)
            while piece := file.read(PIECE_BYTES):
                checksum = base64.b64encode(hashlib.sha256(piece).digest()).decode()
                headers = {**TUS, "Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream",
                           "Upload-Checksum": f"sha256 {checksum}"}  # fmt: skip
                answer = site.ask("PATCH", address, content=piece, headers=headers)
                offset = int(answer.headers["Upload-Offset"])
                sent(len(piece))
    except OSError as error:
        raise Trouble(f"{path} cannot be read: {error.strerror}.") from error
