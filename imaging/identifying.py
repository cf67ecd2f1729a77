"""What in a file may tell who a patient is: names in headers, pictures of slide labels, text in the pixels.

Readers of formats that can hold such things make findings with these functions, and never give the values themselves.
"""

from collections.abc import Iterable

from imaging.facts import FileFacts, Finding

# Kinds of findings, and whether a file with one may not be published.
KINDS = {
    "name": True,
    "label": True,
    "macro": True,
    "burned-in": True,
    "pseudonym": False,
    "text": False,
    "date": False,
}
PICTURES = ("label", "macro")  # kinds that are no patient's where the slide is of an animal or a plant
RGB = 3  # channels
SLIDE_IMAGES = {"label": "label", "label image": "label", "macro": "macro", "macro image": "macro"}
DEIDENTIFY = "Have the file de-identified: a copy is made without it, and the log says what was removed."


def blocking(findings: Iterable[Finding], *, harmless: bool = False) -> list[Finding]:
    """Those that must be settled before a file is published. harmless: somebody declared that its pictures show no
    patient's label."""
    return [one for one in findings if KINDS.get(one.kind, True) and not (harmless and one.kind in PICTURES)]


def _one(kind: str, where: Iterable[str], what: str, advice: str) -> list[Finding]:
    named = ", ".join(dict.fromkeys(where))
    return [Finding(kind, named, what, advice)] if named else []


def names(where: Iterable[str], *, advice: str = DEIDENTIFY) -> list[Finding]:
    """Attributes or keys whose values may name a person, a case or a place."""
    what = "may name a person, a case or a hospital"
    return _one("name", where, what, advice)


def pseudonyms(where: Iterable[str]) -> list[Finding]:
    """The same in a file that says that identities were removed from it."""
    what = "has a value, though the file says that identities were removed"
    return _one("pseudonym", where, what, "Check that it is a pseudonym, and no name.")


def texts(where: Iterable[str]) -> list[Finding]:
    """Free texts and private attributes, which may hold anything."""
    what = "may hold anything, being free text or private"
    return _one("text", where, what, "If the images are of patients, have the file de-identified.")


def dates(where: Iterable[str]) -> list[Finding]:
    """Attributes or keys that say when somebody was examined."""
    what = "tells a day or time, which together with other facts may lead to a person"
    return _one("date", where, what, "If the images are of patients, have the file de-identified.")


def pictures(where: Iterable[str], *, advice: str = DEIDENTIFY) -> list[Finding]:
    """Pictures of a slide's label, or of the slide as a whole, on which the label may be seen."""
    said = {
        "label": Finding("label", "label picture", "shows the slide's label, where names and numbers stand", advice),
        "macro": Finding("macro", "macro picture", "shows the whole slide, on which its label may be read", advice),
        "map": Finding("macro", "map picture", "shows the whole slide, on which its label may be seen", advice),
    }
    return [said[one] for one in where if one in said]


def named_pictures(facts: FileFacts) -> tuple[Finding, ...]:
    """What a file's reader found, with images that by their name are pictures of a slide's label, or of the slide. They
    are in colour, and beside the slide; a segmentation is a label image too, but neither."""
    known = {one.kind for one in facts.findings}
    coloured = (image for image in facts.images if len(facts.images) > 1 and image.size_c >= RGB)
    kinds = dict.fromkeys(SLIDE_IMAGES.get(image.name.strip().lower(), "") for image in coloured)
    advice = "Take this image out of the file with your own tools, and upload it again."
    return (*facts.findings, *pictures((kind for kind in kinds if kind not in known), advice=advice))


def burned_in() -> Finding:
    """The file says that its pixels show identifying text."""
    advice = "Mask the text in the pixels with your own tools, set Burned In Annotation to NO, and upload it again."
    return Finding("burned-in", "BurnedInAnnotation", "says that its pixels show identifying text", advice)
