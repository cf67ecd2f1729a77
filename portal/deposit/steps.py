"""The steps of the deposit and which modules each asks for."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from catalogue.rules.fields import Module
from catalogue.rules.rembi import BY_KEY


@dataclass(frozen=True)
class Step:
    """One page of the deposit. Steps without modules have pages of their own (files, check)."""

    key: str
    label: Promise
    lead: Promise
    module_keys: tuple[str, ...] = ()

    @property
    def modules(self) -> tuple[Module, ...]:
        return tuple(BY_KEY[key] for key in self.module_keys)


STEPS = (
    Step("study", _("Study"), _("What the study is about, and how others may use it."), ("study",)),
    Step(
        "people",
        _("People"),
        _("Organisations first, then the people who work there."),
        ("organisation", "contributor"),
    ),
    Step(
        "related",
        _("Funding and related work"),
        _("Who paid, and what was published about it."),
        ("funding", "publication", "link"),
    ),
    Step("samples", _("Samples"), _("The organisms, tissues or cells."), ("biosample",)),
    Step(
        "preparation",
        _("Preparation"),
        _("How samples were prepared, and what each channel shows."),
        ("specimen", "channel"),
    ),
    Step("imaging", _("Imaging"), _("The instrument, its settings and the method."), ("acquisition",)),
    Step(
        "analysis",
        _("Analysis"),
        _("What was computed from the images. Leave it empty if nothing was."),
        ("analysis", "correlation", "annotation_method", "annotation"),
    ),
    Step(
        "components",
        _("Components"),
        _("Groups of images that were made alike; each joins a sample, a preparation and an imaging set-up."),
        ("component", "image_data", "creation"),
    ),
    Step("files", _("Files"), _("Upload images and everything that belongs to them.")),
    Step("check", _("Check and send"), _("What is missing, and how it will look.")),
)
BY_STEP = {step.key: step for step in STEPS}
STEP_OF_MODULE = {key: step.key for step in STEPS for key in step.module_keys} | {"files": "files", "image": "files"}
