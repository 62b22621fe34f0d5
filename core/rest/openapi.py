"""The OpenAPI document: what drf-spectacular cannot see by itself.

Endpoints outside of Django (the hot commands) hand their paths in with ``register``;
every operation gets the problem document as its answer for whatever goes wrong.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from drf_spectacular.extensions import OpenApiSerializerExtension, OpenApiSerializerFieldExtension
from drf_spectacular.openapi import AutoSchema
from rest_framework import serializers

from core.rest.examples import EXAMPLES
from core.rest.preconditions import KEY
from core.rest.tags import TAGS

Fragment = dict[str, Any]
"""A piece of an OpenAPI document: ``{"paths": {...}, "components": {"schemas": {...}}}``."""

REFUSALS = "x-refusals"
"""Member of an operation: the codes of refusals that a well-formed request may meet."""
_KEY, _IF_MATCH = "Idempotency-Key", "If-Match"

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
        "error_codes": {
            "type": "object",
            "description": "Beside `errors`: each sentence's code and the values in it.",
            "additionalProperties": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["code", "values"],
                    "properties": {"code": {"type": "string"}, "values": {"type": "object"}},
                },
            },
        },
    },
    "additionalProperties": True,
}


class ClosedBody(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]
    """Declares in the schema that a body takes no other fields."""

    target_class = "core.rest.fields.ClosedSerializer"
    match_subclasses = True

    def map_serializer(self, auto_schema: Any, direction: str) -> Fragment:
        """Return the schema, closed."""
        schema: Fragment = auto_schema._map_serializer(self.target, direction, bypass_extensions=True)
        properties = {
            name: _with_length(self.target.fields[name], each)
            for name, each in schema.get("properties", {}).items()
        }
        if any(isinstance(field, serializers.FileField) for field in self.target.fields.values()):
            # A form has no null.
            properties = {name: _not_null(each) for name, each in properties.items()}
        return {**schema, "properties": properties, "additionalProperties": False}


def _with_length(field: serializers.Field[Any, Any, Any, Any], schema: Fragment) -> Fragment:
    """Return a field's schema with minLength where text may not be blank, also inside a list."""
    if isinstance(field, serializers.ListField) and "items" in schema:
        return {**schema, "items": _with_length(field.child, schema["items"])}
    if isinstance(field, serializers.CharField) and not field.allow_blank:
        return _not_blank(schema)
    return schema


def _not_blank(schema: Fragment) -> Fragment:
    """Return the schema of text that may not be blank."""
    return {"minLength": 1, **schema} if "enum" not in schema and "$ref" not in schema else schema


def _not_null(schema: Fragment) -> Fragment:
    kinds, parts = schema.get("type"), schema.get("oneOf")
    if None in schema.get("enum", ()):
        schema = {**schema, "enum": [each for each in schema["enum"] if each is not None]}
    if isinstance(kinds, list):
        return {**schema, "type": next(kind for kind in kinds if kind != "null")}
    if parts is not None:
        kept = [each for each in parts if each not in ({"type": "null"}, _NULL_ENUM)]
        return {**schema, "oneOf": kept}
    return schema


class UploadedFile(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """Files are bytes where they are taken; none is ever answered."""

    target_class = "rest_framework.fields.FileField"

    def map_serializer_field(self, auto_schema: Any, direction: str) -> Fragment:
        """Return the schema."""
        return {"type": "string", "format": "binary", "minLength": 1}


class MoneyField(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """Amounts are numbers, or texts that say the same."""

    target_class = "core.rest.fields.Money"

    def map_serializer_field(self, auto_schema: Any, direction: str) -> Fragment:
        """Return the schema."""
        field = self.target
        whole = field.max_digits - field.decimal_places
        least = {"exclusiveMinimum": -(10**whole)} if field.min_value is None else {"minimum": 0}
        sign = "-?" if field.min_value is None else ""
        text = rf"^{sign}[0-9]{{1,{whole}}}(\.[0-9]{{1,{field.decimal_places}}})?$"
        number = {"type": "number", "format": "double", **least, "exclusiveMaximum": 10**whole}
        return {"oneOf": [number, {"type": "string", "pattern": text}]}


_NULL_ENUM: Fragment = {"$ref": "#/components/schemas/NullEnum"}
_SENTENCE = re.compile(r"(?<=[^.]\.)\s+(?=[A-Z])")
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

    def get_extensions(self) -> Fragment:
        """Return the refusals of what the operation's rules forbid."""
        found: Fragment = super().get_extensions()
        rules = getattr(self.view, "refuses", ())
        reads = self.method == "GET" and any(hasattr(self.view, each) for each in ("post", "put", "patch"))
        return {REFUSALS: list(rules), **found} if rules and not reads else found

    def get_summary(self) -> str:
        """Return the first sentence of the operation's docstring."""
        first = " ".join(self.get_description().strip().split("\n\n")[0].split())
        return _SENTENCE.split(first, maxsplit=1)[0].rstrip(".")

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
    """Post-processing hook: every operation documents its problem responses."""
    components = result["components"]
    components.setdefault("schemas", {})["Problem"] = _PROBLEM
    components["responses"] = {name: _answer(*each) for name, each in _ANSWERS.items()}
    for path, item in result["paths"].items():
        for method, operation in item.items():
            if method in _METHODS:
                if (example := EXAMPLES.get(operation["operationId"])) is not None:
                    operation["requestBody"]["content"]["application/json"]["example"] = example
                for parameter in operation.get("parameters", []):
                    if parameter["in"] == "query" and parameter["schema"].get("type") == "array":
                        parameter["schema"]["minItems"] = 1
                for status in (*_statuses(path, method, operation), "default"):
                    answer = {"$ref": f"#/components/responses/Problem{status.capitalize()}"}
                    operation["responses"].setdefault(status, answer)
    result["tags"] = [{"name": name, "description": text} for name, text in TAGS.items()]
    return result


def _statuses(path: str, method: str, operation: Fragment) -> Iterator[str]:
    """Yield the statuses of the problems that may be answered."""
    headers = {each["name"] for each in operation.get("parameters", []) if each["in"] == "header"}
    yield "400"
    if operation.get("security"):
        yield from ("401", "403")
    if "{" in path or "requestBody" in operation:
        yield "404"
    if method != "get":
        yield "409"
    if _IF_MATCH in headers:
        yield from ("412", "428")
    if "requestBody" in operation:
        yield from ("413", "415")
    if _KEY in headers:
        yield "422"
    yield from ("429", "503")


def _answer(text: str, headers: tuple[str, ...] = ()) -> Fragment:
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    answer: Fragment = {"description": text, "content": content}
    if headers:
        answer["headers"] = {name: _HEADERS[name] for name in headers}
    return answer


_HEADERS: dict[str, Fragment] = {
    "Retry-After": {
        "description": "Seconds to wait.",
        "required": True,
        "schema": {"type": "integer", "minimum": 1},
    },
    "RateLimit-Policy": {
        "description": 'The limit: its name, how many (q) in how many seconds (w), e.g. `"auth";q=60;w=60`.',
        "schema": {"type": "string"},
    },
    "RateLimit": {
        "description": 'What is left of it (r), and when there is more (t, seconds), e.g. `"auth";r=0;t=7`.',
        "schema": {"type": "string"},
    },
    "WWW-Authenticate": {"description": "`Bearer`.", "schema": {"type": "string"}},
}
_ANSWERS: dict[str, tuple[str, tuple[str, ...]]] = {
    "Problem400": ("Malformed, which `errors` tell field by field, or refused by a rule of the shop.", ()),
    "Problem401": ("No token, or none that counts.", ("WWW-Authenticate",)),
    "Problem403": ("The caller's role does not allow it.", ()),
    "Problem404": ("There is no such thing, or it is another tenant's.", ()),
    "Problem409": ("Somebody else holds it, or it is not in the state for this.", ()),
    "Problem412": ("It was changed since it was read; read it again.", ()),
    "Problem413": ("The body is too large.", ()),
    "Problem415": ("The body is of a type that is not taken.", ()),
    "Problem422": ("The Idempotency-Key came before, with another body.", ()),
    "Problem428": ("If-Match is missing.", ()),
    "Problem429": ("Too often.", ("Retry-After", "RateLimit-Policy", "RateLimit")),
    "Problem503": ("Overloaded or recovering; nothing is lost, try again.", ("Retry-After",)),
    "ProblemDefault": ("Anything else that went wrong.", ()),
}
