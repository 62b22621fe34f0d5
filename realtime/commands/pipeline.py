"""The way of every command: permission, reference data, actor's command, ask, show.

What can begin at once does, so that a socket's commands start in order: :func:`begin` returns a
:class:`Direct` (an ask that is under way and how to show its outcome, the hot path, no task), or a
coroutine where something must be waited for on the way.
"""

from __future__ import annotations

from functools import partial
from types import CoroutineType
from typing import Any

from core.accounts.principals import Principal, may
from realtime.commands.asking import Answer, Begun, Direct
from realtime.commands.row import OWN, Call, Command, Place, own
from realtime.commands.services import Services
from realtime.problems import Problem, forbidden, not_found


class Pipeline:
    """One row of the table, with what it says made ready."""

    def __init__(self, row: Command) -> None:
        self.row = row
        self._where = None if row.where is own else row.where
        self._refer = row.refer
        self._command = row.command
        self._show = row.show
        self._waits = row.waits
        self._owners_may = row.owners_may

    def begin(self, services: Services, who: Principal, body: Any, key: str) -> Begun:
        """Begin a command whose body fits its schema. Raises Problem."""
        call = Call(services, who, body, key)
        if self._where is not None:
            if not self._owners_may:
                refuse_outsiders(who)
            place = self._where(call)
            if type(place) is CoroutineType:
                return self._placed(call, place)
            if place is not OWN:
                authorise(self.row, who, place)
                call.place = place
        return self._allowed(call)

    async def _placed(self, call: Call, finding: Any) -> Answer:
        place = await finding
        if place is not OWN:
            authorise(self.row, call.who, place)
            call.place = place
        return await call.services.asking.settle(self._allowed(call))

    def _allowed(self, call: Call) -> Begun:
        found = self._refer(call)
        if type(found) is CoroutineType:
            return self._referred(call, found)
        return self._ask(call, found)

    async def _referred(self, call: Call, finding: Any) -> Answer:
        return await call.services.asking.settle(self._ask(call, await finding))

    def _ask(self, call: Call, found: Any) -> Begun:
        ask = self._command(call, found)
        if ask is None:
            return self._conclude(call, found, None)
        pending = call.services.asking.ask(
            ask.kind, ask.key, ask.command, call.who, call.key if ask.keyed else None
        )
        if self._waits:
            return self._conclude(call, found, pending)
        return Direct(pending, partial(self._show, call, found))

    async def _conclude(self, call: Call, found: Any, pending: Any) -> Answer:
        outcome = None
        if pending is not None:
            try:
                outcome = await call.services.asking.outcome(pending)
            except Problem as problem:
                raise await self.row.explain(call, problem) from problem
        shown = self._show(call, found, outcome)
        if type(shown) is CoroutineType:
            shown = await shown
        return Answer(shown, outcome)


def refuse_outsiders(who: Principal) -> None:
    """Refuse whoever has no role anywhere what needs one, before anything is looked up. Raises the 403."""
    if not who.grants and not who.is_platform_admin:
        raise forbidden()


def authorise(row: Command, who: Principal, place: Place) -> None:
    """Raise unless ``who`` may give the row's command at that place.

    403, or 404 for another tenant's thing and for what nobody without the right may know of.
    """
    if row.owners_may and place.owner == who.id:
        return
    if row.permission != "own" and may(who, row.permission, place.chain, place.branch):
        return
    if place.hidden or (who.grants and not any(grant.chain == place.chain for grant in who.grants)):
        raise not_found(place.missing, "There is no such thing here.")
    raise forbidden()
