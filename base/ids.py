"""Identifiers of rows: UUID version 7 (RFC 9562), so that keys made later sort later and lists can page by them."""

import uuid

from uuid_utils.compat import uuid7


def new_id() -> uuid.UUID:
    """A fresh UUIDv7, monotonic within this process."""
    return uuid7()
