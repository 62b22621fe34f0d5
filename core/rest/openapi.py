"""The OpenAPI document: what drf-spectacular cannot see by itself.

Endpoints outside of Django (the hot commands) hand their paths in with ``register``;
every operation gets the problem document as its answer for whatever goes wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from drf_spectacular.extensions import OpenApiSerializerExtension
from drf_spectacular.openapi import AutoSchema

from core.rest.preconditions import KEY

Fragment = dict[str, Any]
"""A piece of an OpenAPI document: ``{"paths": {...}, "components": {"schemas": {...}}}``."""

_sources: dict[str, Callable[[], Fragment]] = {}

_PROBLEM: Fragment = {
    "type": "object",
    "description": "RFC 9457 problem document. `error` and `message` repeat `detail` for older clients.",
    "required": ["type", "title", "status", "detail", "code", "error", "message"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "code": {"type": "string", "description": "Stable and machine-readable."},
        "error": {"type": "string"},
        "message": {"type": "string"},
        "errors": {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}},
    },
    "additionalProperties": True,
}


class ClosedBody(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]
    """Bodies that take no other fields say so."""

    target_class = "core.rest.fields.ClosedSerializer"
    match_subclasses = True

    def map_serializer(self, auto_schema: Any, direction: str) -> Fragment:
        """Return the schema, closed."""
        schema: Fragment = auto_schema._map_serializer(self.target, direction, bypass_extensions=True)
        return {**schema, "additionalProperties": False}


_METHODS = frozenset({"get", "put", "post", "delete", "patch"})


def register(name: str, source: Callable[[], Fragment]) -> None:
    """Let ``source()`` add its paths and components to the document; the same name again replaces it."""
    _sources[name] = source


class Schema(AutoSchema):
    """Groups operations by the first part of their path after /api/."""

    def get_override_parameters(self) -> list[Any]:
        """Return the key that every command takes."""
        takes_key = getattr(self.view, "keeps", "never") != "never" and self.method not in ("GET", "HEAD")
        return [KEY] if takes_key else []

    def get_tags(self) -> list[str]:
        """Return one tag, e.g. ``auth``."""
        return [self.path.strip("/").split("/")[1]]


def merge_registered(result: Fragment, **_: Any) -> Fragment:
    """Post-processing hook: add what was registered."""
    for source in _sources.values():
        fragment = source()
        result["paths"].update(fragment.get("paths", {}))
        for kind, members in fragment.get("components", {}).items():
            result["components"].setdefault(kind, {}).update(members)
    result["paths"] = dict(sorted(result["paths"].items()))
    return result


def add_problems(result: Fragment, **_: Any) -> Fragment:
    """Post-processing hook: every operation may answer with a problem."""
    result["components"].setdefault("schemas", {})["Problem"] = _PROBLEM
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for item in result["paths"].values():
        for method, operation in item.items():
            if method in _METHODS:
                answer = {"description": "What went wrong.", "content": content}
                operation["responses"].setdefault("default", answer)
    return result
