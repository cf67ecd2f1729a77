"""Images as lazy arrays for analysis: `open_image` gives an xarray.DataArray whose dask chunks are the image's own.

Pixels come from a site over HTTP, straight out of the original file by a signed listing, or from a file at hand.
Needs the extra “analysis”: pip install "./client[analysis]".
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dask.array
import numpy as np
import xarray as xr

from client.pixels import DirectPixels, LocalPixels, Pixels, ServedPixels
from client.site import Site
from client.trouble import Trouble
from imaging.pixels import type_json
from imaging.representations.ome_zarr import group_metadata
from imaging.representations.view import About
from imaging.source import open_source

from_array: Any = dask.array.from_array
AXES = ("t", "c", "z", "y", "x")
IMAGE = re.compile("(?:(https?://.+?)/(?:images|data)/)?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:/.*)?")


def open_image(
    image: str | Path,
    *,
    site: str = "",
    token: str = "",
    level: int = 0,
    direct: bool = False,
    chunks: Mapping[str, int] | None = None,
) -> xr.DataArray:
    """An image as an array (t, c, z, y, x) of which nothing is read yet.

    image: the address of an image's page or of its OME-Zarr, its id (then with `site`), or a file at hand, of any
    format that is read here. token: an API token, for what is not public; VITRINE_TOKEN unless given. level: the
    resolution, 0 is the full one. direct: read byte ranges of the original file, by addresses that the site signs;
    each holds for some hours and needs no token, so that workers of a cluster may read without one. chunks: pixels
    along axes that one dask task reads; rounded up to whole chunks of the image.

    Coordinates are in physical units (`.x.attrs["units"]`), channels have their names; `.attrs` has name, levels,
    scale, units and omero's channels. Raises Trouble.
    """
    path = Path(image)
    if isinstance(image, Path) or ("://" not in image and path.exists()):
        pixels, group = _at_hand(path, level)
    else:
        pixels, group = _of_site(str(image), site, token or os.environ.get("VITRINE_TOKEN", ""), level, direct)
    wanted = dict.fromkeys(AXES, 0) | dict(chunks or {})
    if unknown := wanted.keys() - set(AXES):
        raise Trouble(f"there is no axis {', '.join(sorted(unknown))}; there are {', '.join(AXES)}")
    steps = [max(1, -(-wanted[axis] // step)) * step for axis, step in zip(AXES, pixels.chunk, strict=True)]
    lazy = from_array(pixels, chunks=tuple(steps), name=pixels.name, fancy=False)
    return _described(lazy, group, level)


def _at_hand(path: Path, level: int) -> tuple[Pixels, type_json]:
    pixels = LocalPixels(path, level)
    source = open_source(path, 0)
    try:
        return pixels, group_metadata(source, About())["attributes"]["ome"]
    finally:
        source.close()


def _of_site(image: str, site: str, token: str, level: int, direct: bool) -> tuple[Pixels, type_json]:
    match = IMAGE.fullmatch(image.strip())
    address = (match[1] if match else "") or site.rstrip("/")
    if match is None or not address:
        raise Trouble(f"“{image}” is no address of an image, and no file. Give an id together with the site's address.")
    data = f"/data/{match[2]}"
    with Site(address, token) as asked:
        group = asked.get(f"{data}/ome-zarr-0.5/zarr.json")["attributes"]["ome"]
        count = len(group["multiscales"][0]["datasets"])
        if not 0 <= level < count:
            raise Trouble(f"there is no level {level}; the image has {count}, counted from 0")
        if direct and (found := DirectPixels.listed(asked, data, level)):
            return found, group
        array = asked.get(f"{data}/ome-zarr-0.5/{level}/zarr.json")
    return ServedPixels(address, token, f"{data}/ome-zarr-0.5/{level}", array), group


def _described(lazy: Any, group: type_json, level: int) -> xr.DataArray:
    """The array with what OME-Zarr's metadata says of it (NGFF §multiscales, §omero)."""
    multiscale = group["multiscales"][0]
    scale = _scale(multiscale, level)
    units = {axis["name"]: axis.get("unit", "") for axis in multiscale["axes"]}
    channels = group.get("omero", {}).get("channels", [])
    coordinates: dict[str, Any] = {}
    for axis, size, step in zip(AXES, lazy.shape, scale, strict=True):
        if axis == "c":
            names = [channel.get("label", "") for channel in channels]
            coordinates["c"] = names if len(names) == size else [f"Channel {number}" for number in range(size)]
        else:
            coordinates[axis] = (axis, np.arange(size) * step, {"units": units[axis]} if units.get(axis) else {})
    attributes = {
        "name": multiscale.get("name", ""), "level": level, "levels": len(multiscale["datasets"]),
        "scale": dict(zip(AXES, scale, strict=True)), "units": units, "channels": channels,
    }  # fmt: skip
    return xr.DataArray(lazy, dims=AXES, coords=coordinates, name=multiscale.get("name") or None, attrs=attributes)


def _scale(multiscale: type_json, level: int) -> list[float]:
    (scale,) = (
        one["scale"] for one in multiscale["datasets"][level]["coordinateTransformations"] if one["type"] == "scale"
    )
    return [float(step) for step in scale]
