"""OMERO transfer packs (omero-cli-transfer): `transfer.xml`, OME-XML with annotations and where each image's file lies.

A project is the study, datasets and screens are components, key-values, tags and comments are named values of what they
are linked to. Source: the plugin's README and its schema of server paths.
"""

from collections.abc import Iterator
from pathlib import PurePosixPath

from catalogue.exchange.building import Builder
from catalogue.exchange.dossier import CannotRead, FileLine, Files, Imported, Pair, Weight
from catalogue.exchange.ome_companion import flat, well_label
from imaging.errors import ImageError
from imaging.ome.document import OmeElement
from imaging.ome.read import read_ome

NAMESPACE = "openmicroscopy.org/omero"
TRANSFER = "openmicroscopy.org/cli/transfer"
_SERVER_PATH = "CLITransferServerPath"


def is_mine(files: Files) -> bool:
    return any(PurePosixPath(name).name == "transfer.xml" for name in files)


def read(files: Files) -> Imported:
    """The study in the pack's transfer.xml. Raises CannotRead."""
    names = [name for name in files if PurePosixPath(name).name == "transfer.xml"]
    if len(names) != 1:
        raise CannotRead(f"A pack has one transfer.xml; there are {len(names)} here.", file=names[0] if names else "")
    try:
        document = read_ome(files[names[0]].read_bytes(), path=names[0])
    except ImageError as error:
        raise CannotRead(f"{error} Pack the project again, or check the file.", file=names[0]) from error
    pack = _Pack(names[0], document.root)
    for warning in document.warnings:
        pack.builder.remark(Weight.NOTE, warning)
    pack.read()
    return pack.builder.imported


class _Pack:
    def __init__(self, name: str, root: OmeElement) -> None:
        self.root = root
        self.builder = Builder(file=name, namespace=NAMESPACE)
        holder = root.first("StructuredAnnotations")
        self.annotations = {one.get("ID"): one for one in (holder.children if holder else ())}
        self.component_of: dict[str, str] = {}
        self.place: dict[str, tuple[str, str]] = {}
        self.used: set[str] = set()

    def read(self) -> None:
        projects = self.root.all("Project")
        if len(projects) == 1:
            for name, field in (("Name", "title"), ("Description", "description")):
                self.builder.put("study", "", field, _value(projects[0], name), said=f"Project/{name}")
        for project in projects:
            self._keep("study", "", project, {"Name", "Description"} if len(projects) == 1 else set())
        for element in self.root.all("Dataset", "Screen"):
            key = self.builder.add("component", f"{element.entity}-{element.get('ID')}")
            self.builder.put("component", key, "title", _value(element, "Name") or element.get("ID"), said="Name")
            self.builder.put("component", key, "description", _value(element, "Description"), said="Description")
            self._keep("component", key, element, {"Name", "Description"})
            for ref in element.all("ImageRef", "PlateRef"):
                self.component_of.setdefault(ref.get("ID"), key)
        for plate in self.root.all("Plate"):
            self._plate(plate)
        for experimenter in self.root.all("Experimenter"):
            self._person(experimenter)
        for image in self.root.all("Image"):
            self._image(image)
        self._rest()

    def _plate(self, plate: OmeElement) -> None:
        name = _value(plate, "Name") or plate.get("ID")
        component = self.component_of.get(plate.get("ID"), "")
        for well in plate.all("Well"):
            label = well_label(int(_value(well, "Row") or 0), int(_value(well, "Column") or 0))
            for sample in well.all("WellSample"):
                for ref in sample.all("ImageRef"):
                    self.place[ref.get("ID")] = name, label
                    if component:
                        self.component_of.setdefault(ref.get("ID"), component)
        module = ("component", component) if component else ("study", "")
        self._keep(*module, plate, set())

    def _person(self, person: OmeElement) -> None:
        key = self.builder.add("contributor", person.get("ID"))
        for name, field in (("LastName", "family_name"), ("FirstName", "given_name"), ("Email", "email")):
            self.builder.put("contributor", key, field, _value(person, name), said=name)
        self._keep("contributor", key, person, {"LastName", "FirstName", "Email"})

    def _image(self, image: OmeElement) -> None:
        """One line for the file of an image; images of one file are told of together, each by its id."""
        key = image.get("ID")
        linked = list(self._linked(image))
        paths = [path for one in linked for path in _paths(one)]
        plate, well = self.place.get(key, ("", ""))
        line = FileLine(paths[0] if paths else _value(image, "Name") or key, self.component_of.get(key, ""),
                        plate=plate, well=well)  # fmt: skip
        line.pairs = [Pair(NAMESPACE, name, value) for name, value in flat(image)]
        for one in linked:
            line.pairs += _pairs(one)
        for ref in image.all("ROIRef"):
            line.pairs.append(Pair(NAMESPACE, "ROI", ref.get("ID")))
        self.builder.imported.dossier.files.append(line)
        for path in paths[1:]:
            more = FileLine(path, line.component, pairs=[Pair(NAMESPACE, "Image/@ID", key)], plate=plate, well=well)
            self.builder.imported.dossier.files.append(more)
        if not paths:
            message = "The pack does not say where the file of this image lies; its name was taken."
            self.builder.remark(Weight.NOTE, message, said=key, value=line.path)

    def _linked(self, element: OmeElement) -> Iterator[OmeElement]:
        for ref in element.all("AnnotationRef"):
            if found := self.annotations.get(ref.get("ID")):
                self.used.add(ref.get("ID"))
                yield found

    def _keep(self, module: str, key: str, element: OmeElement, skip: set[str]) -> None:
        taken = {f"{element.entity}/@{name}" for name in skip}
        for name, value in flat(element):
            if name not in taken:
                self.builder.pair(module, key, name, value)
        for one in self._linked(element):
            for pair in _pairs(one):
                self.builder.keep(module, key, pair)

    def _rest(self) -> None:
        """Regions of interest, and what is linked to nothing."""
        done = {"Project", "Dataset", "Screen", "Plate", "Image", "Experimenter", "StructuredAnnotations"}
        for element in self.root.children:
            if element.entity not in done:
                self._keep("study", "", element, set())
        for key, one in self.annotations.items():
            if key not in self.used:
                for pair in _pairs(one):
                    self.builder.keep("study", "", pair)


def _value(element: OmeElement, name: str) -> str:
    return element.values.get(name, "")


def _paths(annotation: OmeElement) -> list[str]:
    """The files that a server path annotation names."""
    found = [value for name, value in flat(annotation) if _SERVER_PATH in value or name.endswith("Path")]
    return [path for text in found for path in _between(text, "<Path>", "</Path>")]


def _between(text: str, start: str, end: str) -> Iterator[str]:
    for part in text.split(start)[1:]:
        if (path := part.partition(end)[0].strip()) and "<" not in path:
            yield path


def _pairs(annotation: OmeElement) -> Iterator[Pair]:
    """An annotation as named values: key-values by their keys, a tag or comment by its kind."""
    namespace = _value(annotation, "Namespace") or NAMESPACE
    kind = annotation.entity.removesuffix("Annotation")
    cells = [(name, value) for name, value in flat(annotation) if not name.endswith(("/@ID", "/@Namespace"))]
    for name, value in cells:
        place = name.removeprefix(annotation.entity).lstrip("/@")
        if annotation.entity == "MapAnnotation" and place.startswith("Value[") and place.endswith("]"):
            yield Pair(namespace, place[len("Value[") : -1], value)
        else:
            yield Pair(namespace, kind if place in ("", "Value") else f"{kind}/{place}", value)
