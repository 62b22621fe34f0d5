"""The commands over HTTP: the table's routes as bare ASGI, in front of Django.

Django's request handler costs several times what a cart command does, so these few
routes never see it. Everything else goes on to ``fallback``. Paths have an optional
trailing slash, and ``/api/v1`` is the same as ``/api``.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from functools import cache, partial
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

import msgspec
from django.urls import get_resolver, resolve
from starlette.routing import compile_path

from core.accounts.principals import Principal
from core.config.logs import SUBJECT
from core.problems import nothing_here
from core.wire.json import check
from realtime.asgi import App, Message, Receive, Send
from realtime.auth import bearer, header, key_secret
from realtime.commands.table import TABLE
from realtime.documents.asyncapi import document
from realtime.http.responses import refuse_host, request_id, respond, send_problem
from realtime.limits.admission import admission
from realtime.limits.caller import address_of
from realtime.pipeline.asking import Answer, scoped_key
from realtime.pipeline.logs import RequestSubject, log_refused
from realtime.pipeline.pipeline import Pipeline, refuse_outsiders, settle
from realtime.pipeline.row import Call, Command, Route, fixed_by_path, http_body, path_parameters
from realtime.problems import Problem, forbidden, invalid, unauthorised
from realtime.shared import Shared
from realtime.views.cart import CartView
from realtime.wire import UNREADABLE, Body, decode_problem, encode

_MAX_KEY = 255


class Endpoint:
    """One method on one path."""

    def __init__(self, shared: Shared, command: Command, route: Route) -> None:
        self._shared = shared
        self._command = command
        self._pipeline = Pipeline(command, _key_scope(command, route))
        self._route = route
        self._fields = path_parameters(route)
        self._partial = bool(fixed_by_path(route))
        self._schema = http_body(command, route)
        self._decoder = msgspec.json.Decoder(self._schema)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""
        asked = RequestSubject(request_id(scope), self._command.name)
        SUBJECT.set(asked)
        try:
            refuse_host(scope)
            status, body, headers = await self._answer(scope, receive, asked.request_id)
        except Exception as error:  # noqa: BLE001 - answered as a problem; a defect is logged there
            await send_problem(scope, send, log_refused(self._command.name, error))
            return
        await respond(scope, send, status, body, headers)

    async def _answer(self, scope: Message, receive: Receive, request: str) -> tuple[int, bytes, list[Any]]:
        headers = scope["headers"]
        who = await self._who(header(headers, b"authorization"))
        if who.kind == "device" and not self._command.devices:
            raise forbidden("This is for people.")
        if not self._command.owners_may:
            refuse_outsiders(who)
        services, key = self._shared.services, _key(headers)
        if key is not None and self._fields:
            key = _key_of_path(key, scope["path_params"])
        data = await _read(receive, self._shared.limits.max_message_bytes)
        try:
            body = self._body(scope, data, headers)
        except Problem:
            if key is not None:
                await self._pipeline.refuse_reuse(services, who, key)
            raise
        begin = partial(self._pipeline.begin, services, who, body, key, request, address_of(scope))
        if who.has_role or who.kind != "user":
            answer = await settle(begin())
        else:
            async with admission().one():
                answer = await settle(begin())
        call = Call(services, self._command, who, body, key or "", request=request)
        return await self._shape(call, answer, headers)

    async def _who(self, authorization: str | None) -> Principal:
        """Return who calls: by a token, or by a chain's key, which has nothing of its own. Raises Problem."""
        authenticator = self._shared.authenticator
        secret = key_secret(authorization)
        if secret is not None:
            if self._command.permission == "own":
                raise forbidden("This is for people.")
            return await authenticator.identify_key(secret)
        token = bearer(authorization)
        if token is None:
            raise unauthorised("not_authenticated", "Authentication credentials were not provided.")
        identity = authenticator.known(token) or await authenticator.identify(token)
        return identity.principal

    def _body(self, scope: Message, data: bytes, headers: list[Any]) -> Any:
        if data:
            kind = header(headers, b"content-type")
            if kind is not None and kind.partition(";")[0].strip().lower() != "application/json":
                raise Problem(415, "unsupported_media_type", f"Expected application/json, got {kind}.")
        else:
            data = b"{}"
        try:
            if self._route.query:
                body = self._from_query(scope)
            else:
                check(data)
                body = self._decoder.decode(data)
        except UNREADABLE as error:
            what = "parameter" if self._route.query else "field"
            raise decode_problem(error, self._schema.__struct_encode_fields__, what) from error
        if not self._partial:
            return body
        fields = {name: getattr(body, name) for name in body.__struct_fields__}
        return self._command.body(**fields, **self._from_path(scope["path_params"]))

    def _from_query(self, scope: Message) -> Body:
        pairs = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        found = dict(pairs)
        if len(found) != len(pairs):
            names = [name for name, _ in pairs]
            twice = next(name for name in names if names.count(name) > 1)
            raise invalid(twice, "Expected once, got it more than once.", code="invalid_field")
        return msgspec.convert(found, self._schema, strict=False)

    def _from_path(self, params: dict[str, str]) -> dict[str, str]:
        if not self._route.by_number:
            return {self._fields[name]: value for name, value in params.items()}
        fleet = self._shared.services.fleet
        return {"trolley_id": fleet.trolley_in(params["branch_id"], params["cart_number"]).trolley_id}

    async def _shape(self, call: Call, answer: Answer, headers: list[Any]) -> tuple[int, bytes, list[Any]]:
        route = self._route
        if route.shape is None:
            status, data = route.status, answer.data
        else:
            status, data = await route.shape(call, answer)
        extra: list[Any] = []
        if route.etag:
            tag = _tag(answer.data)
            extra = [(b"etag", tag.encode()), (b"cache-control", b"private, no-cache")]
            if _matches(header(headers, b"if-none-match"), tag):
                return 304, b"", extra
        return status, b"" if status == 204 else encode(data), extra


def _tag(cart: CartView) -> str:
    """Return the revision; what cannot be had is not the cart's own to say, so that counts too."""
    if not cart.has_unavailable_items:
        return f'"{cart.revision}"'
    return f'"{cart.revision}-{hashlib.blake2b(encode(cart), digest_size=8).hexdigest()}"'


def _matches(wanted: str | None, tag: str) -> bool:
    if wanted is None:
        return False
    tags = [each.strip().removeprefix("W/") for each in wanted.split(",")]
    return tag in tags or "*" in tags


def _key(headers: list[Any]) -> str | None:
    key = header(headers, b"idempotency-key")
    if key is None:
        return None
    if not key or len(key) > _MAX_KEY:
        raise invalid("Idempotency-Key", f"Expected 1 to {_MAX_KEY} characters.", code="invalid_key")
    return scoped_key(key)


def _key_scope(command: Command, route: Route) -> str:
    """Return what a key counts for: the route; for the first the command, as over a socket."""
    return command.name if route is command.routes[0] else command.name + route.path.replace("/", ".")


def _key_of_path(key: str, params: dict[str, str]) -> str:
    """Return the idempotency key scoped to this path: the same key for another trolley is another one.

    Ids and codes are read without case, so they count without it.
    """
    named = "/".join(params.values()).casefold()
    return f"{key}.{hashlib.blake2b(named.encode('utf-8', 'surrogatepass'), digest_size=8).hexdigest()}"


async def _read(receive: Receive, limit: int) -> bytes:
    message = await receive()
    body: bytes = message.get("body", b"")
    while message.get("more_body", False):
        if len(body) > limit:
            break
        message = await receive()
        body += message.get("body", b"")
    if len(body) > limit:
        raise Problem(413, "message_too_large", f"Expected at most {limit} bytes.")
    return body


async def serve_asyncapi(scope: Message, receive: Receive, send: Send) -> None:
    """Answer with the AsyncAPI document."""
    await respond(scope, send, 200, _asyncapi(), [(b"cache-control", b"no-cache")])


@cache
def _asyncapi() -> bytes:
    return encode(document())


async def serve_alive(scope: Message, receive: Receive, send: Send) -> None:
    """Answer that the process lives, also where Django's threads are all at work."""
    await respond(scope, send, 200, b'{"status":"ok"}', [])


class _Patterned(NamedTuple):
    matches: Callable[[str], re.Match[str] | None]
    methods: dict[str, App]


_PARAMETER = re.compile("<[^>]*>")


def _named_paths() -> re.Pattern[str]:
    """Return the pattern of Django's paths with a fixed last segment, e.g. ``…/rentals/history``.

    Such a one goes before a pattern of ours that would take its word for an id.
    """
    routes = (str(each.pattern) for each in get_resolver().url_patterns)
    named = (route for route in routes if "<" not in route.rpartition("/")[2])
    patterns = ("[^/]+".join(map(re.escape, _PARAMETER.split(route))) for route in named)
    return re.compile(f"/(?:{'|'.join(patterns)})")


class HotRoutes:
    """ASGI application of the hot routes; what is not theirs goes to ``fallback``."""

    def __init__(self, shared: Shared, fallback: App) -> None:
        self._fallback = fallback
        self._exact: dict[str, dict[str, App]] = {}
        patterned: dict[str, dict[str, App]] = {}
        for command in TABLE:
            for route in command.routes:
                path = f"/api{route.path}"
                group = patterned if "{" in path else self._exact
                group.setdefault(path, {})[route.method] = Endpoint(shared, command, route)
        self._exact["/api/asyncapi"] = {"GET": serve_asyncapi}
        self._exact["/healthz"] = {"GET": serve_alive}
        for methods in self._exact.values():
            if "GET" in methods:
                methods["HEAD"] = methods["GET"]
        self._patterned = [
            _Patterned(compile_path(path)[0].match, methods) for path, methods in patterned.items()
        ]
        self._named = _named_paths()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve a request, here or there."""
        path = normal_path(scope["path"])
        methods = self._exact.get(path)
        if methods is None:
            methods, params = self._match(path)
            if methods is None:
                await self._fallback(scope, receive, send)
                return
            scope = {**scope, "path_params": params}
        if scope["method"] == "OPTIONS":
            if header(scope["headers"], b"access-control-request-method") is not None:
                # Another origin's preflight is Django's to answer, for every route alike.
                await self._fallback(scope, receive, send)
            else:
                await respond(scope, send, 204, b"", [(b"allow", _allowed(methods))])
            return
        endpoint = methods.get(scope["method"])
        if endpoint is None and "path_params" in scope and _is_djangos(path):
            # Its pattern takes a word of another route's path for a name, e.g. rentals/history.
            await self._fallback(scope, receive, send)
            return
        if endpoint is None:
            problem = Problem(405, "method_not_allowed", f"{scope['method']} is not possible here.")
            await send_problem(scope, send, problem, (b"allow", _allowed(methods)))
            return
        await endpoint(scope, receive, send)

    def _match(self, path: str) -> tuple[dict[str, App] | None, dict[str, Any]]:
        if not self._named.fullmatch(path):
            for pattern in self._patterned:
                if found := pattern.matches(path):
                    return pattern.methods, found.groupdict()
        return None, {}


def _is_djangos(path: str) -> bool:
    """Return whether Django has a route for that path itself, beside the one for all that leads nowhere."""
    return resolve(path).func is not nothing_here


def _allowed(methods: dict[str, App]) -> bytes:
    return ", ".join(sorted({*methods, "OPTIONS"})).encode()


def normal_path(path: str) -> str:
    """Return an API path without ``/v1`` and without its trailing slash."""
    if path.startswith("/api/v1/"):
        path = "/api" + path[len("/api/v1") :]
    if path.endswith("/") and path.startswith("/api/"):
        path = path[:-1]
    return path
