"""IDR's studies as files, and what is said of them."""

from pathlib import Path

from catalogue.exchange.dossier import Imported, Remark
from catalogue.exchange.idr import read


def files_in(folder: Path) -> dict[str, Path]:
    return {str(path.relative_to(folder)): path for path in sorted(folder.rglob("*")) if path.is_file()}


def of(shared: Path, name: str) -> Imported:
    return read(files_in(next((shared / "reference" / "idr").glob(f"{name}*"))))


def said(imported: Imported, text: str) -> list[Remark]:
    return [remark for remark in imported.remarks if text in remark.message]
