"""The way of every command: permission, reference data, actor's command, ask, show.

What can begin at once does, so that a socket's commands start in order: :func:`begin` returns a
:class:`Direct` (an ask that is under way and how to show its outcome, the hot path, no task), or a
coroutine where something must be waited for on the way.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from types import CoroutineType
from typing import Any

from actors.messages.alarms import About, RaiseAlarm
from actors.runtime.address import Address
from actors.runtime.asks import Outcome, Pending
from core.accounts.principals import Principal, may
from core.config.logs import SUBJECT
from realtime.limits.attempts import Kind, is_failure
from realtime.pipeline.asking import Accepted, Answer, new_id
from realtime.pipeline.keys import content_reader
from realtime.pipeline.logs import log_done
from realtime.pipeline.row import OWN, Begun, Call, Command, CommandPlace, Direct, own
from realtime.pipeline.services import Services
from realtime.pipeline.timed import Timed, refuse_late
from realtime.problems import Problem, forbidden, key_reused, not_found, second_factor_needed
from realtime.wire import body_reader


class Pipeline:
    """One row of the table, compiled.

    ``scope`` is what its idempotency keys count for; by default the command, which is what they count for
    over a socket and over the command's first route.
    """

    def __init__(self, row: Command, scope: str = "") -> None:
        self.row = row
        self._where = None if row.where is own else row.where
        if issubclass(row.body, Timed):
            self._where = partial(_in_time, row.where)
        self._refer = row.refer if row.attempt is None else partial(_counted, row.attempt, row.refer)
        self._command = row.command
        self._show = row.show
        self._waits = row.waits
        self._owners_may = row.owners_may
        self._scope = f"{scope or row.name}-"
        self._read = body_reader(row.body)
        self._takes_key = row.takes_key
        claims = row.takes_key and not row.kept_in_cart
        self._content = content_reader(row.body) if claims else None

    def begin(
        self,
        services: Services,
        who: Principal,
        body: Any,
        key: str | None,
        request: str = "",
        address: str | None = None,
        claimed: Call | None = None,
    ) -> Begun:
        """Begin a command whose body fits its schema. Raises Problem.

        ``key`` is the client's name for it, for this command alone; None: it gave none.
        """
        call = claimed
        if call is None:
            command_id = new_id() if key is None else self._scope + key
            call = Call(services, self.row, who, body, command_id, address, request)
            if self._content is not None and key is not None:
                SUBJECT.set(call)  # for the task that goes on with it
                return self._claimed(call, self._content)
        try:
            if self._read is not None:
                self._read(call.body)
            place: Any = OWN
            if self._where is not None:
                if not self._owners_may:
                    refuse_outsiders(call.who)
                place = self._where(call)
            if place is OWN:
                found = self._refer(call)
                awaits = type(found) is CoroutineType
                begun = self._referred(call, found) if awaits else self._ask(call, found)
            else:
                begun = self._elsewhere(call, place)
        except Problem as problem:
            SUBJECT.set(call)
            if self.row.attempt is not None:
                problem = note_failure(call, problem)
            if key is not None and self._reuse_counts(problem):
                return self._refuse(call, problem)
            raise problem
        except Exception:
            SUBJECT.set(call)
            raise
        if type(begun) is not Direct:
            SUBJECT.set(call)  # for the task that goes on with it
            if self.row.attempt is not None:
                return _attempted(call, begun)
        return begun

    async def refuse_reuse(self, services: Services, who: Principal, key: str) -> None:
        """Raise the 422 if the key was used before: a body that cannot be read is another one."""
        command_id = self._scope + key
        if self.row.kept_in_cart:
            used = await services.asking.used_before(who, command_id)
        else:
            used = await services.keys.used(who.id, command_id)
        if used:
            raise key_reused()

    async def _claimed(self, call: Call, content: Callable[[Any], Any]) -> Answer:
        """Continue once the key is claimed for this body; release it if no actor was reached."""
        keys, user_id = call.services.keys, call.who.id
        try:
            if self._read is not None:
                self._read(call.body)
        except Problem:
            if await keys.used(user_id, call.key):
                raise key_reused() from None
            raise
        new = await keys.claim(user_id, call.key, content(call.body))
        try:
            return await settle(self.begin(call.services, call.who, call.body, None, claimed=call))
        except Problem:
            if new and not call.asked:
                await keys.release(user_id, call.key)
            raise

    def _elsewhere(self, call: Call, place: Any) -> Begun:
        """Begin what is not about the caller's own, or may not be."""
        if type(place) is CoroutineType:
            return self._placed(call, place)
        authorise(self.row, call.who, place)
        call.place = place
        found = self._refer(call)
        if type(found) is CoroutineType:
            return self._referred(call, found)
        return self._ask(call, found)

    async def _placed(self, call: Call, finding: Awaitable[CommandPlace]) -> Answer:
        place = await finding
        if place is not OWN:
            authorise(self.row, call.who, place)
            call.place = place
        found = self._refer(call)
        if type(found) is CoroutineType:
            return await self._referred(call, found)
        return await settle(self._ask(call, found))

    async def _referred(self, call: Call, finding: Awaitable[Any]) -> Answer:
        try:
            found = await finding
        except Problem as problem:
            if self._reuse_counts(problem):
                await self._refuse(call, problem)
            raise
        return await settle(self._ask(call, found))

    def _reuse_counts(self, problem: Problem) -> bool:
        """Return whether the refusal may be due to another body under a used key."""
        return self.row.kept_in_cart and (problem.status == 404 or "errors" in problem.extra)

    async def _refuse(self, call: Call, problem: Problem) -> Answer:
        """Raise the problem, or the 422 if that is what comes before it."""
        if await call.services.asking.used_before(call.who, call.key):
            raise key_reused()
        raise problem

    def _ask(self, call: Call, found: Any) -> Begun:
        ask = self._command(call, found)
        if ask is None:
            return self._conclude(call, found, None)
        command_id = call.key if self._takes_key else None
        call.asked = True
        pending = call.services.asking.ask(ask.kind, ask.key, ask.command, call.who, command_id)
        if self._waits:
            return self._conclude(call, found, pending)
        return Direct(pending, call, found)

    async def _conclude(self, call: Call, found: Any, pending: Pending[Outcome[Any]] | None) -> Answer:
        outcome = None
        if pending is not None:
            try:
                outcome = await outcome_of(call, pending)
            except Problem as problem:
                instead = await self.row.instead(call, found, problem)
                if instead is not None:
                    return await settle(self._ask(call, instead))
                raise await self.row.explain(call, problem) from problem
        shown = self._show(call, found, outcome)
        if type(shown) is CoroutineType:
            shown = await shown
        if outcome is not None:
            log_done(call.row.name)
        return Answer(shown, outcome)


async def settle(begun: Begun) -> Answer:
    """Wait for whatever has begun. Raises Problem."""
    if isinstance(begun, Direct):
        call = begun.call
        SUBJECT.set(call)
        outcome = await outcome_of(call, begun.pending)
        return Answer(begun.show(outcome), outcome)
    return await begun


async def outcome_of(call: Call, pending: Pending[Outcome[Any]]) -> Accepted[Any]:
    """Return what the actor has answered, for the row to show. Raises Problem for refusals and failures."""
    outcome = await call.services.asking.outcome(pending)
    if outcome.replayed and call.row.shows_cart:
        return await call.services.asking.as_it_was(outcome)
    return outcome


def _in_time(where: Callable[[Call], Any], call: Call) -> Any:
    """Find where a command counts that holds for a time only. Raises the 400 for one that comes after it."""
    refuse_late(call.body, call.services.now())
    return where(call)


def _counted(kind: Kind, refer: Callable[[Call], Any], call: Call) -> Any:
    """Look up what a command takes along, once its attempt is counted. Raises the 429."""
    if not _free(call):
        call.counted = True
        try:
            call.services.attempts.take(kind, call.who.id, call.address)
        except Problem:
            if kind == "claim" and call.services.attempts.worth_an_alarm(kind, call.who.id):
                _raise_alarm(call)
            raise
    return refer(call)


def _raise_alarm(call: Call) -> None:
    """Raise the branch's alarm about an account that claims too many trolleys."""
    who, now = call.who.id, call.services.now()
    alarm = RaiseAlarm("many_claims", About(f"user/{who}", user_id=who), now, int(now * 1000))
    call.services.asking.actors.tell(
        Address("alarms", str(call.place.branch)), alarm, None, f"{call.who.kind}:{who}"
    )


def _free(call: Call) -> bool:
    """Return whether it is not counted: a device's, and of who works in the chain of the place."""
    who, place = call.who, call.place
    if who.kind == "device" or who.is_platform_admin:
        return True
    return place is not OWN and any(grant.chain == place.chain for grant in who.grants)


async def _attempted(call: Call, begun: Begun) -> Answer:
    try:
        return await settle(begun)
    except Problem as problem:
        counted = note_failure(call, problem)
        if counted is problem:
            raise
        raise counted from problem


def note_failure(call: Call, problem: Problem) -> Problem:
    """Count a refusal as the failed attempt it may be; return it, or the 429 if there was none left."""
    kind, attempts = call.row.attempt, call.services.attempts
    if kind is None or not is_failure(problem) or _free(call):
        return problem
    if not call.counted:
        # It named nothing at all, so it was refused before it could be counted.
        call.counted = True
        try:
            attempts.take(kind, call.who.id, call.address)
        except Problem as too_many:
            return too_many
    attempts.failed(kind, call.who.id, call.address)
    return problem


def refuse_outsiders(who: Principal) -> None:
    """Refuse callers without any role what needs one, before anything is looked up. Raises the 403."""
    if not who.has_role:
        raise second_factor_needed() if who.withheld else forbidden()


def authorise(row: Command, who: Principal, place: CommandPlace) -> None:
    """Raise unless ``who`` may give the row's command at that place.

    403, or 404 for another tenant's thing and for what nobody without the right may know of.
    """
    if row.owners_may and place.owner == who.id:
        return
    if row.permission != "own" and may(who, row.permission, place.chain, place.branch):
        return
    if any(grant.chain == place.chain for grant in who.withheld):
        raise second_factor_needed()
    if place.hidden or (who.grants and not any(grant.chain == place.chain for grant in who.grants)):
        raise not_found(place.missing, "There is no such thing here.")
    raise forbidden()
