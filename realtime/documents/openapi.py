"""The hot commands' part of the OpenAPI document, from the command table."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from core.rest import openapi
from realtime.commands.table import TABLE
from realtime.documents.schemas import schemas
from realtime.pipeline.row import Command, Route, fixed_by_path, http_body, path_parameters
from realtime.wire import text_fields

Text = Annotated[str, Meta(min_length=1, max_length=64)]

_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
    "description": "The same key again gives the first answer again and changes nothing.",
}


def register() -> None:
    """Let the document of drf-spectacular include these paths."""
    openapi.register("commands", fragment)


def fragment() -> dict[str, Any]:
    """Return the paths and components of every route of the table."""
    rows = [(command, route) for command in TABLE for route in command.routes]
    bodies, components = schemas([http_body(command, route) for command, route in rows])
    paths: dict[str, Any] = {}
    for (command, route), body in zip(rows, bodies, strict=True):
        answers, more = schemas(_answers(command, route))
        components |= more
        answer = answers[0] if len(answers) == 1 else {"oneOf": answers}
        operation = _operation(command, route, body, answer)
        paths.setdefault(f"/api{route.path}", {})[route.method.lower()] = operation
    paths["/api/asyncapi"] = {"get": _ASYNCAPI}
    return {"paths": paths, "components": {"schemas": components}}


def _answers(command: Command, route: Route) -> tuple[Any, ...]:
    answer = route.answer or command.answer
    return answer if isinstance(answer, tuple) else (answer,)


def _operation(
    command: Command, route: Route, body: dict[str, Any], answer: dict[str, Any]
) -> dict[str, Any]:
    success = {"application/json": {"schema": answer}}
    statuses = {route.status, *route.also}
    operation: dict[str, Any] = {
        "operationId": f"{command.name}.{route.method.lower()}{route.path.replace('/', '.')}",
        "summary": command.summary,
        "description": _description(command),
        "tags": [route.path.split("/")[1]],
        "security": [{"bearer": []}],
        "parameters": _path(command, route),
        "responses": {str(status): _response(status, success) for status in sorted(statuses)},
    }
    if refusals := _refusals(command):
        operation[openapi.REFUSALS] = refusals
    if route.method != "GET":
        operation["parameters"].append(_KEY)
    if route.etag:
        operation["responses"]["304"] = {"description": "Unchanged since the ETag in If-None-Match."}
        tag = {"name": "If-None-Match", "in": "header", "required": False, "schema": {"type": "string"}}
        operation["parameters"].append(tag)
    if route.query:
        operation["parameters"] += _query(command, route)
    elif set(command.body.__struct_fields__) - fixed_by_path(route):
        operation["requestBody"] = {
            "required": _is_required(command, route),
            "content": {"application/json": {"schema": body}},
        }
    return operation


def _refusals(command: Command) -> list[str]:
    """Return the codes of its refusals: the row's own, and that of a text that is no line."""
    return list(dict.fromkeys((*command.refusals, *(["unfit"] if text_fields(command.body) else []))))


def _is_required(command: Command, route: Route) -> bool:
    """Return whether there must be a body: one of optional fields may be left out as a whole."""
    return any(each.required for each in msgspec.structs.fields(http_body(command, route)))


def _query(command: Command, route: Route) -> list[dict[str, Any]]:
    """Return a parameter for each field that comes in the query; all are optional or have a default."""
    fixed = fixed_by_path(route)
    fields = [each for each in msgspec.structs.fields(command.body) if each.name not in fixed]
    return [
        {
            "name": each.name,
            "in": "query",
            "required": each.required,
            "schema": schemas([each.type])[0][0],
        }
        for each in fields
    ]


def _description(command: Command) -> str:
    text = f"Also the socket command `{command.name}`." if command.socket else ""
    if command.permission != "own":
        besides = ", or to be about the caller's own" if command.owners_may else ""
        text += f" Needs the permission {command.permission} in the branch{besides}."
    if refusals := _refusals(command):
        text += f" Refusals: {', '.join(refusals)}."
    return text.strip()


def _path(command: Command, route: Route) -> list[dict[str, Any]]:
    """Return the path's parameters, of the types that the fields of the body have that they give."""
    types = {each.name: each.type for each in msgspec.structs.fields(command.body)}
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": schemas([types.get(field, Text)])[0][0],
            **({"description": _MEANINGS[name]} if name in _MEANINGS else {}),
        }
        for name, field in path_parameters(route).items()
    ]


def _response(status: int, content: dict[str, Any]) -> dict[str, Any]:
    if status == 204:
        return {"description": "Done; nothing to say."}
    return {"description": "Created." if status == 201 else "Done.", "content": content}


_MEANINGS = {
    "branch_id": "Id or code of the branch.",
    "cart_number": "Number or code of the trolley.",
}
_ASYNCAPI: dict[str, Any] = {
    "operationId": "asyncapi",
    "summary": "The AsyncAPI 3 document of the websockets.",
    "tags": ["asyncapi"],
    "security": [],
    "parameters": [],
    "responses": {
        "200": {
            "description": "The document.",
            "content": {"application/json": {"schema": {"type": "object"}}},
        }
    },
}
