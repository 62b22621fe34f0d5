"""Handlers of alarms: staff takes one on or says that it is done; a shopper calls for help."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Annotated, Any

from msgspec import Meta

from actors.messages.alarms import AcknowledgeAlarm, Alarm, AlarmGone, AlarmStands, CallForHelp, DismissAlarm
from actors.messages.cart import FindSession, SessionFound
from core.accounts.principals import Principal, may
from realtime.commands.gateway import Answer, Direct, Gateway
from realtime.problems import forbidden, invalid, not_found
from realtime.views.alarm import AlarmView
from realtime.views.base import View
from realtime.wire import Body, rfc3339

Id = Annotated[str, Meta(min_length=1, max_length=64)]


class AlarmAcknowledge(Body):
    """Take an alarm on. ``assignee`` is the user id of whoever sees to it; by default the caller."""

    branch: Id
    alarm_id: Id
    assignee: Id | None = None


class AlarmClear(Body):
    """Say that an alarm is done with. It is raised again if its cause comes again."""

    branch: Id
    alarm_id: Id


class HelpCall(Body):
    """Call somebody of the staff to the trolley that the caller holds."""

    words: Annotated[str, Meta(max_length=200)] | None = None


class HelpAnswer(Body):
    """Tell the shopper who called that the caller is coming."""

    branch: Id
    alarm_id: Id


class AlarmTaken(View, frozen=True):
    """The alarm, as it stands now."""

    alarm: AlarmView


class AlarmCleared(View, frozen=True):
    """The alarm is over."""

    alarm_id: str
    cleared: bool


class HelpCalled(View, frozen=True):
    """The call stands until somebody has seen to it, or the session is over."""

    alarm_id: str
    trolley_id: str
    called_at: str
    answered: bool
    """Whether somebody is on the way already."""


def acknowledge(
    gateway: Gateway, who: Principal, body: AlarmAcknowledge, key: str
) -> Coroutine[Any, Any, Answer]:
    """Begin ``alarm.acknowledge``."""
    return _take_on(
        gateway, who, operated_branch(gateway, who, body.branch), body.alarm_id, body.assignee, key
    )


def answer_help(gateway: Gateway, who: Principal, body: HelpAnswer, key: str) -> Coroutine[Any, Any, Answer]:
    """Begin ``help.answer``."""
    return _take_on(gateway, who, operated_branch(gateway, who, body.branch), body.alarm_id, None, key)


async def _take_on(
    gateway: Gateway, who: Principal, branch: str, alarm_id: str, assignee: str | None, key: str
) -> Answer:
    if assignee is not None and not await gateway.name_of(assignee):
        raise not_found("user_not_found", "There is no such user.")
    command = AcknowledgeAlarm(alarm_id, who.id, assignee or who.id)
    outcome = await gateway.outcome(gateway.ask("alarms", branch, command, who, key))
    alarm: Alarm = outcome.answer.alarm
    for user_id in people_of(alarm):
        await gateway.name_of(user_id)
    return Answer(AlarmTaken(alarm=gateway.alarm(alarm)), outcome=outcome)


def clear(gateway: Gateway, who: Principal, body: AlarmClear, key: str) -> Direct:
    """Begin ``alarm.clear``."""
    branch = operated_branch(gateway, who, body.branch)

    def shape(outcome: Any) -> Answer:
        gone: AlarmGone = outcome.answer
        return Answer(AlarmCleared(alarm_id=gone.alarm_id, cleared=True), outcome=outcome)

    return Direct(gateway.ask("alarms", branch, DismissAlarm(body.alarm_id, who.id), who, key), shape)


def call(gateway: Gateway, who: Principal, body: HelpCall, key: str) -> Coroutine[Any, Any, Answer]:
    """Begin ``help.call``: find the trolley that the caller holds, then tell its branch."""
    return _call(gateway, who, body, key, gateway.ask("cart", who.id, FindSession(None), who))


async def _call(gateway: Gateway, who: Principal, body: HelpCall, key: str, pending: Any) -> Answer:
    found: SessionFound = (await gateway.outcome(pending)).answer
    ref = gateway.trolley(found.trolley_id)
    command = CallForHelp(found.session_id, found.trolley_id, who.id, body.words or "")
    outcome = await gateway.outcome(gateway.ask("alarms", ref.branch, command, who, key))
    stands: AlarmStands = outcome.answer
    alarm = stands.alarm
    view = HelpCalled(
        alarm_id=alarm.alarm_id,
        trolley_id=found.trolley_id,
        called_at=rfc3339(alarm.raised_at),
        answered=alarm.acknowledged_at is not None,
    )
    return Answer(view, outcome=outcome)


def people_of(alarm: Alarm) -> tuple[str, ...]:
    """Return the ids of the people whose names the alarm shows."""
    return tuple({each for each in (alarm.about.user_id, alarm.assignee, alarm.acknowledged_by) if each})


def operated_branch(
    gateway: Gateway, who: Principal, code_or_id: str, permission: str = "trolley.operate"
) -> str:
    """Return the code of a branch in which the caller has it. Raises 403, or 404 for another tenant's."""
    if not who.grants and not who.is_platform_admin:
        raise forbidden()
    for branch in gateway.directory.branches():
        if code_or_id in (branch.code, branch.id):
            if not may(who, permission, branch.chain, branch.code):
                gateway.require(who, permission, branch.chain, branch.code, "branch_not_found")
            return branch.code
    if not code_or_id.strip():
        raise invalid("branch", "Name the branch.")
    raise not_found("branch_not_found", "There is no such branch.")
