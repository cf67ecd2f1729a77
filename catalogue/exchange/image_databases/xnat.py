"""XNAT: XML of projects, subjects and sessions, catalogues of files, and tables of sessions as CSV.

A project is the study, a subject a sample, a session a component with its scans; a catalogue's entries are file lines.
Source: XNAT's schemas `xnat` and `catalog`.
"""

from pathlib import Path
from typing import Any

from catalogue.exchange import xml_text
from catalogue.exchange.building import Builder
from catalogue.exchange.dossier import CannotRead, FileLine, Files, Imported, Pair, Weight
from catalogue.exchange.image_databases.values import component, person
from catalogue.exchange.tab import read_text, table_rows

NAMESPACE = "nrg.wustl.edu/xnat"
_MARKS = ("nrg.wustl.edu/xnat", "nrg.wustl.edu/catalog")


def is_mine(files: Files) -> bool:
    return any(_is_one(name, path) for name, path in files.items())


def _is_one(name: str, path: Path) -> bool:
    return name.lower().endswith(".xml") and any(mark in xml_text.head(path) for mark in _MARKS)


def read(files: Files) -> Imported:
    """The study. Raises CannotRead."""
    names = sorted(name for name, path in files.items() if _is_one(name, path))
    if not names:
        raise CannotRead("There is no XML of XNAT among these.")
    builder = Builder(file=names[0], namespace=NAMESPACE)
    reader = _Reader(builder)
    roots = [(name, xml_text.load(files[name], name)) for name in names]
    for name, root in sorted(roots, key=lambda item: _ORDER.get(xml_text.local(item[1]), 2)):
        reader.document(name, root)
    for name in sorted(files):
        if name.lower().endswith(".csv"):
            reader.table(name, read_text(files[name], name=name).text)
    return builder.imported


_ORDER = {"Project": 0, "Subject": 1, "Catalog": 3, "DCMCatalog": 3}


class _Reader:
    def __init__(self, builder: Builder) -> None:
        self.builder = builder
        self.subjects: dict[str, str] = {}
        self.sessions: dict[str, str] = {}

    def document(self, name: str, root: Any) -> None:
        kind = xml_text.local(root)
        if kind == "Project":
            self._project(root)
        elif kind == "Subject":
            self._subject(root)
        elif kind.endswith("Catalog"):
            self._catalogue(name, root)
        else:
            self._session(name, root)

    def _project(self, root: Any) -> None:
        used = []
        for tag, field in (("name", "title"), ("description", "description")):
            for part in xml_text.children(root, tag)[:1]:
                self.builder.put("study", "", field, xml_text.text(part), said=tag)
                used.append(part)
        for part in xml_text.children(root, "keywords"):
            for text in xml_text.text(part).split(","):
                self.builder.append("study", "", "keywords", {"text": text.strip()}, said="keywords")
            used.append(part)
        for part in xml_text.below(root, "PI", "investigator"):
            cells = {xml_text.local(child): xml_text.text(child) for child in part}
            role = "ProjectLeader" if xml_text.local(part) == "PI" else "Researcher"
            key = person(self.builder, family=cells.pop("lastname", ""), given=cells.pop("firstname", ""),
                         email=cells.pop("email", ""), role=role)  # fmt: skip
            for label, value in cells.items():
                self.builder.pair("contributor" if key else "study", key, label, value)
            used.append(part)
        self._keep("study", "", root, used)

    def _subject(self, root: Any) -> None:
        name = root.get("label") or root.get("ID") or ""
        key = self._sample(name)
        self.subjects[root.get("ID", "")] = self.subjects[name] = key
        used = []
        for part in xml_text.below(root, "species"):
            term = {"organism": {"text": xml_text.text(part), "curie": ""}}
            self.builder.append("biosample", key, "organisms", term, said="species")
            used.append(part)
        for part in xml_text.below(root, "gender", "sex", "age", "yob", "group", "strain"):
            variable = {
                "kind": "intrinsic",
                "name": xml_text.local(part),
                "value": {"text": xml_text.text(part), "curie": ""},
            }
            if xml_text.text(part) and not len(part):
                self.builder.append("biosample", key, "variables", variable, said=xml_text.local(part))
                used.append(part)
        self._keep("biosample", key, root, used)

    def _sample(self, name: str) -> str:
        key = self.builder.add("biosample")
        self.builder.put("biosample", key, "title", name, said="Subject")
        return key

    def _session(self, name: str, root: Any) -> None:
        """A session with its scans; each scan's files are lines."""
        label = root.get("label") or root.get("ID") or name
        key = self.sessions[root.get("ID", "")] = self.sessions[label] = component(self.builder, label)
        acquisition = self.builder.add("acquisition")
        self.builder.put("acquisition", acquisition, "title", label)
        used = []
        association = {"acquisition": acquisition}
        for part in xml_text.children(root, "subject_ID")[:1]:
            subject = xml_text.text(part)
            if subject not in self.subjects:
                self.subjects[subject] = self._sample(subject)
            association["biosample"] = self.subjects[subject]
            used.append(part)
        scanner = [xml_text.text(part) for part in root.iter() if xml_text.local(part) == "scanner"]
        makers = [f"{part.get('manufacturer', '')} {part.get('model', '')}".strip()
                  for part in root.iter() if xml_text.local(part) == "scanner"]  # fmt: skip
        instrument = next(filter(None, makers), "") or next(filter(None, scanner), "")
        self.builder.put("acquisition", acquisition, "imaging_instrument", instrument, said="scanner")
        self.builder.append("component", key, "associations", association)
        if self.builder.row("study").get("title") is None and root.get("project"):
            self.builder.put("study", "", "title", root.get("project"), said="project")
        for scan in xml_text.below(root, "scan"):
            files = list(xml_text.children(scan, "file"))
            for number, file in enumerate(files or [None]):
                path = (file.get("URI") if file is not None else "") or f"{label}/scans/{scan.get('ID', number + 1)}"
                line = FileLine(path, key)
                line.pairs = [Pair(NAMESPACE, place, value) for place, value in xml_text.leaves(scan)]
                self.builder.imported.dossier.files.append(line)
            used.append(scan)
        self._keep("component", key, root, used)

    def _catalogue(self, name: str, root: Any) -> None:
        folder = name.rpartition("/")[0]
        entries = list(xml_text.below(root, "entry"))
        session = next((key for label, key in self.sessions.items() if label and label in name), "")
        for entry in entries:
            uri = str(entry.get("URI") or entry.get("name") or entry.get("ID") or "")
            size = next((xml_text.text(field) for field in xml_text.below(entry, "metaField")
                         if field.get("name", "").upper() == "SIZE"), "")  # fmt: skip
            digest = entry.get("digest", "")
            line = FileLine(f"{folder}/{uri}" if folder and "://" not in uri else uri, session,
                            int(size) if size.isdigit() and len(size) < 19 else None,
                            digest.lower() if len(digest) == 64 else "")  # fmt: skip
            line.pairs = [Pair(NAMESPACE, place, value) for place, value in xml_text.leaves(entry)]
            self.builder.imported.dossier.files.append(line)
        module = ("component", session) if session else ("study", "")
        self._keep(*module, root, entries)

    def _keep(self, module: str, key: str, root: Any, used: list[Any]) -> None:
        for place, value in xml_text.leaves(root, skip=frozenset(used)):
            self.builder.pair(module, key, place, value)

    def table(self, name: str, text: str) -> None:
        """Rows of sessions or subjects: named values of those that are there, or of the study."""
        rows = list(table_rows(text, delimiter=",", name=name))
        header = rows.pop(0)[1] if rows else []
        for number, cells in rows:
            named = dict(zip(header, cells, strict=False))
            keys = [value for column, value in named.items() if column.lower() in _KEYS]
            session = next((self.sessions[key] for key in keys if key in self.sessions), "")
            subject = next((self.subjects[key] for key in keys if key in self.subjects), "")
            module = ("component", session) if session else ("biosample", subject) if subject else ("study", "")
            prefix = "" if session or subject else f"{name} row {number}: "
            for column, value in named.items():
                self.builder.pair(*module, f"{prefix}{column}", value)
            if len(cells) > len(header):
                message = "This row has more cells than there are columns."
                self.builder.remark(Weight.ERROR, message, file=name, row=number, value=",".join(cells[len(header) :]))


_KEYS = {"id", "label", "session_id", "subject_id", "subject_label", "session_label", "xnat:subjectdata/label"}
