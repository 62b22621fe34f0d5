"""What a row of the command table is. The rows stand beside their handlers, a file a subject."""

from __future__ import annotations

import inspect
import re
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, cast

import msgspec

from actors.runtime.asks import Outcome, Pending
from core.accounts.principals import PERMISSIONS, Principal
from realtime.limits.attempts import Kind
from realtime.pipeline.asking import Accepted, Answer
from realtime.pipeline.services import Services
from realtime.problems import Problem
from realtime.views.base import View
from realtime.wire import Body


class CommandPlace(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Where a command takes effect, which decides who may give it.

    Whoever ``owner`` is may, and whoever has the row's permission in that branch (None: in the chain
    as a whole). ``thing`` is what was found on the way there, for the command to use.
    """

    chain: str
    branch: str | None
    owner: str = ""
    missing: str = "not_found"
    """Code of the 404 that another tenant's thing answers."""
    hidden: bool = False
    """Whether nobody without the right may see that it exists; else their own tenant's is a 403."""
    thing: Any = None


OWN = CommandPlace(chain="", branch=None)
"""The caller's own things: nobody else's can be named."""


class Call(msgspec.Struct, gc=False):
    """One command on its way: who gives it, its body, its idempotency key, and the place found for it."""

    services: Services
    row: Command
    who: Principal
    body: Any
    key: str
    """What a repeat is known by, in the scope of the command."""
    address: str | None = None
    """Whose attempts are counted with it."""
    request: str = ""
    """Names the request in the log, where that is not the key."""
    place: CommandPlace = OWN
    counted: bool = False
    """Whether its attempt was."""
    asked: bool = False
    """Whether an actor was, under its key."""

    def log_fields(self) -> dict[str, str]:
        """Return the ids that every line of this command carries."""
        trolley_id = getattr(self.body, "trolley_id", None) or self.services.places.trolley_of(self.who.id)
        return {"request_id": self.request or self.key, "command": self.row.name, "trolley_id": trolley_id}


class Direct(msgspec.Struct, frozen=True, gc=False):
    """One ask that is under way, with what was found for it."""

    pending: Pending[Outcome[Any]]
    call: Call
    found: Any

    def show(self, outcome: Accepted[Any]) -> Any:
        """Return the reply's data of the accepted outcome."""
        return self.call.row.show(self.call, self.found, outcome)


Begun = Direct | Coroutine[Any, Any, Answer]


class Ask(msgspec.Struct, frozen=True, gc=False):
    """An actor's command and its recipient."""

    kind: str
    key: str
    command: Any


def own(call: Call) -> CommandPlace:
    """Say that a command is always about the caller's own things."""
    return OWN


def in_branch(call: Call) -> CommandPlace:
    """Return the branch that the body names by code or id. Raises the 404."""
    branch = call.services.fleet.branch(call.body.branch)
    return CommandPlace(chain=branch.chain, branch=branch.code, missing="branch_not_found", thing=branch)


def nothing(call: Call) -> Any:
    """Look nothing up."""


async def nothing_instead(call: Call, found: Any, problem: Problem) -> None:
    """Let what the actor refuses be refused."""


async def as_refused(call: Call, problem: Problem) -> Problem:
    """Leave a refusal as the actor gave it."""
    return problem


Shape = Callable[[Call, Answer], Awaitable[tuple[int, Any]]]
"""Turns an answer into HTTP status and body where they differ from the socket's."""


class Route(msgspec.Struct, frozen=True):
    """One way to give a command over HTTP."""

    method: str
    path: str
    """Under /api, without trailing slash; names in braces are fields of the body."""
    status: int = 200
    shape: Shape | None = None
    answer: Any = None
    """Type of the body, or several of them, if it differs from the command's answer."""
    also: tuple[int, ...] = ()
    """Further statuses of success."""
    etag: bool = False
    query: bool = False
    """Fields of the body that the path does not give come in the query."""
    by_number: bool = False
    """``{branch_id}`` and ``{cart_number}`` in the path name the trolley."""


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """One row: schema, permission and where it counts, and the three functions of a command's way.

    ``refer`` looks up what the command takes along, ``command`` makes the actor's command of it (None:
    there is nothing to ask), ``show`` makes the reply's data of the outcome. All may raise Problem;
    ``where`` and ``refer`` may be coroutines, and so may ``show``.
    """

    name: str
    body: type[Body]
    answer: type[View]
    permission: str
    """One of core/accounts/principals.py, or ``own``: for the owner of the place only."""
    where: Callable[[Call], Any]
    """Call -> CommandPlace; checked before ``refer`` runs. ``own``: the caller's own things."""
    for_owner: bool = False
    """Besides the permission: whether the owner of the place may."""
    refer: Callable[[Call], Any] = nothing
    command: Callable[[Call, Any], Ask | None]
    show: Callable[[Call, Any, Any], Any]
    instead: Callable[[Call, Any, Problem], Awaitable[Any]] = nothing_instead
    """What to ask for in place of what the actor refused: as ``refer`` gives it, None: the refusal stands.

    Only of a row that explains.
    """
    explain: Callable[[Call, Problem], Awaitable[Problem]] = as_refused
    """Puts names and times into what the actor refuses."""
    routes: tuple[Route, ...]
    refusals: tuple[str, ...] = ()
    """Codes of the business refusals, for the documents."""
    attempt: Kind | None = None
    """What its giver is counted by besides; None: by nothing but as a command."""
    keyed: bool = True
    """Whether a repeat is known by its key. A sign of life is none the worse for being repeated."""
    shows_cart: bool = False
    """Whether the answer is of the cart's state: a repeat's is of the cart as it was after the first time."""
    kept_in_cart: bool = False
    """Whether it is the caller's cart that knows repeats by their key."""
    socket: bool = True
    devices: bool = False
    """Whether a device may give it, for the person it names."""

    def __post_init__(self) -> None:
        """Refuse a row that does not say who may give its command. Raises ValueError."""
        if self.permission != "own" and self.permission not in PERMISSIONS:
            raise ValueError(f"{self.name}: expected a permission or 'own', got {self.permission!r}")
        if self.permission != "own" and self.where is own:
            raise ValueError(f"{self.name}: expected where {self.permission} counts")

    @property
    def takes_key(self) -> bool:
        """Return whether repeats are recognised by key; a command without an actor changes nothing anyway."""
        return self.keyed and self.command is not ask_nothing

    @property
    def owners_may(self) -> bool:
        """Return whether the owner of the place may, whatever their roles."""
        return self.for_owner or self.permission == "own"

    @property
    def summary(self) -> str:
        """Return the first line of the body's docstring."""
        return (self.body.__doc__ or self.name).strip().splitlines()[0]

    @property
    def waits(self) -> bool:
        """Return whether the reply takes more than the outcome of the one ask."""
        return inspect.iscoroutinefunction(self.show) or self.explain is not as_refused


def ask_nothing(call: Call, found: object) -> None:
    """Say that what was looked up is the answer."""


def as_found(call: Call, found: Any, outcome: object) -> Any:
    """Show what was looked up."""
    return found


async def no_content(call: Call, answer: Answer) -> tuple[int, Any]:
    """Answer 204."""
    return 204, None


_PARAMETER = re.compile(r"{(\w+)}")
_FIELDS = {"branch_id": "branch"}
"""Path parameters that are another word for a field of the body."""


def path_parameters(route: Route) -> dict[str, str]:
    """Return the names in braces of a route's path, each with the body field that it gives."""
    return {name: _FIELDS.get(name, name) for name in _PARAMETER.findall(route.path)}


def fixed_by_path(route: Route) -> frozenset[str]:
    """Return the body fields that a route's path gives, which its HTTP body therefore has not."""
    return frozenset({"trolley_id"} if route.by_number else path_parameters(route).values())


def http_body(row: Command, route: Route) -> type[Body]:
    """Return the closed schema of the route's HTTP body."""
    fixed = fixed_by_path(route)
    if not fixed:
        return row.body
    fields = [
        (field.name, field.type, field.default)
        if field.default is not msgspec.NODEFAULT
        else (field.name, field.type)
        for field in msgspec.structs.fields(row.body)
        if field.name not in fixed
    ]
    schema: Any = msgspec.defstruct(
        f"{row.body.__name__}Body",
        fields,
        kw_only=True,
        forbid_unknown_fields=True,
        omit_defaults=True,
        namespace={"__doc__": row.body.__doc__},
    )
    return cast("type[Body]", schema)
