"""What the API's documentation shows: one order's story, told in every answer.

An example is put together from its schema: a field's by `Schema.field` or by its name in examples.json, else by
its type.
So a new field or route has an example the moment that it is declared.
"""

from pathlib import Path
from typing import Any, Final

import orjson

# absent: by its type
_SAID: Final[dict[str, Any]] = orjson.loads(Path(__file__).with_suffix(".json").read_bytes())
_BY_TYPE: Final[dict[str, Any]] = {"string": "…", "integer": 0, "number": 0.0, "boolean": False, "object": {}}
_BY_FORMAT: Final = {name: _SAID[of] for name, of in {"uuid": "orderId", "date-time": "at", "email": "email"}.items()}


def example(schema: dict[str, Any], known: dict[str, Any]) -> Any:
    """An instance of `schema`; `known` are the schemas that it may refer to."""
    return _of(schema, known, "", "")


def _of(schema: dict[str, Any], known: dict[str, Any], owner: str, field: str) -> Any:
    for said in (f"{owner}.{field}", field):
        if field and said in _SAID:
            return _SAID[said]
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return _of(known[name], known, name, "")
    if "enum" in schema:
        return schema["enum"][0]
    for choice in schema.get("anyOf", ()):
        return _of(choice, known, owner, "")
    if "const" in schema:
        return schema["const"]
    if schema.get("type") == "array":
        return [_of(schema["items"], known, owner, "")]
    if "properties" in schema:
        return {name: _of(inner, known, owner, name) for name, inner in schema["properties"].items()}
    return _BY_FORMAT.get(schema.get("format", ""), _BY_TYPE.get(schema.get("type", ""), None))
