"""ETags: who asks again and again for one thing is told that it is as it was, and gets no body."""

import hashlib
from typing import Annotated, Any

from fastapi import Header
from fastapi.responses import Response

from bitloot_admin.models.model import Model

IfNoneMatch = Annotated[str | None, Header(alias="if-none-match", description="an ETag that was answered before")]
UNCHANGED: dict[int | str, dict[str, Any]] = {304: {"description": "As it was when that ETag was answered"}}


def tagged(found: Model, known: str | None) -> Response:
    """`found` as JSON with its ETag; 304 without a body when `known` (If-None-Match) names it."""
    body = found.model_dump_json(by_alias=True).encode()
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"etag": tag, "cache-control": "private, no-cache"}
    if tag in [each.strip().removeprefix("W/") for each in (known or "").split(",")]:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="application/json", headers=headers)
