from base.models.audit import AuditEvent
from base.models.files import StoredFile, Upload, UploadFolder
from base.models.jobs import Job, Outbox
from base.models.people import ApiToken, Group, User
from base.models.requests import AnsweredRequest
from base.models.tiers import FixityCheck, StoredMove, TierRule

__all__ = [
    "AnsweredRequest",
    "ApiToken",
    "AuditEvent",
    "FixityCheck",
    "Group",
    "Job",
    "Outbox",
    "StoredFile",
    "StoredMove",
    "TierRule",
    "Upload",
    "UploadFolder",
    "User",
]
