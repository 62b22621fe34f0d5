"""JSON schemas of the structs that serve, shared by both API documents."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

REF = "#/components/schemas/{name}"


def schemas(types: Iterable[Any]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return the schema of each type, and the components that they refer to.

    Money is a number on the wire, which JSON Schema cannot know of a Decimal.
    """
    found, components = msgspec.json.schema_components(types, ref_template=REF)
    return [_plain(schema) for schema in found], {
        _short(name): _plain(each) for name, each in components.items()
    }


def _short(name: str) -> str:
    """Return the name of a component: of those that several modules have, with the module's in front."""
    *_, module, name = f".{name}".rsplit(".", 2)
    return module.title() + name


def _plain(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_plain(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("format") == "decimal":
        return {"type": "number"}
    if "$ref" in schema:
        path, _, name = schema["$ref"].rpartition("/")
        return {**schema, "$ref": f"{path}/{_short(name)}"}
    return {name: _plain(each) for name, each in schema.items()}
