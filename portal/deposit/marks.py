"""Everything that a page of the deposit shows around a study's values, in a fixed number of queries."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from catalogue import documents, services
from catalogue.access import Actor, Verb, may
from catalogue.models import Comment, File, InvalidValue, Study, SuggestedEdit, Suggestion
from catalogue.paths import FILES, Path, html_id, parse
from catalogue.registry import ENTITIES
from catalogue.rules.evaluate import Finding
from catalogue.rules.fair import Todo
from catalogue.rules.fields import Level
from catalogue.rules.rembi import BY_KEY, MODULES
from catalogue.rules.titles import title_of
from catalogue.services import notices
from catalogue.services.edits import Offer, offers_of
from portal.deposit.forms import Marks
from portal.deposit.steps import BY_STEP, STEP_OF_MODULE, STEPS, Step
from portal.fairness import FairView, fair_view
from publishing.fair import of_draft


@dataclass(frozen=True)
class FindingLink:
    """A finding with where to mend it."""

    finding: Finding
    step: Step
    anchor: str
    subject: str  # the row that it is about, as lists call it

    @property
    def text(self) -> str:
        message = self.finding.message
        return message if not self.subject or self.subject in message else f"{self.subject}: {message}"

    @property
    def is_required(self) -> bool:
        return self.finding.level is Level.REQUIRED


@dataclass(frozen=True)
class Folded:
    """Findings of one step that say the same of several places."""

    links: tuple[FindingLink, ...]

    @property
    def first(self) -> FindingLink:
        return self.links[0]


@dataclass(frozen=True)
class Asked:
    """A field of which curators want something, and where it is."""

    label: str
    subject: str  # the row that it is of
    step: Step
    anchor: str
    entity_id: str
    count: int


@dataclass(frozen=True)
class StepMark:
    step: Step
    state: str  # done | open | error, as the style sheet knows them
    missing: int


@dataclass(frozen=True)
class Desk:
    """A study as its depositor works on it."""

    study: Study
    document: Mapping[str, Any]
    revisions: Mapping[str, int]  # by entity id; the study's under ""; rows added since are not in it
    findings: tuple[FindingLink, ...]
    score: int  # percent
    marks: Marks
    steps: tuple[StepMark, ...]
    fair: FairView
    comments: tuple[Comment, ...]

    @property
    def offered(self) -> list[tuple[Step, int]]:
        """Steps on which the files answer fields, and how many answers there are."""
        counts: Counter[str] = Counter()
        for (module, _field), offers in self.marks.suggestions.items():
            counts[STEP_OF_MODULE[module]] += len(offers)
        return [(step, counts[step.key]) for step in STEPS if counts[step.key]]

    @property
    def asked(self) -> list[Asked]:
        """What curators ask for, in the order of the forms: each field with open comments or suggested values."""
        paths = [path for path in {**self.marks.comments, **self.marks.edits} if path]
        return [self._asked(path) for path in sorted(paths, key=_place)]

    def _asked(self, path: str) -> Asked:
        at = parse(path)
        titles = dict(self.marks.targets.get(at.module, ()))
        step = BY_STEP[STEP_OF_MODULE[at.module]]
        count = len(self.marks.comments.get(path, ())) + len(self.marks.edits.get(path, ()))
        return Asked(notices.where(path), titles.get(at.entity, ""), step, html_id(path), at.entity, count)

    @property
    def required(self) -> list[FindingLink]:
        return [one for one in self.findings if one.is_required]

    @property
    def recommended(self) -> list[FindingLink]:
        return [one for one in self.findings if not one.is_required]

    @property
    def folded_required(self) -> list[Folded]:
        return fold(self.required)

    @property
    def folded_recommended(self) -> list[Folded]:
        return fold(self.recommended)


def desk_of(study: Study, actor: Actor) -> Desk:
    """All that the pages of the deposit show of a study. The number of queries does not depend on its size."""
    revisions = _revisions(study)  # before what they are of: a change in between is then told, and not written over
    document = documents.read(study)
    checked = services.check(study, document, may_be_old=True)
    comments = tuple(
        Comment.objects.filter(study=study, resolved_at=None, parent=None)
        .select_related("author", "round")
        .prefetch_related("replies__author")
        .order_by("id")
    )
    has_files = File.objects.filter(study=study).exists()
    targets = {module.key: _targets(document, module.plural) for module in MODULES if module.repeated}
    subjects = {pk: title for rows in targets.values() for pk, title in rows}
    findings = tuple(_link(finding, subjects) for finding in checked.findings)
    marks = Marks(
        problems=_problems(findings, study),
        comments=_by_path(comments),
        edits=_edits(study, document, revisions),
        suggestions=_suggestions(study),
        targets=targets,
        sources=services.sources.of_study(study),
        editable=may(actor, Verb.EDIT, study),
    )
    return Desk(
        study=study,
        document=document,
        revisions=revisions,
        findings=findings,
        score=round(100 * checked.score),
        marks=marks,
        steps=tuple(_mark(step, findings, has_files=has_files) for step in STEPS),
        fair=fair_view(of_draft(document, checked.facts, checked.findings), lambda todo: _link(_wish(todo), subjects)),
        comments=comments,
    )


def _place(path: str) -> tuple[int, int, int]:
    """Where a field stands in the order of the forms: its step, its module, its place in it."""
    at = parse(path)
    names = [one.name for one in BY_KEY[at.module].fields] if at.module in BY_KEY else []
    step = [step.key for step in STEPS].index(STEP_OF_MODULE[at.module])
    module = BY_STEP[STEP_OF_MODULE[at.module]].module_keys
    place = module.index(at.module) if at.module in module else 0
    return step, place, names.index(at.field) if at.field in names else 0


def _link(finding: Finding, subjects: Mapping[str, str]) -> FindingLink:
    """Where to mend it. What a component's images lack is mended where files are put into components."""
    subject = "" if finding.path.startswith(FILES) else subjects.get(parse(finding.path).entity, "")
    if finding.path.startswith(FILES) or (finding.module, finding.field) == ("component", "images"):
        return FindingLink(finding, BY_STEP["files"], html_id(FILES), subject)
    return FindingLink(finding, BY_STEP[STEP_OF_MODULE[finding.module]], html_id(finding.path), subject)


def fold(findings: Iterable[FindingLink]) -> list[Folded]:
    """Equal lines of a step as one, in the order of the first of each."""
    found: dict[tuple[str, str], list[FindingLink]] = {}
    for one in findings:
        found.setdefault((one.step.key, one.finding.message), []).append(one)
    return [Folded(tuple(links)) for links in found.values()]


def _wish(todo: Todo) -> Finding:
    """What would make the study FAIRer, as a finding, so that it is linked alike."""
    if todo.path.startswith(FILES):
        return Finding(todo.path, Level.RECOMMENDED, todo.text, FILES, "")
    at = parse(todo.path)
    return Finding(todo.path, Level.RECOMMENDED, todo.text, at.module, at.field)


def _mark(step: Step, findings: Iterable[FindingLink], *, has_files: bool) -> StepMark:
    of_step = [one for one in findings if one.step is step]
    missing = sum(one.is_required for one in of_step)
    if step.key == "check":
        missing = sum(one.is_required for one in findings)
    could_be_more = of_step or (step.key == "files" and not has_files)
    return StepMark(step, "error" if missing else "open" if could_be_more else "done", missing)


def _problems(findings: Iterable[FindingLink], study: Study) -> Mapping[str, list[str]]:
    """Why values that are there are not right. What is merely missing is told by the panel, not at each empty field."""
    problems: dict[str, list[str]] = defaultdict(list)
    for path, message in InvalidValue.objects.filter(study=study).values_list("path", "message"):
        problems[path].append(message)
    for one in findings:
        if not one.finding.is_missing and one.finding.message not in problems[one.finding.path]:
            problems[one.finding.path].append(one.finding.message)
    return problems


def _edits(study: Study, document: Mapping[str, Any], revisions: Mapping[str, int]) -> Mapping[str, list[Offer]]:
    """What curators suggest, by the path of the field, also if it is for one cell of a table."""
    found: dict[str, list[Offer]] = defaultdict(list)
    edits = SuggestedEdit.objects.filter(study=study, state=SuggestedEdit.State.OPEN).select_related("author")
    for offer in offers_of(edits.order_by("id"), document, revisions):
        at = parse(offer.edit.path)
        found[str(Path(at.module, at.entity, at.field))].append(offer)
    return found


def _by_path(comments: Iterable[Comment]) -> Mapping[str, list[Comment]]:
    found: dict[str, list[Comment]] = defaultdict(list)
    for comment in comments:
        found[comment.path].append(comment)
    return found


def _suggestions(study: Study) -> Mapping[tuple[str, str], list[Suggestion]]:
    found: dict[tuple[str, str], list[Suggestion]] = defaultdict(list)
    for one in Suggestion.objects.filter(study=study, state=Suggestion.State.OFFERED).order_by("id")[:200]:
        found[one.module, one.field].append(one)
    return found


def _targets(document: Mapping[str, Any], plural: str) -> list[tuple[str, str]]:
    module = next(module for module in MODULES if module.plural == plural)
    return [
        (row["id"], title_of(module, row) or f"{module.label} {number}")
        for number, row in enumerate(document[plural], start=1)
    ]


def _revisions(study: Study) -> Mapping[str, int]:
    found = {"": study.revision}
    for model in ENTITIES.values():
        rows = model._default_manager.filter(study=study).values_list("pk", "revision")
        found.update({str(pk): revision for pk, revision in rows})
    return found
