"""What the rules need to know of a study's files and images: counted from the tables in a fixed number of queries."""

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from django.core.cache import cache
from django.db.models import Count, Max, Min, Q

from catalogue.models import File, Image, InvalidValue, Study
from catalogue.models.ome import ObjectiveSettings, Plate
from catalogue.rules.facts import ComponentFacts, Facts, Optics, PlateFacts
from catalogue.rules.parts import paths_in

_NAMED = 20  # of a kind, what is named one by one
_LONG, _KEPT = 0.3, 20  # seconds of counting after which it is kept, and for how many times as long
_PATHS = 500  # paths named in the document that are looked for
AXES = "xyzct"


def facts_of(study: Study, document: Mapping[str, Any] | None = None, *, may_be_old: bool = False) -> Facts:
    """The facts of the study's files and images. With its `document`, also which paths it names in vain.

    Counting grows with the study. With `may_be_old`, for pages that show them again and again, what took long to count
    is kept for twenty times as long, two minutes at most.
    """
    key = f"facts:{study.pk}"
    counted = cache.get(key) if may_be_old else None
    if counted is None:
        began = time.monotonic()
        counted = _count(study)
        took = time.monotonic() - began
        if may_be_old and took > _LONG:
            cache.set(key, counted, min(int(_KEPT * took), 120))
    return replace(
        counted,
        missing_paths=_missing(study, document or {}),
        kept=dict(InvalidValue.objects.filter(study=study).values_list("path", "message")),
    )


def _count(study: Study) -> Facts:
    rows = list(_images(study))
    by_state = File.objects.filter(study=study).order_by().values_list("state")
    counted = list(by_state.annotate(files=Count("pk"), patients=Count("pk", filter=Q(is_identifying=True))))
    files = {state: number for state, number, _ in counted}
    failed = File.objects.filter(study=study, state=File.State.FAILED).order_by("path")
    changed = File.objects.filter(study=study, stored__is_damaged=True).order_by("path")
    looked_at = File.objects.filter(Q(is_identifying=True) | ~Q(harmless=""), study=study)
    patients = list(looked_at.order_by("-is_identifying", "path").values_list("path", "is_identifying")[:_NAMED])
    formats = File.objects.filter(study=study, state=File.State.READ).values_list("format", flat=True)
    return Facts(
        images={str(row["component"]): row["images"] for row in rows if row["component"]},
        channels={str(row["component"]): row["most_c"] or 0 for row in rows if row["component"]},
        images_without_component=sum(row["images"] for row in rows if not row["component"]),
        components=_components(study, rows),
        plates=_plates(study),
        failed=tuple(failed.values_list("path", flat=True)[:_NAMED]),
        failed_count=files.get(File.State.FAILED, 0),
        changed=tuple(changed.values_list("path", flat=True)[:_NAMED]),
        identifying=tuple(path for path, identifying in patients if identifying),
        identifying_count=sum(number for _, _, number in counted),
        harmless=tuple(path for path, identifying in patients if not identifying),
        waiting_count=files.get(File.State.ARRIVED, 0),
        same=_same(study),
        formats=tuple(name for name in formats.order_by("format").distinct() if name),
    )


def _images(study: Study) -> Iterable[dict[str, Any]]:
    """A row a component: how many images, and the least and greatest of what rules compare."""
    bounds: dict[str, Any] = {}
    for axis in AXES:
        bounds |= {f"least_{axis}": Min(f"pixels__size_{axis}"), f"most_{axis}": Max(f"pixels__size_{axis}")}
    dated = ~Q(acquisition_date="")
    rows: Iterable[Any] = (
        Image.objects.filter(study=study)
        .order_by()
        .values("component")
        .annotate(
            images=Count("pk"),
            unscaled=Count("pk", filter=Q(pixels__physical_size_x_um=None)),
            finest=Min("pixels__physical_size_x_um"),
            coarsest=Max("pixels__physical_size_x_um"),
            first=Min("acquisition_date", filter=dated),
            last=Max("acquisition_date", filter=dated),
            **bounds,
        )
    )
    return rows


def _components(study: Study, rows: Iterable[Mapping[str, Any]]) -> dict[str, ComponentFacts]:
    instruments = _instruments(study)
    optics = _optics(study)
    return {
        str(row["component"]): ComponentFacts(
            sizes={axis: (row[f"least_{axis}"], row[f"most_{axis}"]) for axis in AXES if row[f"most_{axis}"]},
            pixel_size=_pair(row["finest"], row["coarsest"]),
            without_pixel_size=row["unscaled"],
            taken=(row["first"], row["last"]) if row["first"] else None,
            instruments=tuple(instruments[row["component"]]),
            optics=tuple(optics[row["component"]]),
        )
        for row in rows
        if row["component"]
    }


def _pair(least: float | None, most: float | None) -> tuple[float, float] | None:
    return None if least is None or most is None else (least, most)


def _instruments(study: Study) -> Mapping[Any, list[str]]:
    """Manufacturer and model of the microscopes that each component's files name."""
    stands = Image.objects.filter(study=study, instrument__microscopes__isnull=False).order_by()
    names = stands.values_list("component", "instrument__microscopes__manufacturer", "instrument__microscopes__model")
    found: dict[Any, list[str]] = defaultdict(list)
    for component, manufacturer, model in names.distinct()[: 10 * _NAMED]:
        if name := " ".join(part for part in (manufacturer, model) if part):
            found[component].append(name)
    return found


def _optics(study: Study) -> Mapping[Any, list[Optics]]:
    """The objectives of each component's images, and the pixel sizes that they have with them."""
    used = (
        ObjectiveSettings.objects.filter(image__study=study, image__removed_at=None, objective__isnull=False)
        .order_by()
        .values_list(
            "image__component",
            "objective__manufacturer",
            "objective__model",
            "objective__nominal_magnification",
            "objective__lens_na",
            "objective__immersion",
        )
        .annotate(Min("image__pixels__physical_size_x_um"), Max("image__pixels__physical_size_x_um"))
    )
    found: dict[Any, list[Optics]] = defaultdict(list)
    for component, manufacturer, model, magnification, aperture, immersion, least, most in used[: 10 * _NAMED]:
        name = " ".join(part for part in (manufacturer, model) if part)
        found[component].append(Optics(name, magnification, aperture, immersion, _pair(least, most)))
    return found


def _plates(study: Study) -> tuple[PlateFacts, ...]:
    """Plates of which a well, or all, has no image; plates that are full are left out."""
    shown = Q(wells__samples__image__removed_at=None, wells__samples__image__isnull=False)
    plates = Plate.objects.filter(study=study).annotate(
        declared=Count("wells", distinct=True), imaged=Count("wells", distinct=True, filter=shown)
    )
    return tuple(
        PlateFacts(str(plate) or str(plate.pk), plate.declared, plate.declared - plate.imaged)
        for plate in plates.order_by("pk")[: 10 * _NAMED]
        if plate.imaged < plate.declared or not plate.declared
    )[:_NAMED]


def _same(study: Study) -> tuple[tuple[str, ...], ...]:
    """Paths of files with the same SHA-256, of the first few such groups."""
    files = File.objects.filter(study=study).exclude(stored__sha256="")
    twice = files.order_by().values("stored__sha256").annotate(files=Count("pk")).filter(files__gt=1)
    rows = files.filter(stored__sha256__in=twice.values("stored__sha256")).order_by("stored__sha256", "path")
    found: dict[str, list[str]] = defaultdict(list)
    for digest, path in rows.values_list("stored__sha256", "path")[: 50 * _NAMED]:
        found[digest].append(path)
    return tuple(tuple(paths) for paths in found.values())[:_NAMED]


def _missing(study: Study, document: Mapping[str, Any]) -> tuple[str, ...]:
    """Paths that the document names and that are neither a file's nor begin one's."""
    named = list(dict.fromkeys(path for _, path in paths_in(document)))[:_PATHS]
    if not named:
        return ()
    there = set(File.objects.filter(study=study, path__in=named).values_list("path", flat=True))
    unknown = [path for path in named if path not in there][:_NAMED]
    if not unknown:
        return ()
    below = {
        str(number): Count("pk", filter=Q(path__startswith=f"{path.strip('/')}/"))
        for number, path in enumerate(unknown)
    }
    counts = File.objects.filter(study=study).aggregate(**below)
    return tuple(path for number, path in enumerate(unknown) if not counts[str(number)])
