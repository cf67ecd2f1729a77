"""How FAIR a study would be if it were published now: the 17 metrics of FAIRsFAIR, and REMBI's modules one by one.

The metrics are those of FAIRsFAIR Data Object Assessment Metrics 0.5 (Devaraju et al., doi:10.5281/zenodo.6461229); how
many points each has and into which tests it falls is as F-UJI counts them (Devaraju and Huber, 2021,
doi:10.1016/j.patter.2021.100370), but for FsF-A2-01M, which F-UJI does not test and which counts one point here. What
every publication on this site has counts, with the reason; what depends on the depositor names the field. Nothing is
asked of the network and nothing is estimated: tests/publishing holds these claims against rendered publications.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from catalogue.rules.evaluate import Finding, ModuleScore, completeness, evaluate
from catalogue.rules.facts import Facts
from catalogue.rules.fields import Kind, Level
from catalogue.rules.formats import problem, spdx_id
from catalogue.rules.parts import Values, cells_of, lines, module_rows, rows, text_of


@dataclass(frozen=True)
class Site:
    """What the site that publishes can do. `dois`: its DOIs are registered, not tests that resolve nowhere."""

    dois: bool = False


@dataclass(frozen=True)
class Todo:
    """What would earn a point: the path of the field (catalogue.paths), and what to do there."""

    path: str
    text: str


@dataclass(frozen=True)
class Verdict:
    """Whether a check is passed, on what that rests, and what would pass it."""

    passed: bool
    because: str
    todo: tuple[Todo, ...] = ()


@dataclass(frozen=True)
class Check:
    """A part of a metric. `by_site`: passed or not whatever the depositor does."""

    points: float
    name: str
    verdict: Verdict
    by_site: bool = False

    @property
    def earned(self) -> float:
        return self.points if self.verdict.passed else 0.0


@dataclass(frozen=True)
class Point:
    """One metric with its checks."""

    key: str  # e.g. FsF-F1-01D
    name: str
    checks: tuple[Check, ...]

    @property
    def letter(self) -> str:
        return self.key[4]

    @property
    def earned(self) -> float:
        return sum(check.earned for check in self.checks)

    @property
    def total(self) -> float:
        return sum(check.points for check in self.checks)

    @property
    def todo(self) -> tuple[Todo, ...]:
        return tuple(todo for check in self.checks if not check.verdict.passed for todo in check.verdict.todo)


@dataclass(frozen=True)
class FairReport:
    points: tuple[Point, ...]
    modules: tuple[ModuleScore, ...]  # REMBI and MIFA: required and recommended fields that are filled in well

    @property
    def earned(self) -> float:
        return sum(point.earned for point in self.points)

    @property
    def total(self) -> float:
        return sum(point.total for point in self.points)

    @property
    def percent(self) -> int:
        return round(100 * self.earned / self.total)

    @property
    def by_letter(self) -> dict[str, tuple[float, float]]:
        """Points earned and points there are, of F, A, I and R."""
        return {
            letter: (
                sum(point.earned for point in self.points if point.letter == letter),
                sum(point.total for point in self.points if point.letter == letter),
            )
            for letter in "FAIR"
        }


@dataclass(frozen=True)
class _Case:
    document: Values
    facts: Facts
    site: Site
    findings: list[Finding]

    @cached_property
    def has_images(self) -> bool:
        return any(self.facts.images.values()) or self.facts.images_without_component > 0

    def study(self, name: str) -> str:
        return text_of(rows("study", self.document)[0].get(name))


def score(
    document: Mapping[str, Any], facts: Facts, site: Site | None = None, findings: list[Finding] | None = None
) -> FairReport:
    """The report on a study's document and files, as they would be published. `findings`, if evaluated already."""
    findings = evaluate(document, facts) if findings is None else findings
    case = _Case(document, facts, site or Site(), findings)
    points = tuple(Point(key, name, checks(case)) for key, name, checks in METRICS)
    return FairReport(points, completeness(document, findings))


def _by_site(points: float, name: str, because: str, *, passed: bool = True) -> Check:
    return Check(points, name, Verdict(passed, because), by_site=True)


def _asked(points: float, name: str, passed: bool, because: str, *todo: Todo) -> Check:
    return Check(points, name, Verdict(passed, because if passed else "", () if passed else todo))


UPLOAD = Todo("files", "Upload the images.")


def _unique_identifier(case: _Case) -> tuple[Check, ...]:
    return (
        _by_site(1, "an identifier that is never given twice",
                 "Each version has an accession and an address of its own, each image and file a UUID."),
    )  # fmt: skip


def _persistent_identifier(case: _Case) -> tuple[Check, ...]:
    because = "Each version gets a DOI, registered when it is published."
    if not case.site.dois:
        because = "This site gives test DOIs, which resolve nowhere. Those who run it can have real ones."
    return (_by_site(1, "an identifier that lasts and resolves", because, passed=case.site.dois),)


def _core_metadata(case: _Case) -> tuple[Check, ...]:
    todo = []
    if not case.study("title"):
        todo.append(Todo("study/title", "Give the study a title."))
    if not any(text_of(person.get("family_name")) for person in rows("contributor", case.document)):
        todo.append(Todo("contributor", "Name who made the study."))
    words = []
    if not case.study("description"):
        words.append(Todo("study/description", "Describe the study."))
    if not lines("study", "keywords", rows("study", case.document)[0]):
        words.append(Todo("study/keywords", "Give keywords."))
    return (
        _by_site(0.5, "metadata that programs find", "The page offers it by typed links and content negotiation."),
        _asked(0.5, "who, what, when, by whom", not todo,
               "Authors and title are there; identifier, publisher and date come with publication.", *todo),
        _asked(1, "summary and keywords", not words, "The description and keywords say it.", *words),
    )  # fmt: skip


def _data_identifier(case: _Case) -> tuple[Check, ...]:
    return (
        _asked(0.5, "what the files are", case.has_images,
               "The metadata tells how many files there are, of what formats and size.", UPLOAD),
        _asked(0.5, "where the files are", case.has_images, "The metadata links the package with all files.", UPLOAD),
    )  # fmt: skip


def _harvested(case: _Case) -> tuple[Check, ...]:
    registry = "The DOI's metadata is at DataCite, where other catalogues take it from."
    if not case.site.dois:
        registry = "DataCite hears nothing of test DOIs."
    return (
        _by_site(1, "metadata for search engines", "JSON-LD stands in the page, which the site map lists."),
        _by_site(1, "metadata in a registry", registry, passed=case.site.dois),
    )  # fmt: skip


def _access_level(case: _Case) -> tuple[Check, ...]:
    because = "What is published is open to all, and the metadata says so in terms of COAR and the EU."
    return (_by_site(1, "who may have the data", because),)


def _metadata_protocol(case: _Case) -> tuple[Check, ...]:
    return (_by_site(1, "metadata over the web", "Pages and metadata are served over HTTP."),)


def _data_protocol(case: _Case) -> tuple[Check, ...]:
    because = "Files and pixels are served over HTTP, in parts if asked for."
    return (_asked(1, "data over the web", case.has_images, because, UPLOAD),)


def _metadata_stays(case: _Case) -> tuple[Check, ...]:
    because = "A withdrawn version leaves its title, authors, identifiers and the reason at its address."
    return (_by_site(1, "metadata that outlives the data", because),)


def _formal_language(case: _Case) -> tuple[Check, ...]:
    return (
        _by_site(1, "structured metadata in the page", "JSON-LD stands in the page."),
        _by_site(1, "metadata as a graph", "Turtle, RDF/XML, N-Triples and JSON-LD come by content negotiation."),
    )


_TERMS = {
    ("biosample", "organisms"),
    ("biosample", "biological_entity"),
    ("acquisition", "methods"),
    ("channel", "content"),
}


def _terms(case: _Case) -> tuple[Check, ...]:
    mapped, todo = 0, []
    for module, its_rows in module_rows(case.document):
        for row in its_rows:
            for one in (one for one in module.fields if (module.key, one.name) in _TERMS):
                found = [_is_term(case, place, value) for place, value in cells_of(module, row, one)]
                mapped += sum(found)
                if not found or not all(found):
                    path = f"{module.key}/{row['id']}/{one.name}"
                    todo.append(Todo(path, f"Choose {one.label.lower()} from the list."))
    if not rows("biosample", case.document):
        todo.append(Todo("biosample", "Describe the sample, with terms from the lists."))
    because = f"{mapped} value{'' if mapped == 1 else 's'} of organisms, structures and methods are ontology terms."
    return (_asked(1, "terms of ontologies", mapped > 0, because, *todo[:5]),)


def _is_term(case: _Case, path: str, value: Any) -> bool:
    """Whether the value is mapped to a term that this site knows; one that it does not know is kept aside."""
    return isinstance(value, Mapping) and bool(value.get("curie")) and path not in case.facts.kept


def _related(case: _Case) -> tuple[Check, ...]:
    said = {
        "articles": any(_is(Kind.DOI, row.get("doi")) or text_of(row.get("pubmed_id"))
                        for row in rows("publication", case.document)),
        "related data, code or pages": any(text_of(row.get("url")) or text_of(row.get("accession"))
                                           for row in rows("link", case.document)),
    }  # fmt: skip
    named = " and ".join(what for what, is_there in said.items() if is_there)
    return (
        _asked(1, "links to what belongs to it", any(said.values()), f"The metadata links {named}.",
               Todo("publication", "Name the article, with its DOI."),
               Todo("link", "Link related data by its accession, or code by its address.")),
    )  # fmt: skip


def _is(kind: Kind, value: Any) -> bool:
    text = text_of(value)
    return bool(text) and not problem(kind, text)


def _content(case: _Case) -> tuple[Check, ...]:
    channels = rows("channel", case.document)
    variables = any(lines("biosample", "variables", row) for row in rows("biosample", case.document))
    described = variables or any(text_of(row.get("content")) for row in channels)
    differing = {finding.path for finding in case.findings if finding.module == "component"}
    agrees = bool(channels) and case.has_images and not any(path.endswith("/associations") for path in differing)
    return (
        _by_site(1, "what kind of thing it is", "The metadata says that it is a dataset, and of what."),
        _asked(1, "what was measured", described, "Channels or variables say what was measured.",
               Todo("channel", "Say what each channel shows."),
               Todo("biosample", "Name the variables of the samples.")),
        _by_site(1, "type and size of each download", "The package is made when it is asked for, so the metadata gives "
                 "its type but not its size in advance.", passed=False),
        _asked(1, "measured as described", agrees, "The described channels are those that the files have.",
               Todo("channel", "Describe as many channels as the images have.")),
    )  # fmt: skip


def _licence(case: _Case) -> tuple[Check, ...]:
    text = case.study("licence")
    todo = Todo("study/licence", "Choose a licence; CC0 and CC BY 4.0 let others reuse the data most freely.")
    return (
        _asked(1, "a licence", bool(text), "The study has a licence.", todo),
        _asked(1, "a licence that programs know", bool(spdx_id(text)), "The licence is in the SPDX list.", todo),
    )


def _provenance(case: _Case) -> tuple[Check, ...]:
    people = any(text_of(row.get("family_name")) for row in rows("contributor", case.document))
    made = any(
        text_of(line.get("acquisition")) and text_of(line.get("specimen"))
        for row in rows("component", case.document)
        for line in lines("component", "associations", row)
    )
    return (
        _asked(1, "who made it and when", people,
               "People are named; publisher, date and version come with publication.",
               Todo("contributor", "Name who made the study.")),
        _asked(1, "how it was made, in PROV", made, "Components say from which preparation and imaging they are.",
               Todo("component", "Say of a component which preparation and imaging made its images.")),
    )  # fmt: skip


def _community_standard(case: _Case) -> tuple[Check, ...]:
    lacking = [finding for finding in case.findings if finding.level is Level.REQUIRED and finding.module != "files"]
    first = {finding.message: finding.path for finding in reversed(lacking)}
    todo = [Todo(path, message) for message, path in reversed(first.items())][:3]
    return (_asked(1, "metadata as bioimaging wants it", not lacking, "All that REMBI requires is there.", *todo),)


def _community_format(case: _Case) -> tuple[Check, ...]:
    because = "Every image is served as OME-Zarr, whatever the format of its file."
    return (_asked(1, "formats that the field reads", case.has_images, because, UPLOAD),)


METRICS: tuple[tuple[str, str, Callable[[_Case], tuple[Check, ...]]], ...] = (
    ("FsF-F1-01D", "The data have an identifier of their own", _unique_identifier),
    ("FsF-F1-02D", "The identifier lasts", _persistent_identifier),
    ("FsF-F2-01M", "The metadata let others find and cite the data", _core_metadata),
    ("FsF-F3-01M", "The metadata name the data that they describe", _data_identifier),
    ("FsF-F4-01M", "Programs can fetch the metadata", _harvested),
    ("FsF-A1-01M", "The metadata say who may have the data", _access_level),
    ("FsF-A1-02M", "The metadata come over a standard protocol", _metadata_protocol),
    ("FsF-A1-03D", "The data come over a standard protocol", _data_protocol),
    ("FsF-A2-01M", "The metadata stay when the data go", _metadata_stays),
    ("FsF-I1-01M", "The metadata are in a formal language", _formal_language),
    ("FsF-I2-01M", "The metadata use terms of known vocabularies", _terms),
    ("FsF-I3-01M", "The metadata link what belongs to the data", _related),
    ("FsF-R1-01MD", "The metadata tell what is in the data", _content),
    ("FsF-R1.1-01M", "The metadata have a licence", _licence),
    ("FsF-R1.2-01M", "The metadata tell how the data came to be", _provenance),
    ("FsF-R1.3-01M", "The metadata follow a standard of the field", _community_standard),
    ("FsF-R1.3-02D", "The data are in a format of the field", _community_format),
)
