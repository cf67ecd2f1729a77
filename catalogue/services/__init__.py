"""What people do with studies. Each is one transaction, asks `catalogue.access`, and leaves a line in the audit log.

All take `actor` and raise DomainError's kinds: NotFound, NotAllowed, Conflict (the study's state or a newer save is
against it), Invalid (with the place of each problem).
"""

from catalogue.services.checks import check, facts_of
from catalogue.services.copying import apply_copy, preview_copy
from catalogue.services.drafts import (
    Saved,
    StaleRevision,
    add_entity,
    copy_entity,
    create_study,
    delete_study,
    move_entity,
    remove_entity,
    save_fields,
)
from catalogue.services.lab_templates import change_template, delete_template, save_template, templates_for
from catalogue.services.review import approve_round, comment, queue, resolve_comment, return_to_depositor
from catalogue.services.submission import submit, withdraw
from catalogue.services.suggestions import dismiss_suggestion, take_suggestion
from catalogue.services.versions import start_new_version

__all__ = [
    "Saved",
    "StaleRevision",
    "add_entity",
    "apply_copy",
    "approve_round",
    "change_template",
    "check",
    "comment",
    "copy_entity",
    "create_study",
    "delete_study",
    "delete_template",
    "dismiss_suggestion",
    "facts_of",
    "move_entity",
    "preview_copy",
    "queue",
    "remove_entity",
    "resolve_comment",
    "return_to_depositor",
    "save_fields",
    "save_template",
    "start_new_version",
    "submit",
    "take_suggestion",
    "templates_for",
    "withdraw",
]
