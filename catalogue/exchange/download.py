"""A study in a format, as one file to download."""

import io
import re
import zipfile
from dataclasses import dataclass

from catalogue.exchange.dossier import Dossier
from catalogue.exchange.formats import FORMATS, Format

_NO_NAME = re.compile(r"[^\w.-]+")


@dataclass(frozen=True)
class Download:
    name: str
    media_type: str
    data: bytes


def writable() -> list[Format]:
    """The formats that a study can be had in."""
    return [one for one in FORMATS if one.write is not None]


def download(chosen: Format, dossier: Dossier, name: str) -> Download:
    """The dossier in this format: its file as it is, or several as a zip. `name` begins the file's name."""
    assert chosen.write is not None  # only of `writable`
    files = chosen.write(dossier)
    stem = _NO_NAME.sub("-", name).strip("-.") or "study"
    if len(files) == 1:
        inner, data = next(iter(files.items()))
        return Download(f"{stem}-{inner.rpartition('/')[2]}", chosen.media_type, data)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for inner, data in files.items():
            archive.writestr(zipfile.ZipInfo(inner, (1980, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)
    return Download(f"{stem}-{chosen.key}.zip", "application/zip", packed.getvalue())
