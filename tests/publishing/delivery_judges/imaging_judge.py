"""Run by the judges' own Python: opens an image at an address as a client of each format does, prints what it saw.

For each line of its input, JUDGE ADDRESS, it prints one: a JSON object with shapes, names and scales, and the sha256 of
the pixels as little-endian bytes in the order (t, c, z, y, x), or (c, z, y, x) of a volume; or a text, what went wrong.
"""

import hashlib
import json
import sys
import traceback
from collections.abc import Callable
from typing import Any

import numpy as np


def digest(pixels: Any) -> str:
    array = np.asarray(pixels)
    return hashlib.sha256(np.ascontiguousarray(array, array.dtype.newbyteorder("<")).tobytes()).hexdigest()


def models(address: str) -> dict[str, Any]:
    """ome-zarr-models: whether the metadata is valid, and what it says."""
    import zarr  # noqa: PLC0415
    from ome_zarr_models.v04.image import Image as Image04  # type: ignore[import-not-found]  # noqa: PLC0415
    from ome_zarr_models.v05.image import Image as Image05  # type: ignore[import-not-found]  # noqa: PLC0415

    group = zarr.open_group(address, mode="r", zarr_format=3 if "0.5" in address else 2)
    image = (Image05 if "0.5" in address else Image04).from_zarr(group)
    about = image.attributes.ome if "0.5" in address else image.attributes
    (multiscale,) = about.multiscales
    omero = about.omero if isinstance(about.omero, dict) else about.omero.model_dump()
    return {
        "axes": [axis.name for axis in multiscale.axes],
        "units": [axis.unit for axis in multiscale.axes],
        "scale": multiscale.datasets[0].coordinateTransformations[0].scale,
        "channels": [channel["label"] for channel in omero["channels"]],
        "levels": len(multiscale.datasets),
    }


def labels(address: str) -> dict[str, Any]:
    """ome-zarr-models: whether the label images below an image are valid, and which there are."""
    import zarr  # noqa: PLC0415
    from ome_zarr_models.v04.labels import Labels as Labels04  # type: ignore[import-not-found]  # noqa: PLC0415
    from ome_zarr_models.v05.labels import Labels as Labels05  # type: ignore[import-not-found]  # noqa: PLC0415

    is_05 = "0.5" in address
    group = zarr.open_group(f"{address}/labels", mode="r", zarr_format=3 if is_05 else 2)
    found = (Labels05 if is_05 else Labels04).from_zarr(group)
    return {"labels": list((found.attributes.ome if is_05 else found.attributes).labels)}


def plate(address: str) -> dict[str, Any]:
    """ome-zarr-models: whether the metadata of a plate and of its wells is valid, and what it says."""
    import zarr  # noqa: PLC0415
    from ome_zarr_models.v04.hcs import HCS as HCS04  # type: ignore[import-not-found]  # noqa: PLC0415
    from ome_zarr_models.v05.hcs import HCS as HCS05  # type: ignore[import-not-found]  # noqa: PLC0415

    group: Any = zarr.open_group(address, mode="r", zarr_format=3 if "0.5" in address else 2)
    found = (HCS05 if "0.5" in address else HCS04).from_zarr(group)
    about = (found.attributes.ome if "0.5" in address else found.attributes).plate
    first = about.wells[0].path
    return {
        "name": about.name,
        "rows": [row.name for row in about.rows],
        "columns": [column.name for column in about.columns],
        "wells": [well.path for well in about.wells],
        "first": digest(group[f"{first}/0/0"][...]),
    }


def tensorstore(address: str) -> dict[str, Any]:
    """tensorstore's drivers zarr, zarr3 and neuroglancer_precomputed: all pixels of the first and the last level."""
    import tensorstore as ts  # type: ignore[import-not-found]  # noqa: PLC0415

    def read(driver: str, path: str, **more: Any) -> Any:
        return ts.open({"driver": driver, "kvstore": f"{address}/{path}", **more}, read=True).result()

    if "precomputed" not in address:
        driver = "zarr3" if "0.5" in address else "zarr"
        array = read(driver, "0/")
        return {"shape": array.shape, "dtype": array.dtype.name, "sha256": digest(array.read().result())}
    array = read("neuroglancer_precomputed", "")
    found = {"shape": array.shape, "dtype": array.dtype.name}
    return {**found, "sha256": digest(array.read().result().transpose()), "scale": [float(u.multiplier) for u in
            array.dimension_units[:3]]}  # fmt: skip


def cloudvolume(address: str) -> dict[str, Any]:
    """CloudVolume: all pixels of the first scale."""
    from cloudvolume import CloudVolume  # type: ignore[import-not-found]  # noqa: PLC0415

    volume = CloudVolume(f"precomputed://{address}", use_https=True, progress=False)
    pixels = volume[:, :, :]
    return {
        "shape": list(pixels.shape),
        "type": volume.layer_type,
        "resolution": [float(size) for size in volume.resolution],
        "scales": len(volume.scales),
        "sha256": digest(np.asarray(pixels).transpose()),
        "mean": float(np.asarray(pixels).mean()),
    }


def napari(address: str) -> dict[str, Any]:
    """napari's reader plugin napari-ome-zarr: the layers that napari would show."""
    from napari_ome_zarr import napari_get_reader  # type: ignore[import-not-found]  # noqa: PLC0415

    reader = napari_get_reader(address)
    layers = []
    for data, options, kind in reader(address):
        first = data[0] if isinstance(data, list) else data
        names = options.get("name")
        layers.append(
            {
                "kind": kind,
                "shape": first.shape,
                "levels": len(data) if isinstance(data, list) else 1,
                "names": names if isinstance(names, list) else [names],
                "scale": [float(size) for size in options.get("scale", [])],
                "sha256": digest(first.compute()),
            }
        )
    return {"layers": layers}


JUDGES: dict[str, Callable[[str], dict[str, Any]]] = {
    "models": models,
    "labels": labels,
    "plate": plate,
    "tensorstore": tensorstore,
    "cloudvolume": cloudvolume,
    "napari": napari,
}


def main() -> None:
    answers, sys.stdout = sys.stdout, sys.stderr  # where the clients print
    for line in sys.stdin:
        judge, address = line.split()
        found: Any
        try:
            found = JUDGES[judge](address)
        except Exception:
            found = traceback.format_exc()
        print(json.dumps(found), file=answers, flush=True)


if __name__ == "__main__":
    main()
