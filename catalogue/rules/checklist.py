"""What curators look at in every study, point by point. English here, translated where it is shown."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Point:
    """One point; `key` is kept with what was found, so it never changes its meaning."""

    key: str
    label: str
    help: str


CHECKLIST = (
    Point("title", "Title and description", "A stranger understands what was imaged and why."),
    Point("people", "People", "Authors are named in full, with ORCID and organisation where they have one."),
    Point("licence", "Licence", "It lets others reuse the data, and fits what the funder and the journal ask."),
    Point("sample", "Samples", "Organism, tissue or cell type and treatment are told, and mapped to the right terms."),
    Point("preparation", "Preparation", "Another lab could repeat it; each channel says what it shows."),
    Point("imaging", "Imaging", "Instrument, settings and method are told and agree with what the files say."),
    Point("files", "Files", "All images open, are in the right component, and have clear names."),
    Point("privacy", "Privacy", "Nothing tells who a patient or donor is, in texts, names of files or images."),
)
KEYS = frozenset(point.key for point in CHECKLIST)
