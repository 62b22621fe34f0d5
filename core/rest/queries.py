"""Queries are closed like bodies, by the declaration that the OpenAPI document is made of.

The parameters of an operation (filters, pages, what ``extend_schema`` names) are asked of
drf-spectacular once; then an unknown name, a name given twice and a value that the
document does not allow are errors that name it.
"""

from __future__ import annotations

import re
import threading
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any

from django.http import QueryDict
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.plumbing import ComponentRegistry
from drf_spectacular.settings import spectacular_settings
from rest_framework.exceptions import ValidationError

from core.rest.fields import moment
from core.wire import closed, ids

_DESCRIBING = threading.Lock()
"""drf-spectacular finds its extensions at first use, and not in two threads at once."""
_CONVERTER = re.compile(r"<(?:\w+:)?(\w+)>")
_INTEGER = re.compile(r"-?[0-9]{1,18}")
_NUMBER = re.compile(r"-?[0-9]{1,18}(?:\.[0-9]{1,18})?(?:[eE][+-]?[0-9]{1,3})?")


def check(callback: Any, method: str, route: str, given: QueryDict) -> None:
    """Raise ValidationError for what the operation's query may not hold. ``route`` is Django's pattern."""
    known = declared(callback, "GET" if method == "HEAD" else method, route)
    errors = closed.unknown(given, known, "parameter")
    for name, values in given.lists():
        if name in errors:
            continue
        if len(values) > 1:
            errors[name] = [f"Expected once, got {len(values)} times."]
        elif sentence := wrong(known[name]["schema"], values[0]):
            errors[name] = [sentence]
    for name, parameter in known.items():
        if parameter.get("required") and name not in given:
            errors[name] = ["This parameter is required."]
    if errors:
        raise ValidationError(errors)


@cache
def declared(callback: Any, method: str, route: str) -> dict[str, dict[str, Any]]:
    """Return the documented query parameters of the operation, by name."""
    path = "/" + _CONVERTER.sub(r"{\1}", route)
    with _DESCRIBING:
        generator = SchemaGenerator()  # type: ignore[no-untyped-call]  # keeps the view's schema alive
        view = generator.create_view(callback, method)  # type: ignore[no-untyped-call]
        view.request = spectacular_settings.GET_MOCK_REQUEST(method, path, view, None)
        operation = view.schema.get_operation(path, "/" + route, "/api/", method, ComponentRegistry())
    parameters = (operation or {}).get("parameters", [])
    return {each["name"]: each for each in parameters if each["in"] == "query"}


def wrong(schema: dict[str, Any], text: str) -> str | None:
    """Return what is wrong with a value, None if nothing is."""
    if "\0" in text:
        return "Expected text without NUL characters, got one."
    if schema.get("type") == "array":
        return next(filter(None, (wrong(schema["items"], each) for each in text.split(","))), None)
    if (words := schema.get("enum")) and text not in map(str, words):
        return f"Expected one of {', '.join(map(str, words))}, got {ids.shown(text)}."
    match schema.get("type"), schema.get("format"):
        case "boolean", _:
            return None if text in ("true", "false") else f"Expected true or false, got {ids.shown(text)}."
        case "integer", _:
            return _number(schema, text, _INTEGER, "a whole number")
        case "number", _:
            return _number(schema, text, _NUMBER, "a number")
        case "string", "uuid":
            return _refusal(ids.parse, text)
        case "string", "date-time":
            return _refusal(moment, text)
        case _:
            most = schema.get("maxLength", 400)
            return None if len(text) <= most else f"Expected at most {most} characters, got {len(text)}."


def _number(schema: dict[str, Any], text: str, form: re.Pattern[str], what: str) -> str | None:
    least, most = schema.get("minimum"), schema.get("maximum")
    span = f" from {least}" * (least is not None) + f" to {most}" * (most is not None)
    sentence = f"Expected {what}{span}, got {ids.shown(text)}."
    try:
        number = Decimal(text) if form.fullmatch(text) else None
    except InvalidOperation:
        number = None
    if number is None or (least is not None and number < least) or (most is not None and number > most):
        return sentence
    return None


def _refusal(read: Any, text: str) -> str | None:
    try:
        read(text)
    except ValueError as error:
        return str(error)
    return None
