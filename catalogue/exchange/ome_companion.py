"""OME-XML as the metadata of a study before or beside its pixels: `.ome.xml` and `.companion.ome` files.

A project is the study, datasets and screens are its components; people, instruments and channels come as from an
image's own header. What has no field is a pair, named by its place in the document (OME 2016-06), or stays in the file.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from pathlib import Path, PurePosixPath

from catalogue.exchange import json_text
from catalogue.exchange.building import Builder, text_of
from catalogue.exchange.dossier import CannotRead, Dossier, FileLine, Files, Imported, Pair, Weight
from catalogue.exchange.from_images import NAMESPACE, from_images
from imaging.errors import ImageError
from imaging.facts import FileFacts
from imaging.ome.columns import TextColumn
from imaging.ome.document import OmeDocument, OmeElement
from imaging.ome.facts import document_facts
from imaging.ome.read import read_ome
from imaging.ome.write import write_ome

MEDIA_TYPE = "application/ome+xml"
_SUFFIXES = (".ome.xml", ".companion.ome", ".ome", ".xml")
Names = AbstractSet[str]
_MOST_PAIRS = 5000  # of one document, on the study; its regions of interest may be very many
_FIELDS = {"Experimenter", "Image", "Project", "Dataset", "Plate", "Screen"}  # told of elsewhere


def is_mine(files: Files) -> bool:
    return bool(list(_documents(files)))


def _documents(files: Files) -> Iterator[str]:
    for name, path in files.items():
        if name.lower().endswith(_SUFFIXES) and PurePosixPath(name).name != "transfer.xml":  # that is OMERO's
            head = json_text.head(path)
            if "openmicroscopy.org" in head.lower() and "OME" in head:
                yield name


def read(files: Files) -> Imported:
    """The study in the OME-XML files. Raises CannotRead."""
    names = list(_documents(files))
    if not names:
        raise CannotRead("There is no OME-XML (.ome.xml or .companion.ome) among these files.")
    documents = {name: _document(name, files[name]) for name in names}
    facts = []
    for name, document in documents.items():
        try:
            found = document_facts(document, path=name)
        except ImageError as error:
            raise CannotRead(str(error), file=name) from error
        facts.append((name, FileFacts(name, MEDIA_TYPE, found.images, found.instruments, found.experimenters)))
    imported = from_images(facts, {})
    for name, document in documents.items():
        _Reader(name, document, imported).read()
    imported.dossier.ome = [(name, files[name].read_bytes()) for name in names]
    return imported


def _document(name: str, path: Path) -> OmeDocument:
    try:
        document = read_ome(path.read_bytes(), path=name)
    except ImageError as error:
        raise CannotRead(f"{error} Check the file with an OME-XML validator.", file=name) from error
    binary_only = document.root.first("BinaryOnly")
    if binary_only is not None:
        companion = binary_only.get("MetadataFile")
        raise CannotRead(f"“{name}” only points to “{companion}”, which holds the metadata. Give that one.", file=name)
    return document


class _Reader:
    def __init__(self, name: str, document: OmeDocument, imported: Imported) -> None:
        self.name, self.document, self.root = name, document, document.root
        self.build = Builder(file=name, namespace=NAMESPACE, imported=imported)
        self.elements = {it.get("ID"): it for it in self.root.children if it.get("ID")}
        self.counts = Counter(it.entity for it in self.root.children)
        self.component_of: dict[str, str] = {}  # image → component
        self.wells: dict[str, tuple[str, str]] = {}  # image → plate, well

    def read(self) -> None:
        for warning in self.document.warnings:
            self.build.remark(Weight.NOTE, warning, said="OME-XML")
        self._emails()
        self._study()
        self._components()
        self._plates()
        for image in self.root.all("Image"):
            self._image(image)
        self._others()

    def _emails(self) -> None:
        """People are there by name; what else the document says of them is put beside it."""
        people = {(row.get("family_name"), row.get("given_name", "")): row["id"]
                  for row in self.build.document.get("contributors", ())}  # fmt: skip
        for person in self.root.all("Experimenter"):
            key = people.get((person.get("LastName"), person.get("FirstName")))
            if key is None:
                self._keep(person, "study", "")
                continue
            self.build.put("contributor", key, "email", person.get("Email"), said="Experimenter/@Email")
            for name in ("MiddleName", "UserName"):
                self.build.pair("contributor", key, f"Experimenter/@{name}", person.get(name))

    def _study(self) -> None:
        """A document's only project is the study."""
        projects = self.root.all("Project")
        if len(projects) == 1:
            self.build.put("study", "", "title", projects[0].get("Name"), said="Project/@Name")
            self.build.put("study", "", "description", projects[0].get("Description"), said="Project/Description")
        for project in projects:
            skip: Names = {"Name", "Description"} if len(projects) == 1 else frozenset()
            self._keep(project, "study", "", skip)

    def _components(self) -> None:
        for element in self.root.all("Dataset", "Screen"):
            key = self.build.add("component", f"{element.entity}-{element.get('ID')}")
            title = element.get("Name") or element.get("ID")
            self.build.put("component", key, "title", title, said=f"{element.entity}/@Name")
            self.build.put("component", key, "description", element.get("Description"), said="Description")
            self._keep(element, "component", key, {"Name", "Description"})
            for ref in element.all("ImageRef"):
                self.component_of.setdefault(ref.get("ID"), key)
            for ref in element.all("PlateRef"):
                plate = self.elements.get(ref.get("ID"))
                for image in _images_of(plate):
                    self.component_of.setdefault(image, key)

    def _plates(self) -> None:
        for plate in self.root.all("Plate"):
            name = plate.get("Name") or plate.get("ID")
            for well in plate.all("Well"):
                label = well_label(int(well.get("Row")), int(well.get("Column")))
                for image in _images_of(well):
                    self.wells.setdefault(image, (name, label))
            self._keep(plate, "study", "", skip_entities={"WellSample", "WellSampleRef"})

    def _image(self, image: OmeElement) -> None:
        """One line a file of the image, with all that is said of it but its planes' positions and times."""
        pixels = image.first("Pixels")
        paths = _file_names(pixels) or [self._path(image)]
        plate, well = self.wells.get(image.get("ID"), ("", ""))
        place = self._place(image)
        pairs = [Pair(NAMESPACE, name, value) for name, value in flat(image, place)]
        for number, path in enumerate(paths):
            line = FileLine(path, self.component_of.get(image.get("ID"), ""), plate=plate, well=well)
            line.pairs = pairs if number == 0 else [Pair(NAMESPACE, f"{place}/@ID", image.get("ID"))]
            self.build.imported.dossier.files.append(line)
        if pixels is not None and pixels.planes is not None:
            message = "Positions and times of planes are read from the images themselves when they come."
            said = f"{pixels.planes.count} planes"
            self.build.remark(Weight.NOTE, message, said=f"{image.get('ID')}/Pixels/Plane", value=said)

    def _path(self, image: OmeElement) -> str:
        """A file for an image that names none: its name, if that looks like a file's, else this document."""
        name = image.get("Name")
        folder = self.name.rpartition("/")[0]
        path = f"{folder}/{name}" if folder else name
        return path if PurePosixPath(name).suffix[1:].isalnum() and " " not in PurePosixPath(name).suffix else self.name

    def _place(self, element: OmeElement) -> str:
        """What an element below the root is called in the names of its pairs: with its ID, if there are several."""
        several = self.counts[element.entity] > 1 and element.get("ID")
        return f"{element.entity}[{element.get('ID')}]" if several else element.entity

    def _others(self) -> None:
        """What belongs to no row: instruments, annotations, regions of interest, rights."""
        pairs = [
            Pair(NAMESPACE, name, value)
            for element in self.root.children
            if element.entity not in _FIELDS
            for name, value in flat(element, self._place(element))
        ]
        for name, value in self.root.values.items():
            self.build.pair("study", "", f"OME/@{name}", value)
        for pair in pairs[:_MOST_PAIRS]:
            self.build.keep("study", "", pair)
        if len(pairs) > _MOST_PAIRS:
            message = f"{len(pairs) - _MOST_PAIRS} more values of annotations and regions stay in the file only."
            self.build.remark(Weight.NOTE, message, said="OME")

    def _keep(
        self, element: OmeElement, module: str, key: str, skip: Names = frozenset(), skip_entities: Names = frozenset()
    ) -> None:
        place = self._place(element)
        for name, value in flat(element, place, skip_entities):
            if name not in {f"{place}/@{it}" for it in skip}:
                self.build.pair(module, key, name, value)


def flat(element: OmeElement, path: str = "", skip_entities: Names = frozenset()) -> Iterator[tuple[str, str]]:
    """All values of an element and below, by their place, e.g. "Image/Pixels/Channel[Channel:0:1]/@Name".

    Elements that stand several times in one place are told apart by their ID or number. References, pixels' bytes and
    columns are left out; of a map, each key is a place.
    """
    path = path or element.entity
    if element.entity == "M":
        yield f"{path.rpartition('/')[0]}[{element.get('K')}]", element.text
        return
    for name, value in element.values.items():
        if value and (name != "ID" or "/" not in path):
            yield f"{path}/@{name}", value
    if element.text and element.entity != "BinData":
        yield path, element.text
    if element.extra is not None:
        for name, value in element.extra.attributes.items():
            yield f"{path}/@{name}", value
        for number, text in enumerate([*element.extra.elements, element.extra.text]):
            if text.strip():
                yield f"{path}/extra[{number + 1}]", text
    counts: Counter[str] = Counter()
    for child in element.children:
        if child.entity not in skip_entities:
            counts[child.entity] += 1
            key = child.get("ID") or (str(counts[child.entity]) if counts[child.entity] > 1 else "")
            yield from flat(child, f"{path}/{child.entity}" + (f"[{key}]" if key else ""), skip_entities)


def well_label(row: int, column: int) -> str:
    """The name of a well by its place counted from 0, e.g. "B07"; after Z come AA, AB …"""
    letters, row = "", row + 1
    while row:
        row, place = divmod(row - 1, 26)
        letters = chr(ord("A") + place) + letters
    return f"{letters}{column + 1:02d}"


def _images_of(element: OmeElement | None) -> Iterator[str]:
    for it in element.walk() if element is not None else ():
        if it.entity == "ImageRef":
            yield it.get("ID")


def _file_names(pixels: OmeElement | None) -> list[str]:
    """The files that hold an image's pixels, as its TiffData name them."""
    names = pixels.tiff_data.texts.get("UUID/FileName") if pixels is not None and pixels.tiff_data else None
    return list(dict.fromkeys(filter(None, names.texts()))) if isinstance(names, TextColumn) else []


def write(dossier: Dossier) -> Mapping[str, bytes]:
    """The OME-XML of each file that has one; for a study without any, what OME has a place for."""
    found: dict[str, bytes] = {}
    for path, data in dossier.ome:
        name = path if path.lower().endswith((".ome.xml", ".companion.ome")) else f"{path}.companion.ome"
        found[name] = data
    return found or {"study.companion.ome": write_ome(OmeDocument(_tree(dossier), "2016-06"))}


def _tree(dossier: Dossier) -> OmeElement:
    document = dossier.document
    study, root = document.get("study") or {}, OmeElement("OME")
    components = list(document.get("components") or ())
    project = _element("Project", "Project:0", Name=study.get("title"), Description=study.get("description"))
    project.children = [OmeElement("DatasetRef", {"ID": f"Dataset:{number}"}) for number in range(len(components))]
    root.children.append(project)
    for number, row in enumerate(components):
        values = {"Name": row.get("title"), "Description": row.get("description")}
        root.children.append(_element("Dataset", f"Dataset:{number}", **values))
    organisations = {row["id"]: row.get("name") for row in document.get("organisations") or ()}
    for number, row in enumerate(document.get("contributors") or ()):
        places = [organisations.get(it.get("organisation")) for it in row.get("affiliations") or ()]
        root.children.append(_element(
            "Experimenter", f"Experimenter:{number}", FirstName=row.get("given_name"), LastName=row.get("family_name"),
            Email=row.get("email"), Institution=next(filter(None, places), None),
        ))  # fmt: skip
    return root


def _element(entity: str, key: str, **values: object) -> OmeElement:
    return OmeElement(entity, {"ID": key} | {name: text_of(value) for name, value in values.items() if value})
