"""`/docs`: the service's OpenAPI in Swagger UI, whose files the package fastapi-swagger brings: nothing is loaded from
a third party at run time. `/docs/asyncapi`: the topics, as a page without scripts, as JSON and as YAML."""

import json
from functools import cache
from html import escape
from importlib.resources import files
from typing import Any, Final

import yaml
from fastapi import APIRouter, FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse, JSONResponse, Response

from bitloot_common import asyncapi

NO_CDN: Final[dict[str, Any]] = {"docs_url": None, "redoc_url": None, "swagger_ui_oauth2_redirect_url": None}
"""For FastAPI's constructor: its own pages load from a third party."""

_ASSETS: Final = {
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui.css": "text/css",
    "favicon-32x32.png": "image/png",
}
_STYLE: Final = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
pre { overflow: auto; padding: 1rem; background: light-dark(#f4f4f5, #222) }
table { border-collapse: collapse } td, th { text-align: left; vertical-align: top; padding: .2rem 1rem .2rem 0 }
"""


def install_docs(app: FastAPI) -> None:
    """Adds the pages. The application is made with `**NO_CDN`."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/docs")
    async def swagger() -> Response:
        return get_swagger_ui_html(
            openapi_url="/openapi.json",
            title=app.title,
            swagger_js_url="/docs/assets/swagger-ui-bundle.js",
            swagger_css_url="/docs/assets/swagger-ui.css",
            swagger_favicon_url="/docs/assets/favicon-32x32.png",
        )

    @routes.get("/docs/assets/{name}")
    async def asset(name: str) -> Response:
        if name not in _ASSETS:
            return Response(status_code=404)
        content = files("fastapi_swagger").joinpath("resources", name).read_bytes()
        return Response(content, media_type=_ASSETS[name], headers={"cache-control": "max-age=86400"})

    @routes.get("/docs/asyncapi")
    async def page() -> Response:
        return HTMLResponse(_page())

    @routes.get("/docs/asyncapi.json")
    async def as_json() -> Response:
        return JSONResponse(asyncapi.document())

    @routes.get("/docs/asyncapi.yaml")
    async def as_yaml() -> Response:
        return Response(to_yaml(asyncapi.document()), media_type="application/yaml")

    app.include_router(routes)


def to_yaml(document: dict[str, Any]) -> str:
    """YAML as it is checked in: order kept, no aliases."""
    dumper = type("Plain", (yaml.SafeDumper,), {"ignore_aliases": lambda *_: True})
    text: str = yaml.dump(document, Dumper=dumper, sort_keys=False, allow_unicode=True, width=120)
    return text


@cache
def _page() -> str:
    document = asyncapi.document()
    parts = [f"<h1>{escape(document['info']['title'])}</h1><p>{escape(document['info']['description'])}</p>"]
    parts += [_channel(name, channel, document) for name, channel in document["channels"].items()]
    parts.append("<h1>Messages</h1>")
    parts += [_message(name, message, document) for name, message in document["components"]["messages"].items()]
    head = f"<!doctype html><html lang=en><meta charset=utf-8><title>BitLoot events</title><style>{_STYLE}</style>"
    links = '<p><a href="/docs">OpenAPI</a> · <a href="asyncapi.yaml">YAML</a> · <a href="asyncapi.json">JSON</a></p>'
    return head + links + "".join(parts)


def _channel(name: str, channel: dict[str, Any], document: dict[str, Any]) -> str:
    operations = [each for each in document["operations"].values() if each["channel"]["$ref"] == f"#/channels/{name}"]
    rows = "".join(
        f"<tr><th>{escape(each['tags'][0]['name'])}<td>{'sends' if each['action'] == 'send' else 'reads'}<td>"
        + ", ".join(_link(reference["$ref"]) for reference in each["messages"])
        for each in operations
    )
    return f"<h2>{escape(channel['address'])}</h2><p>{escape(channel['description'])}</p><table>{rows}</table>"


def _link(reference: str) -> str:
    name = escape(reference.rpartition("/")[2])
    return f'<a href="#{name}">{name}</a>'


def _message(name: str, message: dict[str, Any], document: dict[str, Any]) -> str:
    body = escape(json.dumps(document["components"]["schemas"][name], indent=2))
    title = f"<h2 id={escape(name)}>{escape(name)} <code>{escape(message['name'])}</code></h2>"
    return f"{title}<p>{escape(message['summary'])}</p><details><summary>Schema</summary><pre>{body}</pre></details>"
