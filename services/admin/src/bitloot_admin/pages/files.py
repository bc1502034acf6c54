"""Static files: kept for ever under a URL that changes with the content, asked about otherwise."""

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

_FOR_EVER = "public, max-age=31536000, immutable"


class Files(StaticFiles):
    """Our own files and the vendored ones."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        kept = scope["query_string"].startswith(b"v=") or path.endswith(".woff2")
        response.headers["cache-control"] = _FOR_EVER if kept else "no-cache"
        response.headers["x-content-type-options"] = "nosniff"
        return response
