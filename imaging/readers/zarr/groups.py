"""Groups of an OME-Zarr: their attributes in either Zarr format, the axes and scales of multiscales, and plates."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imaging.errors import ImageError
from imaging.facts import PlateFacts, WellFacts
from imaging.sources.zarr_store import ZarrStore, read_json


@dataclass(frozen=True)
class Group:
    """A Zarr group. `attributes` are those of NGFF (0.5 keeps them under "ome"); `version` is "0.4", "0.5", ..."""

    path: str
    zarr_format: int
    version: str
    attributes: dict[str, Any]


@contextmanager
def metadata_errors(path: Path) -> Iterator[None]:
    """Turn what a value of an unexpected kind (a number for a list, say) raises into an ImageError."""
    try:
        yield
    except ImageError:
        raise
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
        reason = f"has a value of another kind than the specification says ({error}); write the image again."
        raise ImageError(path=str(path), field="OME-NGFF metadata", reason=reason) from error


def open_group(store: ZarrStore, path: str, *, optional: bool = False) -> Group:
    """A group; raises ImageError if there is none, unless it is optional and then has no attributes."""
    start = f"{path}/" if path else ""
    found = read_json(store, f"{start}zarr.json")
    if found is not None:
        attributes = found.get("attributes") or {}
        ome = attributes.get("ome")
        ome = ome if isinstance(ome, dict) else {}
        return Group(path, 3, str(ome.get("version") or "0.5"), ome)
    attributes = read_json(store, f"{start}.zattrs")
    if attributes is not None or read_json(store, f"{start}.zgroup") is not None:
        return Group(path, 2, version_of(attributes or {}), attributes or {})
    if optional:
        return Group(path, 0, "", {})
    reason = "is missing, so this is not a Zarr group; upload the whole folder, or name the one that ends in .zarr."
    raise ImageError(path=str(store.root), field=f"{start}zarr.json or {start}.zattrs", reason=reason)


def version_of(attributes: dict[str, Any]) -> str:
    """The NGFF version of attributes in Zarr format 2."""
    for name in ("multiscales", "plate", "well"):
        holder = attributes.get(name)
        holder = holder[0] if isinstance(holder, list) and holder else holder
        if isinstance(holder, dict) and holder.get("version"):
            return str(holder["version"])
    return "0.4"


def text(store: ZarrStore, field: str, value: Any) -> str:
    """A name inside the Zarr that does not lead out of it; raises ImageError."""
    if not isinstance(value, str) or not value or value.startswith("/") or ".." in value.split("/") or "\\" in value:
        raise ImageError(path=str(store.root), field=field, reason=f"{value!r} is not a path inside this Zarr.")
    return value


def level_paths(store: ZarrStore, multiscale: dict[str, Any], field: str) -> list[str]:
    """Paths of the arrays of a multiscale image, largest first (NGFF 0.4 §multiscales)."""
    datasets = multiscale.get("datasets")
    if not isinstance(datasets, list) or not datasets:
        raise ImageError(path=str(store.root), field=f"{field}/datasets", reason="is empty; write the image again.")
    return [text(store, f"{field}/datasets", d.get("path") if isinstance(d, dict) else None) for d in datasets]


def axes_of(
    store: ZarrStore, multiscale: dict[str, Any], shape: tuple[int, ...], field: str
) -> tuple[tuple[str, ...], list[str]]:
    """Names t, c, z, y, x for the axes, by their type where the name is another; versions to 0.2 have all five."""
    listed = multiscale.get("axes") or list("tczyx")[-len(shape) :]
    names: list[str] = []
    warnings = []
    for axis in listed if isinstance(listed, list) else []:
        name = str(axis.get("name") if isinstance(axis, dict) else axis)
        kind = str(axis.get("type") or "") if isinstance(axis, dict) else ""
        place = name.lower() if name.lower() in "tczyx" and name else {"time": "t", "channel": "c"}.get(kind, "")
        names.append(place if place not in names else "")
        if not names[-1]:
            free = [place for place in "ztc" if place not in names and f"'name': '{place}'" not in str(listed)]
            if not free:
                reason = f"axis {name!r} is none of t, c, z, y, x and cannot be shown as one; leave it out."
                raise ImageError(path=str(store.root), field=f"{field}/axes", reason=reason)
            names[-1] = free[0]
            warnings.append(f"Axis {name!r} of {field} is none of t, c, z, y, x; it is read as {free[0]}.")
    if len(names) != len(shape) or "y" not in names or "x" not in names:
        reason = f"names the axes {names} for an array of {len(shape)} dimensions; write the image again."
        raise ImageError(path=str(store.root), field=f"{field}/axes", reason=reason)
    return tuple(names), warnings


def scale_of(store: ZarrStore, multiscale: dict[str, Any], axes: tuple[str, ...]) -> list[tuple[str, float, str]]:
    """Axis, size of a pixel of the largest level, and the unit's name ("" if not given), for t, z, y and x."""
    scale = [1.0] * len(axes)
    for holder in (multiscale, multiscale["datasets"][0]):
        for transformation in holder.get("coordinateTransformations") or []:
            if transformation.get("type") != "scale":
                continue
            values = transformation.get("scale")
            if not isinstance(values, list) or len(values) != len(axes) or not all(is_number(v) for v in values):
                reason = f"scale {values!r} does not give one number for each of the {len(axes)} axes."
                raise ImageError(path=str(store.root), field="multiscales/coordinateTransformations", reason=reason)
            scale = [a * float(b) for a, b in zip(scale, values, strict=True)]
    listed = multiscale.get("axes") or [{}] * len(axes)
    units = [str(axis.get("unit") or "") if isinstance(axis, dict) else "" for axis in listed]
    return [found for found in zip(axes, scale, units, strict=True) if found[0] != "c"]


def translation_of(multiscale: dict[str, Any], axes: tuple[str, ...]) -> list[tuple[str, float]]:
    """Axis and place of the first pixel of the largest level, where that is not 0."""
    place = [0.0] * len(axes)
    for transformation in multiscale["datasets"][0].get("coordinateTransformations") or []:
        values = transformation.get("translation")
        if transformation.get("type") == "translation" and isinstance(values, list) and len(values) == len(axes):
            place = [a + float(b) if is_number(b) else a for a, b in zip(place, values, strict=True)]
    return [(axis, value) for axis, value in zip(axes, place, strict=True) if value]


def is_number(value: Any) -> bool:
    """Whether a JSON value is a number."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def plate_facts(store: ZarrStore, root: Group) -> PlateFacts:
    """Rows, columns and wells of a plate, each well with its fields (NGFF 0.4 §plate, §well)."""
    plate = root.attributes["plate"]
    if not isinstance(plate, dict) or not isinstance(plate.get("wells"), list):
        raise ImageError(path=str(store.root), field="plate/wells", reason="is missing; write the plate again.")
    wells = []
    for number, listed in enumerate(plate["wells"]):
        place = text(store, f"plate/wells/{number}", listed.get("path") if isinstance(listed, dict) else None)
        well = open_group(store, place).attributes.get("well")
        images = well.get("images") if isinstance(well, dict) else None
        if not isinstance(images, list):
            raise ImageError(path=str(store.root), field=f"{place}/well/images", reason="is missing; write it again.")
        fields = [text(store, f"{place}/well", i.get("path") if isinstance(i, dict) else None) for i in images]
        row, column = listed.get("rowIndex", 0), listed.get("columnIndex", 0)
        wells.append(WellFacts(place, int(row), int(column), tuple(f"{place}/{field}" for field in fields)))
    rows = tuple(str(row.get("name")) for row in plate.get("rows") or [])
    columns = tuple(str(column.get("name")) for column in plate.get("columns") or [])
    return PlateFacts(str(plate.get("name") or ""), rows, columns, tuple(wells))
