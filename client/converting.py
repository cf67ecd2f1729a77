"""`vitrine convert`: an image file of any format as OME-Zarr or OME-TIFF, without any site."""

import argparse
from collections.abc import Callable
from pathlib import Path

from client.trouble import Trouble
from imaging.converting.files import ENDINGS, Wanted, convert_file
from imaging.converting.ome_tiff import COMPRESSIONS
from imaging.converting.ome_zarr import How
from imaging.converting.shards import CODECS
from imaging.errors import ImageError


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("path", help="a file, or a folder that is one image (OME-Zarr)")
    parser.add_argument("out", help="what to write; its ending says the format: .ome.zarr or .ome.tif")
    parser.add_argument("--to", choices=sorted(ENDINGS), help="the format, whatever the ending")
    parser.add_argument("--image", type=int, action="append", metavar="N", help="only this image of the file, from 0")
    parser.add_argument("--labels", action="store_true", help="pixels are numbers of objects: never average them")
    parser.add_argument("--chunk", type=_chunk, default=How.chunk, metavar="Z,Y,X", help="of OME-Zarr, in pixels")
    parser.add_argument("--codec", choices=CODECS, default=How.codec, help="of OME-Zarr")
    parser.add_argument("--compression", choices=sorted(COMPRESSIONS), default="deflate", help="of OME-TIFF")
    parser.add_argument("--threads", type=int, help="how many, at most 8; one for each core unless told")


def convert(options: argparse.Namespace, tell: Callable[[str, int, int], None]) -> list[Path]:
    """Do what the options say; gives what was made. Raises Trouble."""
    to = options.to or _format_of(options.out)
    try:
        how = How(options.chunk, options.codec, threads=options.threads)
        images = tuple(options.image) if options.image else None
        wanted = Wanted(to, images, how, options.compression, options.labels)
        path = Path(options.path)
        return convert_file(
            path, Path(options.out), wanted, lambda done, all_: tell(f"Converting {path.name}", done, all_)
        )
    except (ImageError, ValueError) as error:
        raise Trouble(str(error)) from error


def _chunk(text: str) -> tuple[int, int, int]:
    try:
        z, y, x = map(int, text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"“{text}” is not three numbers such as 1,512,512") from None
    return z, y, x


def _format_of(out: str) -> str:
    name = out.lower().rstrip("/")
    if name.endswith(".zarr"):
        return "ome-zarr"
    if name.endswith((".tif", ".tiff")):
        return "ome-tiff"
    raise Trouble(f"“{out}” ends neither in .ome.zarr nor in .ome.tif: end it so, or say --to.")
