"""What people do with studies. Each is one transaction, asks `catalogue.access`, and leaves a line in the audit log.

All take `actor` and raise DomainError's kinds: NotFound, NotAllowed, Conflict (the study's state or a newer save is
against it), Invalid (with the place of each problem).
"""

from catalogue.services.checks import check
from catalogue.services.comments import comment, reopen_comment, resolve_comment
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
from catalogue.services.edits import accept_edit, decline_edit, drop_edit, suggest_edit
from catalogue.services.facts import facts_of
from catalogue.services.filling import apply_fill, preview_fill
from catalogue.services.lab_templates import change_template, delete_template, save_template, templates_for
from catalogue.services.referees import end_link, make_link
from catalogue.services.removal import Removed, remember, restore_entity
from catalogue.services.review import approve_round, assign, mark_point, queue, reject, return_to_depositor
from catalogue.services.sharing import share, shared_with, unshare
from catalogue.services.submission import ask_to_retract, reopen, submit, withdraw
from catalogue.services.suggestions import dismiss_suggestion, take_suggestion
from catalogue.services.versions import start_new_version

__all__ = [
    "Removed",
    "Saved",
    "StaleRevision",
    "accept_edit",
    "add_entity",
    "apply_copy",
    "apply_fill",
    "approve_round",
    "ask_to_retract",
    "assign",
    "change_template",
    "check",
    "comment",
    "copy_entity",
    "create_study",
    "decline_edit",
    "delete_study",
    "delete_template",
    "dismiss_suggestion",
    "drop_edit",
    "end_link",
    "facts_of",
    "make_link",
    "mark_point",
    "move_entity",
    "preview_copy",
    "preview_fill",
    "queue",
    "reject",
    "remember",
    "remove_entity",
    "reopen",
    "reopen_comment",
    "resolve_comment",
    "restore_entity",
    "return_to_depositor",
    "save_fields",
    "save_template",
    "share",
    "shared_with",
    "start_new_version",
    "submit",
    "suggest_edit",
    "take_suggestion",
    "templates_for",
    "unshare",
    "withdraw",
]
