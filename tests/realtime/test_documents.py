"""The API documents are generated from what serves, complete and current."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

import httpx
from openapi_spec_validator import OpenAPIV31SpecValidator

from realtime.commands.table import FRAMES, TABLE
from realtime.documents import asyncapi, permissions
from realtime.server import Server
from realtime.wire import SOCKET_FRAMES


async def _get(server: Server, path: str) -> Any:
    transport = httpx.ASGITransport(app=server)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
        answer = await http.get(path)
        assert answer.status_code == 200
        return answer.json()


def test_the_asyncapi_document_in_docs_is_current() -> None:
    assert asyncapi.FILE.read_text(encoding="utf-8") == asyncapi.text(), "run python -m scripts.asyncapi"


def test_the_page_of_permissions_in_docs_is_current() -> None:
    assert permissions.FILE.read_text(encoding="utf-8") == permissions.text(), (
        "run python -m scripts.permissions"
    )


def test_every_frame_has_a_message_and_every_reference_leads_somewhere() -> None:
    document = asyncapi.document()
    messages = document["components"]["messages"]
    for way in FRAMES.values():
        assert {way.row.name, f"{way.row.name}.reply"} <= messages.keys()
    for frame in SOCKET_FRAMES:
        assert frame.__struct_config__.tag in messages
    for reference in _references(document):
        place: Any = document
        for part in reference.removeprefix("#/").split("/"):
            place = place[part]


def test_every_mqtt_topic_of_the_manual_is_in_the_document() -> None:
    channels = asyncapi.document()["channels"]
    addresses = {each["address"] for each in channels.values()}
    manual = (asyncapi.FILE.parent / "MQTT.md").read_text(encoding="utf-8")
    below = re.findall(r"^\| `((?:devices|carts)/[^`]*)` \|", manual, re.M)
    assert len(below) == 7
    assert {f"cartwise/{{chain}}/{{branch}}/{each}" for each in below} <= addresses
    assert "cartwise/bridge/{name}/status" in addresses
    for name, message in asyncapi.document()["components"]["messages"].items():
        assert message["payload"], name


def _references(thing: Any) -> list[str]:
    if isinstance(thing, dict):
        own = [thing["$ref"]] if "$ref" in thing else []
        return own + [each for value in thing.values() for each in _references(value)]
    if isinstance(thing, list):
        return [each for value in thing for each in _references(value)]
    return []


async def test_the_asyncapi_document_is_served(server: Server) -> None:
    assert await _get(server, "/api/asyncapi") == json.loads(asyncapi.text())


async def test_the_openapi_document_has_every_route_of_the_table_and_is_valid(server: Server) -> None:
    document = await _get(server, "/api/schema")
    for command in TABLE:
        for route in command.routes:
            operation = document["paths"][f"/api{route.path}"][route.method.lower()]
            assert {str(route.status), "default"} <= operation["responses"].keys()
    problems = await asyncio.to_thread(lambda: list(OpenAPIV31SpecValidator(document).iter_errors()))
    assert not problems
