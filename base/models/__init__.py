from base.models.audit import AuditEvent
from base.models.files import StoredFile, Upload, UploadFolder
from base.models.jobs import Job, Outbox
from base.models.people import ApiToken, Group, User
from base.models.requests import AnsweredRequest

__all__ = [
    "AnsweredRequest",
    "ApiToken",
    "AuditEvent",
    "Group",
    "Job",
    "Outbox",
    "StoredFile",
    "Upload",
    "UploadFolder",
    "User",
]
