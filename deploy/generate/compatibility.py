"""Whether a reader of the last release still understands an event, and today's reader yesterday's events.

jsoncompat was tried: it says yes or no, and no to every added field, since an open object might have had one of that
name before. Our readers ignore what they do not know, so adding an optional field is how an event grows.
"""

from typing import Any, Final

Schema = dict[str, Any]

ANYTHING: Final = frozenset({"string", "number", "integer", "boolean", "object", "array", "null"})
# a smaller (or larger) bound narrows; absent means none
UPPER: Final = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
LOWER: Final = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
EXACT: Final = ("pattern", "format", "const")


def breaks(old: Schema, new: Schema) -> list[str]:
    """Why `new` may not follow `old`; empty when it may: fields added with a default, types widened by a reader."""
    return _object("", old, new, old.get("$defs", {}), new.get("$defs", {}))


def _object(path: str, old: Schema, new: Schema, olds: Schema, news: Schema) -> list[str]:
    found = []
    before, after = old.get("properties", {}), new.get("properties", {})
    found += [f"{path}{name}: removed" for name in before if name not in after]
    found += [
        f"{path}{name}: required, and was not"
        for name in new.get("required", ())
        if name not in old.get("required", ())
    ]
    for name in before.keys() & after.keys():
        found += _value(f"{path}{name}", before[name], after[name], olds, news)
    return found


def _value(path: str, old: Schema, new: Schema, olds: Schema, news: Schema) -> list[str]:
    old, new = _resolved(old, olds), _resolved(new, news)
    found = []
    if lost := _types(old, olds) - _types(new, news):
        found.append(f"{path}: no longer {' or '.join(sorted(lost))}")
    if "enum" in new and (gone := _enum(old) - _enum(new)):
        found.append(f"{path}: no longer {', '.join(sorted(gone))}")
    found += [f"{path}: {name} is new or another" for name in EXACT if name in new and new[name] != old.get(name)]
    found += [f"{path}: {name} is tighter" for name in UPPER if name in new and new[name] < old.get(name, _INFINITE)]
    found += [f"{path}: {name} is tighter" for name in LOWER if name in new and new[name] > old.get(name, -_INFINITE)]
    if "properties" in old:
        found += _object(f"{path}.", old, new, olds, news)
    if "items" in old and "items" in new:
        found += _value(f"{path}[]", old["items"], new["items"], olds, news)
    found += _alternatives(path, old, new, olds, news)
    return found


def _alternatives(path: str, old: Schema, new: Schema, olds: Schema, news: Schema) -> list[str]:
    """Of a union, each alternative is compared with the new one of its type."""
    found = []
    if "anyOf" in old or "anyOf" in new:
        choices = {kind: each for each in new.get("anyOf", [new]) for kind in _types(each, news)}
        for each in old.get("anyOf", [old]):
            for kind in sorted(_types(each, olds) & choices.keys()):
                found += _value(path, _alone(each), _alone(choices[kind]), olds, news)
    return found


def _alone(schema: Schema) -> Schema:
    return {name: value for name, value in schema.items() if name != "anyOf"}


def _resolved(schema: Schema, definitions: Schema) -> Schema:
    reference = schema.get("$ref")
    return definitions[reference.rpartition("/")[2]] if reference else schema


def _types(schema: Schema, definitions: Schema) -> frozenset[str]:
    schema = _resolved(schema, definitions)
    if "anyOf" in schema:
        return frozenset().union(*(_types(each, definitions) for each in schema["anyOf"]))
    kind = schema.get("type")
    if kind is None:
        return ANYTHING
    kinds = frozenset([kind] if isinstance(kind, str) else kind)
    return kinds | {"integer"} if "number" in kinds else kinds


def _enum(schema: Schema) -> frozenset[str]:
    values = schema.get("enum", [schema["const"]] if "const" in schema else ["anything else"])
    return frozenset(str(value) for value in values)


_INFINITE: Final = float("inf")
