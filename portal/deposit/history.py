"""What was done with a study, in words: the audit log as its depositor reads it."""

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from base.audit import history
from base.models import AuditEvent
from catalogue.models import Study
from catalogue.paths import parse
from catalogue.rules.fields import Module
from catalogue.rules.rembi import BY_KEY
from catalogue.rules.titles import title_of

READ = 300  # events; what a person does in one go becomes one line
NAMED = 4

OF_FIELDS = {"changed", "mapped", "replaced terms", "took terms back"}
PLAIN = {
    "started the study": gettext_lazy("started the study"),
    "replaced the metadata": gettext_lazy("replaced the metadata"),
    "sent to the curators": gettext_lazy("sent it to the curators"),
    "withdrew from review": gettext_lazy("took it back from the curators"),
    "returned to the depositor": gettext_lazy("returned it to the depositor"),
    "approved": gettext_lazy("approved it"),
    "rejected": gettext_lazy("rejected it"),
    "opened again": gettext_lazy("opened it again as a draft"),
    "ended the embargo": gettext_lazy("had it published before its day"),
    "asked to withdraw it from the public": gettext_lazy("asked to withdraw it from the public"),
    "withdrew from the public": gettext_lazy("withdrew it from the public"),
    "removed the bytes of a withdrawn file": gettext_lazy("removed the bytes of a withdrawn file"),
    "replaced the bytes of a withdrawn file": gettext_lazy("put a de-identified copy in the place of a withdrawn file"),
    "asked to de-identify a withdrawn file": gettext_lazy("asked for a de-identified copy of a withdrawn file"),
    "assigned": gettext_lazy("said who reviews it"),
    "made a private link": gettext_lazy("made a private link"),
    "ended a private link": gettext_lazy("ended a private link"),
    "published": gettext_lazy("published it"),
    "loaded a demo study": gettext_lazy("loaded it as a demo"),
    "started a new version": gettext_lazy("started a new version"),
}


@dataclass
class Line:
    """One line: `what` says it, of `names`."""

    at: datetime.datetime
    who: str
    verb: str
    names: list[str] = field(default_factory=list)
    count: int = 0

    @property
    def text(self) -> str:
        if self.verb in PLAIN:
            return str(PLAIN[self.verb])
        names = ", ".join(self.names[:NAMED]) + (" …" if len(self.names) > NAMED else "")
        if self.verb.endswith(" files"):
            files = ngettext("%(count)d file", "%(count)d files", self.count) % {"count": self.count}
            names = f"{files}: {names}" if names else files
            verbs = {
                "uploaded files": _("uploaded %(what)s"),
                "registered in place files": _("registered %(what)s in place"),
                "grouped files": _("grouped %(what)s"),
            }
        else:
            verbs = {
                "changed": _("changed %(what)s"),
                "added": _("added %(what)s"),
                "removed": _("removed %(what)s"),
                "moved": _("moved %(what)s"),
                "commented": _("commented on %(what)s"),
                "settled a comment": _("settled a comment on %(what)s"),
                "opened a comment again": _("opened a comment on %(what)s again"),
                "suggested a value": _("suggested a value for %(what)s"),
                "took a suggested value": _("took a suggested value for %(what)s"),
                "declined a suggested value": _("declined a suggested value for %(what)s"),
                "took a suggestion back": _("took a suggestion for %(what)s back"),
                "removed a file": _("removed the file %(what)s"),
                "mapped": _("gave terms to %(what)s"),
                "replaced terms": _("put other terms for outdated ones in %(what)s"),
                "took terms back": _("took terms back from %(what)s"),
            }
        return verbs.get(self.verb, f"{self.verb} %(what)s") % {"what": names or _("the study")}


def lines_of(study: Study, limit: int = 50) -> list[Line]:
    """Newest first; events of one person and kind that follow one another are one line."""
    lines: list[Line] = []
    for event in history(study.pk).select_related("actor")[:READ]:
        who = str(event.actor or _("the site"))
        last = lines[-1] if lines else None
        if last is None or (last.who, last.verb) != (who, event.verb) or event.verb in PLAIN:
            if len(lines) == limit:
                break
            last = Line(event.at, who, event.verb)
            lines.append(last)
        names, count = _names(event)
        last.names += [name for name in names if name not in last.names]
        last.count += count
    return lines


def line_of(event: AuditEvent) -> Line:
    """One event as a line of its own."""
    names, count = _names(event)
    return Line(event.at, str(event.actor or _("the site")), event.verb, names, count)


def _names(event: AuditEvent) -> tuple[list[str], int]:
    """What an event was about, and to how many files."""
    detail: Mapping[str, Any] = event.detail
    if event.verb == "removed a file":
        return [str(detail.get("path", ""))], 1
    if event.verb == "grouped files":
        return [detail["component"]] if detail.get("component") else [], detail.get("count", 0)
    if "paths" in detail:
        return list(detail["paths"]), detail.get("count", 0)
    if event.verb == "removed":
        return list(_removed(detail.get("changes", ()))), 0
    paths = [change[0] for change in detail.get("changes", ())] if event.verb in OF_FIELDS else []
    return list(dict.fromkeys(filter(None, map(_label, paths or [detail.get("path", "")])))), 0


def _removed(changes: Iterable[Any]) -> Iterable[str]:
    for path, old, _new in changes:
        module = BY_KEY.get(str(path).partition("/")[0])
        title = title_of(module, old) if module and isinstance(old, Mapping) else ""
        yield f"{_label(path)} “{title}”" if title else _label(path)


def _label(text: str) -> str:
    """A path in words: the field, and for repeated modules of what."""
    try:
        path = parse(text)
        module: Module = BY_KEY[path.module]
    except (ValueError, KeyError):
        return ""
    if not path.field:
        return module.label.lower()
    try:
        label = module.field(path.field).label
    except KeyError:
        label = path.field
    return f"{module.label.lower()}: {label}" if module.repeated else label
