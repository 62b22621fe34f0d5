"""What a row of the command table is; the rows are in commands.py and trade.py."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from core.accounts.principals import Principal
from realtime.commands.gateway import Answer, Begun, Gateway
from realtime.views.base import View
from realtime.wire import Body

Shape = Callable[[Gateway, Principal, Any, Answer], Awaitable[tuple[int, Any]]]
"""Turns an answer into HTTP status and body where they differ from the socket's."""


class Route(NamedTuple):
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
    """``{code}`` and ``{cart_number}`` in the path name the trolley."""


class Command(NamedTuple):
    """One row."""

    name: str
    body: type[Body]
    answer: type[View]
    permission: str
    """``own``: on the caller's own things; else a permission of core/accounts/principals.py."""
    address: str
    """Who decides, as kind/key."""
    begin: Callable[[Gateway, Principal, Any, str], Begun]
    routes: tuple[Route, ...]
    topics: tuple[str, ...]
    """Topics that show its effect."""
    refusals: tuple[str, ...] = ()
    """Codes of the business refusals, for the documents."""
    socket: bool = True
    devices: bool = False
    """Whether a device may give it, for the person it names."""

    @property
    def summary(self) -> str:
        """Return the first line of the body's docstring."""
        return (self.body.__doc__ or self.name).strip().splitlines()[0]
