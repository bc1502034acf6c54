"""Identifiers: UUIDv7 (RFC 9562), so that rows made together lie together in their indexes."""

from uuid import UUID

import uuid_utils


def new_id() -> UUID:
    """A UUIDv7: time-ordered, monotonic within the process."""
    return UUID(int=uuid_utils.uuid7().int)
