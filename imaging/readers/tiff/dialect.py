"""What a dialect of TIFF says of an image, in OME's words, and how its readers take numbers, lengths and texts."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from imaging.facts import (
    ChannelFacts,
    ComponentFacts,
    ExperimenterFacts,
    ImageFacts,
    InstrumentFacts,
    KeyValue,
    PlanesFacts,
    Quantity,
)
from imaging.readers.vendor import flat

LENGTHS = {"um": "µm", "µm": "µm", "micron": "µm", "microns": "µm", "nm": "nm", "mm": "mm", "pm": "pm", "m": "m"}


@dataclass(frozen=True)
class Dialect:
    """What a dialect says of an image, nearly always the first. sizes: x, y, z; user: who used the microscope;
    in_description: it stands in ImageDescription, whose text need not be kept beside it."""

    namespace: str
    values: Any
    sizes: tuple[Quantity | None, Quantity | None, Quantity | None] = (None, None, None)
    increment: Quantity | None = None
    date: str | None = None
    description: str = ""
    channels: tuple[ChannelFacts, ...] = ()
    microscope: ComponentFacts | None = None
    objective: ComponentFacts | None = None
    detector: ComponentFacts | None = None
    light_sources: tuple[ComponentFacts, ...] = ()
    user: str = ""
    planes: PlanesFacts | None = None
    in_description: bool = False
    image: int = 0

    @property
    def key_values(self) -> tuple[KeyValue, ...]:
        """All its values by path."""
        return tuple(flat(self.namespace, self.values))

    @property
    def instruments(self) -> tuple[InstrumentFacts, ...]:
        """The instrument, if anything of it is said."""
        if not (self.microscope or self.objective or self.detector or self.light_sources):
            return ()
        objectives, detectors = ((one,) if one else () for one in (self.objective, self.detector))
        return (InstrumentFacts("Instrument:0", self.microscope, objectives, detectors, self.light_sources),)

    @property
    def experimenters(self) -> tuple[ExperimenterFacts, ...]:
        """Who used the microscope, if it is said."""
        return (ExperimenterFacts("Experimenter:0", user_name=self.user),) if self.user else ()

    def describe(self, image: ImageFacts) -> ImageFacts:
        """The image with what the dialect says; what the TIFF says itself stands where the dialect is silent."""
        x, y, z = self.sizes
        channels = image.channels
        if len(self.channels) == len(channels):
            channels = tuple(
                replace(said, color=said.color or one.color, display=said.display or one.display)
                for said, one in zip(self.channels, channels, strict=True)
            )
        planes = self.planes
        if planes is not None and len(planes.the_z) != image.size_z * image.size_c * image.size_t:
            planes = None
        return replace(
            image, physical_size_x=x or image.physical_size_x, physical_size_y=y or image.physical_size_y,
            physical_size_z=z if image.size_z > 1 and z else image.physical_size_z,
            time_increment=self.increment if image.size_t > 1 and self.increment else image.time_increment,
            acquisition_date=self.date or image.acquisition_date, description=self.description or image.description,
            channels=channels, planes=planes or image.planes,
            instrument_ref="Instrument:0" if self.instruments else image.instrument_ref,
            experimenter_ref="Experimenter:0" if self.user else image.experimenter_ref,
            objective_settings=(("ID", self.objective.ome_id),) if self.objective else image.objective_settings,
        )  # fmt: skip


def length(value: Any, unit: Any) -> Quantity | None:
    """A positive length with one of the units that programs write."""
    symbol = LENGTHS.get(str(unit).strip().lower().removesuffix("\0"))
    amount = number(value)
    return Quantity(amount, symbol) if symbol and amount > 0 else None


def number(value: Any) -> float:
    """A number, NaN for none."""
    try:
        if isinstance(value, tuple | list) and len(value) == 2:  # a fraction
            return float(value[0]) / float(value[1]) if value[1] else math.nan
        return float(value)
    except (TypeError, ValueError):
        return math.nan


def micrometres(metres: Any) -> Quantity | None:
    """A length that is given in metres."""
    value = number(metres) * 1e6
    return Quantity(float(f"{value:.12g}"), "µm") if value > 0 else None


def text_of(value: Any) -> str:
    return str(value or "").replace("\0", "").strip()


def planes_facts(
    sizes: tuple[int, int, int], columns: Mapping[str, np.ndarray], *, exposure: str = "s", position: str = "µm"
) -> PlanesFacts:
    """Planes in the order t, c, z, from columns of any of their values in that shape, and the units of two of them."""
    nothing = np.full(sizes, math.nan)
    the_t, the_c, the_z = (axis.ravel().astype(np.int32) for axis in np.indices(sizes))
    delta_t, exposure_time, x, y, z = (
        np.broadcast_to(columns.get(name, nothing), sizes).astype(np.float64).ravel()
        for name in ("delta_t", "exposure_time", "position_x", "position_y", "position_z")
    )
    return PlanesFacts(
        the_z, the_c, the_t, delta_t, exposure_time, x, y, z, exposure_time_unit=exposure,
        position_x_unit=position, position_y_unit=position, position_z_unit=position,
    )  # fmt: skip
