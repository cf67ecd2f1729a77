"""What Bio-Formats does not ask of a FITS file: whether its header ends, without which it reads on for ever, whether
its pixels are all there and where they begin, and what its numbers mean (FITS standard 4.0, sections 3.3 and 4.4)."""

from pathlib import Path

from imaging.errors import ImageError
from imaging.limits import check_extent

BLOCK, CARD, BLANK = 2880, 80, b" "
MOST_BLOCKS = 4096  # of a header
MOST_AXES = 999


def is_fits(path: Path) -> bool:
    """Whether its name says so."""
    return path.suffix.lower() in (".fits", ".fts")


def check_whole(path: Path) -> tuple[str, ...]:
    """What to tell of a file that is read right; raises ImageError if the header does not end, is not one of an image,
    or the file ends before its pixels do."""
    values, end = _header(path, 0)
    if not values.get("SIMPLE"):
        raise ImageError(path=str(path), field="header", reason="is not one of FITS: it does not begin with SIMPLE.")
    if _number(path, values, "NAXIS") == 0:  # the image is an extension
        values, end = _header(path, end)
        if values.get("XTENSION", "").strip("' ") != "IMAGE":
            reason = (
                f"is {values.get('XTENSION') or 'missing'}; a FITS file is read here if its first data are an image."
            )
            raise ImageError(path=str(path), field="extension", reason=reason)
    size = abs(_number(path, values, "BITPIX")) // 8
    axes = _number(path, values, "NAXIS")
    if not 2 <= axes <= MOST_AXES:
        reason = f"is {axes}; a FITS file is read here if its first data are an image of two axes or more."
        raise ImageError(path=str(path), field="NAXIS", reason=reason)
    for axis in range(1, axes + 1):
        length = _number(path, values, f"NAXIS{axis}")
        if length < 1:
            reason = f"says {length} pixels; the header is damaged, or has no image: export it again."
            raise ImageError(path=str(path), field=f"NAXIS{axis}", reason=reason)
        size *= length
    check_extent(path, "pixels", end + size, path.stat().st_size)
    with path.open("rb") as file:
        file.seek(end)
        if file.read(1) == BLANK:
            reason = "begin with the byte of a blank, which Bio-Formats takes for the header's; export it as OME-TIFF."
            raise ImageError(path=str(path), field="pixels", reason=reason)
    scales = {"BZERO": "0", "BSCALE": "1"} | {name: values[name] for name in ("BZERO", "BSCALE") if name in values}
    if scales["BZERO"].rstrip("0.") in ("", "-") and scales["BSCALE"].rstrip("0").rstrip(".") == "1":
        return ()
    return (f"Pixel values are as stored: a true value is {scales['BZERO']} + {scales['BSCALE']} x the one shown.",)


def _header(path: Path, begin: int) -> tuple[dict[str, str], int]:
    """The keywords of the header at this byte with their values, and the byte behind it."""
    values: dict[str, str] = {}
    with path.open("rb") as file:
        file.seek(begin)
        for number in range(MOST_BLOCKS):
            block = file.read(BLOCK)
            for start in range(0, len(block), CARD):
                card = block[start : start + CARD].decode("latin-1")
                if card.rstrip() == "END":
                    return values, begin + (number + 1) * BLOCK
                keyword, _, value = card.partition("=")
                values.setdefault(keyword.strip(), value.partition("/")[0].strip())
            if len(block) < BLOCK:
                break
    reason = "has no END; the file is damaged or cut off: upload or export it again."
    raise ImageError(path=str(path), field="header", reason=reason)


def _number(path: Path, values: dict[str, str], keyword: str) -> int:
    try:
        return int(values[keyword])
    except (KeyError, ValueError) as error:
        reason = "is no whole number, or missing; the header is damaged: export it again."
        raise ImageError(path=str(path), field=keyword, reason=reason) from error
