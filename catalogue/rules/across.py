"""Rules over several fields, and over fields and files: each says what it holds against what, where and what to do.

A rule enters by its line in RULES. Numbers that decide what is plausible stand beside the rule that uses them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from catalogue.rules import optics
from catalogue.rules.facts import ComponentFacts, Facts
from catalogue.rules.fields import Level
from catalogue.rules.parts import Values, lines, named, paths_in, rows, text_of

Hit = tuple[str, str]  # path of the field to mend, and the message
AXES = {"x": "wide", "y": "high", "z": "planes deep", "c": "channels", "t": "time points"}
FIRST_YEAR = "1990"  # digital microscopy hardly has files that are older; clocks that were never set begin in 1970


@dataclass(frozen=True)
class Rule:
    """`about` tells people what is compared. Rules that need files are left out where only a document is judged."""

    key: str
    level: Level
    about: str
    source: str
    check: Callable[[Values, Facts], Iterator[Hit]]
    needs_files: bool = True


def _at(key: str, row: Values, name: str) -> str:
    return f"{key}/{row['id']}/{name}"


def _authors_missing(document: Values, facts: Facts) -> Iterator[Hit]:
    """Authors are cited. Where some people have roles, one must be an author."""
    people = rows("contributor", document)
    roles = [_roles(person) for person in people]
    if any(roles) and not any("Author" in given for given in roles):
        yield _at("contributor", people[0], "roles"), "Nobody has the role of an author, so there is nobody to cite."


def _roles_missing(document: Values, facts: Facts) -> Iterator[Hit]:
    people = rows("contributor", document)
    roles = [_roles(person) for person in people]
    if people and not any(roles):
        message = "Nobody has a role yet. Mark the authors; otherwise the first person is cited as the only one."
        yield _at("contributor", people[0], "roles"), message
    if any("Author" in given for given in roles):
        for person in (person for person, given in zip(people, roles, strict=True) if not given):
            yield _at("contributor", person, "roles"), "Say what this person did."


def _roles(person: Values) -> list[str]:
    return [text_of(line.get("role")) for line in lines("contributor", "roles", person)]


def _same_person(document: Values, facts: Facts) -> Iterator[Hit]:
    seen: set[str] = set()
    for person in rows("contributor", document):
        orcid = text_of(person.get("orcid"))
        if orcid and orcid in seen:
            message = f"The ORCID iD {orcid} is there for two people. Remove one of them, or correct the iD."
            yield _at("contributor", person, "orcid"), message
        seen.add(orcid)


def _release_before_private_end(document: Values, facts: Facts) -> Iterator[Hit]:
    study = rows("study", document)[0]
    release, private = text_of(study.get("release_date")), text_of(study.get("private_until"))
    if release and private and release < private:
        message = f"The study would be released on {release}, while it is to stay private until {private}."
        yield "study/release_date", f"{message} Change one of the two days."


def _release_before_acquisition(document: Values, facts: Facts) -> Iterator[Hit]:
    release = text_of(rows("study", document)[0].get("release_date"))
    latest = max((found.taken[1] for found in facts.components.values() if found.taken), default="")
    if release and latest[:10] > release and latest[:10] <= facts.today.isoformat():
        message = f"The release date {release} lies before the day on which the last image was taken, {latest[:10]}."
        yield "study/release_date", f"{message} Correct the release date."


def _archive_without_accession(document: Values, facts: Facts) -> Iterator[Hit]:
    for link in rows("link", document):
        if text_of(link.get("url")) and text_of(link.get("database")) and not text_of(link.get("accession")):
            message = "An archive is chosen but there is no accession. Give it, or leave the archive empty."
            yield _at("link", link, "accession"), message


def _sample_of_preparation(document: Values, facts: Facts) -> Iterator[Hit]:
    titles = {row["id"]: named("biosample", row) for row in rows("biosample", document)}
    made_of = {}
    for specimen in rows("specimen", document):
        others = [text_of(line.get("biosample")) for line in lines("specimen", "further_biosamples", specimen)]
        made_of[specimen["id"]] = {text_of(specimen.get("biosample")), *others} - {""}
    for component in rows("component", document):
        for number, line in enumerate(lines("component", "associations", component)):
            sample = text_of(line.get("biosample"))
            known = made_of.get(text_of(line.get("specimen")))
            if sample in titles and known and sample not in known:
                made = " and ".join(sorted(titles.get(key, "another sample") for key in known))
                message = f"This preparation was made of {made}, but here it stands beside {titles[sample]}."
                yield f"component/{component['id']}/associations/{number}/biosample", f"{message} Correct one of them."


def _no_images(document: Values, facts: Facts) -> Iterator[Hit]:
    components = rows("component", document)
    if components and not any(facts.images.get(row["id"]) for row in components):
        for row in components:
            yield _at("component", row, "images"), "At least one study component needs images."


def _empty_component(document: Values, facts: Facts) -> Iterator[Hit]:
    components = rows("component", document)
    if any(facts.images.get(row["id"]) for row in components):
        for row in components:
            if not facts.images.get(row["id"]):
                message = "This study component has no images. Put files into it, or remove it."
                yield _at("component", row, "images"), message


def _channels(document: Values, facts: Facts) -> Iterator[Hit]:
    described: dict[str, int] = {}
    for channel in rows("channel", document):
        specimen = text_of(channel.get("specimen"))
        described[specimen] = described.get(specimen, 0) + 1
    for row in rows("component", document):
        most = facts.channels.get(row["id"], 0)
        specimens = {text_of(line.get("specimen")) for line in lines("component", "associations", row)}
        counts = [described[specimen] for specimen in specimens if specimen in described]
        if most > 1 and 0 < sum(counts) < most:
            only = sum(counts)
            yield (
                _at("component", row, "associations"),
                (f"Its images have {most} channels, but only {only} of its preparations' channels are described."),
            )
        elif most and counts and min(counts) > most:
            yield (
                _at("component", row, "associations"),
                (
                    f"Its images have at most {_count(most, 'channel')}, but {min(counts)} channels of its preparation "
                    "are described. Correct the channels, or put the images into the component that they belong to."
                ),
            )


def _declared_sizes(document: Values, facts: Facts) -> Iterator[Hit]:
    for data in rows("image_data", document):
        found = facts.components.get(text_of(data.get("component")))
        for number, line in enumerate(lines("image_data", "dimensions", data) if found else ()):
            axis, size = text_of(line.get("axis")), text_of(line.get("size"))
            least, most = found.sizes.get(axis, (0, 0)) if found else (0, 0)
            if most and size.isdecimal() and not least <= int(size) <= most:
                read = str(most) if least == most else f"{least} to {most}"
                message = f"The images were read as {read} {AXES[axis]}, but here stands {size}."
                place = f"image_data/{data['id']}/dimensions/{number}/size"
                yield place, f"{message} Correct it, or say under “Processing” why it differs."


def _dates(document: Values, facts: Facts) -> Iterator[Hit]:
    today = facts.today.isoformat()
    for row, found in _components(document, facts):
        if found.taken and found.taken[1][:10] > today:
            message = f"An image says that it was taken on {found.taken[1][:10]}, which is still to come."
            yield _at("component", row, "images"), f"{message} {_CLOCK}"
        if found.taken and found.taken[0] < FIRST_YEAR:
            message = f"An image says that it was taken on {found.taken[0][:10]}, before {FIRST_YEAR}."
            yield _at("component", row, "images"), f"{message} {_CLOCK}"


_CLOCK = "If the microscope's clock was wrong, say so in the component's description."


def _pixel_size_missing(document: Values, facts: Facts) -> Iterator[Hit]:
    said = set()
    for data in rows("image_data", document):
        if any(text_of(line.get("pixel_size")) for line in lines("image_data", "dimensions", data)):
            said.add(text_of(data.get("component")))
    for row, found in _components(document, facts):
        if found.without_pixel_size and row["id"] not in said:
            message = f"{_count(found.without_pixel_size, 'image')} of it do not say how large a pixel is."
            message = message.replace("1 image of it do not", "1 image of it does not")
            yield _at("component", row, "images"), f"{message} Give the pixel size under “Image data”, dimensions."


def _pixel_size(document: Values, facts: Facts) -> Iterator[Hit]:
    for row, found in _components(document, facts):
        for problem in optics.pixel_size_problems(found.pixel_size):
            yield _at("component", row, "images"), problem


def _optics(document: Values, facts: Facts) -> Iterator[Hit]:
    for row, found in _components(document, facts):
        for one in found.optics:
            for problem in optics.problems(one):
                yield _at("component", row, "images"), problem


def _instrument(document: Values, facts: Facts) -> Iterator[Hit]:
    acquisitions = {row["id"]: row for row in rows("acquisition", document)}
    told: set[str] = set()
    for row, found in _components(document, facts):
        for line in lines("component", "associations", row):
            acquisition = acquisitions.get(text_of(line.get("acquisition")))
            typed = text_of(acquisition.get("imaging_instrument")) if acquisition else ""
            if not acquisition or not typed or acquisition["id"] in told or not found.instruments:
                continue
            if not any(optics.same_instrument(typed, name) for name in found.instruments):
                told.add(acquisition["id"])
                message = f"The files of {named('component', row)} name {' and '.join(found.instruments[:3])}."
                message += " Check that this is the same instrument."
                yield _at("acquisition", acquisition, "imaging_instrument"), message


def _files(document: Values, facts: Facts) -> Iterator[Hit]:
    for path in facts.failed:
        yield f"files/{path}", f"“{path}” could not be read. Replace or remove it."
    if more := facts.failed_count - len(facts.failed):
        yield "files", f"{_count(more, 'more file')} could not be read."
    for path in facts.changed:
        yield f"files/{path}", f"“{path}” is no longer what it was when it came. Remove it and upload it again."
    if facts.waiting_count:
        verb = "is" if facts.waiting_count == 1 else "are"
        yield "files", f"{_count(facts.waiting_count, 'file')} {verb} still being read."
    if lost := facts.images_without_component:
        verb = "belongs" if lost == 1 else "belong"
        yield "files", f"{_count(lost, 'image')} {verb} to no study component yet. Put them into one."


def _patient_data(document: Values, facts: Facts) -> Iterator[Hit]:
    for path in facts.identifying:
        message = "holds what may tell who a patient is. Have it de-identified (at the files), or replace or remove it."
        yield f"files/{path}", f"“{path}” {message}"
    if more := facts.identifying_count - len(facts.identifying):
        yield "files", f"{_count(more, 'more file')} may tell who a patient is."


def _declared_harmless(document: Values, facts: Facts) -> Iterator[Hit]:
    for path in facts.harmless:
        message = "shows a slide's label, which was declared to be no patient's. Look at it again."
        yield f"files/{path}", f"“{path}” {message}"


def _same_files(document: Values, facts: Facts) -> Iterator[Hit]:
    for paths in facts.same:
        several = " and ".join(f"“{path}”" for path in paths[:3])
        more = f" and {len(paths) - 3} more" if len(paths) > 3 else ""
        yield f"files/{paths[0]}", f"{several}{more} hold the same bytes. Remove what was uploaded twice."


def _missing_paths(document: Values, facts: Facts) -> Iterator[Hit]:
    missing = set(facts.missing_paths)
    for place, path in paths_in(document) if missing else ():
        if path in missing:
            yield place, f"The study has no file or folder “{path}”. Correct the path, or upload it."


def _plates(document: Values, facts: Facts) -> Iterator[Hit]:
    for plate in facts.plates:
        if plate.wells_without_images >= max(plate.wells, 1):
            message = f"No image belongs to plate “{plate.name}”. Upload them, or correct the file list."
            yield "files", message
        elif plate.wells_without_images:
            wells = f"{plate.wells_without_images} of the {plate.wells} wells of plate “{plate.name}”"
            yield "files", f"{wells} have no image. If that is not meant, upload them or correct the file list."


def _components(document: Values, facts: Facts) -> Iterator[tuple[Values, ComponentFacts]]:
    """The components of which files tell something."""
    return ((row, facts.components[row["id"]]) for row in rows("component", document) if row["id"] in facts.components)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


_REMBI = "REMBI (Sarkans et al., 2021)"
RULES = (
    Rule("authors-missing", Level.REQUIRED, "roles of people: one is an author", "DataCite 4.6 creator",
         _authors_missing, needs_files=False),
    Rule("roles-missing", Level.RECOMMENDED, "roles of people: each has one", "REMBI Author/Role", _roles_missing,
         needs_files=False),
    Rule("same-person", Level.RECOMMENDED, "ORCID iDs: each once", "REMBI Author/ORCID", _same_person,
         needs_files=False),
    Rule("release-while-private", Level.REQUIRED, "release date and private until", "REMBI Study/Release date",
         _release_before_private_end, needs_files=False),
    Rule("archive-without-accession", Level.RECOMMENDED, "links: archive and accession", "REMBI Study/Links",
         _archive_without_accession, needs_files=False),
    Rule("sample-of-preparation", Level.RECOMMENDED, "associations and what preparations are made of",
         "REMBI Study component/Associations", _sample_of_preparation, needs_files=False),
    Rule("files-read", Level.REQUIRED, "files: read, and their images in a component",
         "REMBI Study component/File list", _files),
    Rule("patient-data", Level.REQUIRED, "files: nothing in them tells who a patient is", "DICOM PS3.15 annex E",
         _patient_data),
    Rule("declared-harmless", Level.RECOMMENDED, "slide labels that were declared to be no patient's",
         "DICOM PS3.15 annex E", _declared_harmless),
    Rule("no-images", Level.REQUIRED, "components and images: at least one has some",
         "REMBI Study component/File list", _no_images),
    Rule("empty-component", Level.RECOMMENDED, "components and images: each has some",
         "REMBI Study component/File list", _empty_component),
    Rule("channels", Level.RECOMMENDED, "described channels and channels in the files",
         "REMBI Channel; OME Pixels/SizeC", _channels),
    Rule("declared-sizes", Level.RECOMMENDED, "dimensions given and dimensions read",
         "REMBI Image data/Dimension extents; OME Pixels/SizeX", _declared_sizes),
    Rule("acquisition-date", Level.RECOMMENDED, "acquisition dates: not to come, not before digital microscopy",
         "OME Image/AcquisitionDate", _dates),
    Rule("release-before-acquisition", Level.RECOMMENDED, "release date and acquisition dates",
         "REMBI Study/Release date; OME Image/AcquisitionDate", _release_before_acquisition),
    Rule("pixel-size-missing", Level.RECOMMENDED, "pixel sizes: read or given",
         "REMBI Image data/Pixel/voxel size description; OME Pixels/PhysicalSizeX", _pixel_size_missing),
    Rule("pixel-size", Level.RECOMMENDED, "pixel sizes: as microscopes have them", "OME Pixels/PhysicalSizeX",
         _pixel_size),
    Rule("optics", Level.RECOMMENDED, "magnification, numerical aperture, immersion and pixel size", "OME Objective",
         _optics),
    Rule("instrument", Level.RECOMMENDED, "instrument typed and instrument in the files",
         "REMBI Image acquisition/Imaging instrument; OME Instrument", _instrument),
    Rule("same-files", Level.RECOMMENDED, "files: none twice, by SHA-256", _REMBI, _same_files),
    Rule("missing-paths", Level.RECOMMENDED, "paths in the document and files", "MIFA Annotations/File",
         _missing_paths),
    Rule("plates", Level.RECOMMENDED, "plates and wells declared and images in them", "OME Well/WellSample", _plates),
)  # fmt: skip
