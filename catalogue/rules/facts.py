"""What the rules need to know of a study's files and images, beside its document. No Django here.

The site counts it from its tables; the depositor's own machine from the headers that it read.
"""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Optics:
    """An objective as the files name it, and the pixel sizes (least, greatest; µm) of the images taken with it."""

    name: str
    magnification: float | None = None
    numerical_aperture: float | None = None
    immersion: str = ""  # OME's words: Air, Oil, Water …
    pixel_size: tuple[float, float] | None = None


@dataclass(frozen=True)
class ComponentFacts:
    """What the images of one component are like. Pairs are the least and the greatest value."""

    sizes: Mapping[str, tuple[int, int]] = field(default_factory=dict)  # by axis: x, y, z, c, t
    pixel_size: tuple[float, float] | None = None  # along x, µm
    without_pixel_size: int = 0  # images
    taken: tuple[str, str] | None = None  # acquisition dates as in the files (ISO 8601)
    instruments: tuple[str, ...] = ()  # manufacturer and model
    optics: tuple[Optics, ...] = ()


@dataclass(frozen=True)
class PlateFacts:
    name: str
    wells: int = 0
    wells_without_images: int = 0


@dataclass(frozen=True)
class Facts:
    """What the document does not hold. Mappings are by component id."""

    images: Mapping[str, int] = field(default_factory=dict)
    channels: Mapping[str, int] = field(default_factory=dict)  # the most that an image of the component has
    images_without_component: int = 0
    components: Mapping[str, ComponentFacts] = field(default_factory=dict)
    plates: tuple[PlateFacts, ...] = ()
    failed: tuple[str, ...] = ()  # paths of files that could not be read, the first of them
    failed_count: int = 0
    changed: tuple[str, ...] = ()  # paths of files whose bytes are no longer those that came, the first of them
    identifying: tuple[str, ...] = ()  # paths of files that may tell who a patient is, the first of them
    identifying_count: int = 0
    harmless: tuple[str, ...] = ()  # paths of slides of which somebody declared that no patient's label is seen
    waiting_count: int = 0  # files not read yet
    same: tuple[tuple[str, ...], ...] = ()  # paths of files that hold the same bytes
    missing_paths: tuple[str, ...] = ()  # paths that the document names and no file has
    formats: tuple[str, ...] = ()  # media types of the images' files
    kept: Mapping[str, str] = field(default_factory=dict)  # path → why a value could not be stored as what it is
    today: datetime.date = field(default_factory=lambda: datetime.datetime.now(datetime.UTC).date())
