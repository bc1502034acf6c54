"""Whether an event may follow another one: releases overlap, so each one's readers meet the other one's messages.

During a rolling upgrade today's writers fill topics that the last release still reads; afterwards today's readers find
the last release's messages there, on the ladder and among the dead letters. Both must hold: whatever one may write, the
other takes. Readers ignore fields that they do not know (`Event.model_config`), so a field with a default is how an
event grows; nearly everything else is a new type.

jsoncompat was tried: it says yes or no, and no to every added field, since an open object might have had one of that
name before.
"""

from collections.abc import Iterator
from typing import Any, Final

from jsonschema import Draft202012Validator

Schema = dict[str, Any]

INFINITE: Final = float("inf")
# bounds of which a reader's may not be the tighter one, and what their absence means
UPPER: Final = dict.fromkeys(("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"), INFINITE)
LOWER: Final = {"minimum": -INFINITE, "exclusiveMinimum": -INFINITE, "minLength": 0, "minItems": 0, "minProperties": 0}
STRUCTURE: Final = ("type", "enum", "const", "properties", "required", "additionalProperties", "items", "$defs")
TOLD_ONLY: Final = ("title", "description", "default", "examples", "deprecated", "discriminator", "$schema", "$comment")
UNDERSTOOD: Final = frozenset((*UPPER, *LOWER, *STRUCTURE, *TOLD_ONLY))


def breaks(old: Schema, new: Schema) -> list[str]:
    """Why `new` may not follow `old`; empty when it may. In doubt it may not: what is not understood must be the
    same, and no field is taken away, although readers would fill in its default."""
    to_old = [f"{reason} (for the last release's readers)" for reason in _Comparison(new, old, keep=True).reasons()]
    to_new = [f"{reason} (in the last release's messages)" for reason in _Comparison(old, new, keep=False).reasons()]
    return to_old + to_new


class _Comparison:
    """What messages of one schema may say that a reader by the other refuses. `keep`: each field that is read is
    also written."""

    def __init__(self, written: Schema, read: Schema, *, keep: bool) -> None:
        self._written = written
        self._read = read
        self._keep = keep
        self._under_way: set[tuple[str, str]] = set()

    def reasons(self) -> list[str]:
        """Each once, by the path of the field."""
        return list(dict.fromkeys(self._value("", self._written, self._read)))

    def _value(self, path: str, written: Schema, read: Schema) -> Iterator[str]:
        """Every alternative that may be written needs one that is read."""
        pair = (repr(written), repr(read))
        if pair in self._under_way:  # a schema within itself: what is wrong with it is found further up
            return
        self._under_way.add(pair)
        readable = list(_alternatives(read, self._read))
        for each in _alternatives(written, self._written):
            for value in _single_values(each):
                fitting = [list(self._one(path, value, one)) for one in readable if _is_of_kind(value, one)]
                yield from min(fitting, key=len, default=[f"{path}: may be {value.get('type', 'anything')}"])
        self._under_way.discard(pair)

    def _one(self, path: str, written: Schema, read: Schema) -> Iterator[str]:
        if "const" in written:
            if not Draft202012Validator({**read, "$defs": self._read.get("$defs", {})}).is_valid(written["const"]):
                yield f"{path}: may be {written['const']}"
            return
        if "enum" in read or "const" in read:
            yield f"{path}: may be any {written.get('type')}"
        for name in sorted(read.keys() - UNDERSTOOD):
            if written.get(name) != read[name]:
                yield f"{path}: {name} may be another"
        for name, none in UPPER.items():
            if written.get(name, none) > read.get(name, none):
                yield f"{path}: {name} may be exceeded"
        for name, none in LOWER.items():
            if written.get(name, none) < read.get(name, none):
                yield f"{path}: {name} may not be reached"
        if written.get("type") == "object":
            yield from self._object(f"{path}." if path else "", written, read)
        if written.get("type") == "array":
            yield from self._value(f"{path}[]", written.get("items", {}), read.get("items", {}))

    def _object(self, path: str, written: Schema, read: Schema) -> Iterator[str]:
        fields, known, more = written.get("properties", {}), read.get("properties", {}), _under_any_name(written)
        gone = {name for name in known if self._keep and name not in fields and more is None}
        yield from (f"{path}{name}: is gone" for name in known if name in gone)
        for name in read.get("required", ()):
            if name not in gone and name not in written.get("required", ()):
                yield f"{path}{name}: may be missing"
        for name, schema in known.items():
            source = fields.get(name, more)
            if source is not None:
                yield from self._value(f"{path}{name}", source, schema)
        unknown = {name: schema for name, schema in fields.items() if name not in known}
        unknown |= {} if more is None else {"*": more}
        rest = read.get("additionalProperties", True)
        for name, schema in unknown.items():
            if rest is False:
                yield f"{path}{name}: is not known, and not ignored"
            elif rest is not True:
                yield from self._value(f"{path}{name}", schema, rest)


def _under_any_name(written: Schema) -> Schema | None:
    """What an object holds beside its properties: a map's values. A model of ours writes its fields and nothing else,
    although its schema is open."""
    more = written.get("additionalProperties", None if "properties" in written else {})
    if isinstance(more, bool):
        return {} if more else None
    return dict(more) if more is not None else None


def _alternatives(schema: Schema, root: Schema) -> Iterator[Schema]:
    """The schema as those that it may stand for, without references, unions and lists of types."""
    if "$ref" in schema:
        found = root.get("$defs", {})[schema["$ref"].rpartition("/")[2]]
        yield from _alternatives({**found, **_without(schema, "$ref")}, root)
    elif choices := schema.get("anyOf") or schema.get("oneOf"):
        for each in choices:
            yield from _alternatives({**_without(schema, "anyOf", "oneOf"), **each}, root)
    elif isinstance(schema.get("type"), list):
        for kind in schema["type"]:
            yield {**schema, "type": kind}
    else:
        yield schema


def _single_values(schema: Schema) -> Iterator[Schema]:
    """A choice of values one by one."""
    values = schema.get("enum", [schema["const"]] if "const" in schema else None)
    if values is None:
        yield schema
    else:
        yield from ({"const": value} for value in values)


def _is_of_kind(written: Schema, read: Schema) -> bool:
    kind, wanted = written.get("type"), read.get("type")
    return "const" in written or wanted is None or kind == wanted or (kind, wanted) == ("integer", "number")


def _without(schema: Schema, *names: str) -> Schema:
    return {name: value for name, value in schema.items() if name not in names}
