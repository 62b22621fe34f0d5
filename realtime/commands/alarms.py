"""Commands about alarms: staff acknowledges, snoozes and clears them; a shopper calls for help."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from actors.messages.alarms import (
    AcknowledgeAlarm,
    AlarmGone,
    AlarmStands,
    CallForHelp,
    DismissAlarm,
    ReleaseAlarm,
    SnoozeAlarm,
)
from actors.messages.cart import FindSession, SessionFound
from core.orders import customers
from realtime.limits.attempts import TOO_MANY
from realtime.pipeline.asking import Accepted, in_database
from realtime.pipeline.lookups import people_of
from realtime.pipeline.row import Ask, Call, Command, Route, in_branch, own
from realtime.problems import Problem, invalid
from realtime.views.alarm import AlarmView
from realtime.views.base import View
from realtime.wire import ONE_LINE, Body, Uuid, rfc3339

Id = Annotated[str, Meta(min_length=1, max_length=64)]


class AlarmAcknowledge(Body):
    """Take an alarm on, or hand it over.

    ``assignee`` is the user id of whoever sees to it; by default the caller. ``note`` is for them.
    """

    branch: Id
    alarm_id: Uuid
    assignee: Uuid | None = None
    note: Annotated[str, Meta(max_length=300, extra=ONE_LINE)] | None = None


class AlarmRelease(Body):
    """Give an alarm back that somebody took on: it waits for anybody. A shopper's call is handed on."""

    branch: Id
    alarm_id: Uuid


class AlarmSnooze(Body):
    """Let an alarm wait for a time. It stands, and needs somebody again after that."""

    branch: Id
    alarm_id: Uuid
    minutes: Annotated[int, Meta(ge=1, le=480)]
    reason: Annotated[str, Meta(min_length=1, max_length=300, extra=ONE_LINE)]


class AlarmClear(Body):
    """Say that an alarm is done with, unless its cause is known and stands. It may be raised again."""

    branch: Id
    alarm_id: Uuid


class HelpCall(Body):
    """Call somebody of the staff to the trolley that the caller holds."""

    words: Annotated[str, Meta(max_length=200, extra=ONE_LINE)] | None = None


class HelpAnswer(Body):
    """Tell the shopper who called that the caller is coming."""

    branch: Id
    alarm_id: Uuid


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


# --- alarm.acknowledge, help.answer ---------------------------------------------------


async def _assignee(call: Call) -> str:
    """Return the id of the alarm's assignee, who works in the branch. Raises the 404."""
    assignee: str | None = call.body.assignee
    if assignee is None or assignee == call.who.id:
        return call.who.id
    if not await in_database(customers.works_in, assignee, call.place.chain, call.place.branch):
        sentence = "Expected somebody who works in this branch."
        raise Problem(404, "user_not_found", f"assignee: {sentence}", errors={"assignee": [sentence]})
    return assignee


def _caller(call: Call) -> str:
    return call.who.id


def _take_on(call: Call, assignee: str) -> Ask:
    note = (call.body.note or "").strip()
    command = AcknowledgeAlarm(call.body.alarm_id, call.who.id, assignee, note)
    return Ask("alarms", call.place.thing.code, command)


def _come(call: Call, caller: str) -> Ask:
    return Ask("alarms", call.place.thing.code, AcknowledgeAlarm(call.body.alarm_id, caller, caller))


async def _taken(call: Call, assignee: str, outcome: Accepted[AlarmStands]) -> AlarmTaken:
    alarm = outcome.answer.alarm
    for user_id in people_of(alarm):
        await call.services.names.of(user_id)
    return AlarmTaken(alarm=call.services.goods.alarm(alarm))


# --- alarm.release ----------------------------------------------------------------------


def _give_back(call: Call, caller: str) -> Ask:
    return Ask("alarms", call.place.thing.code, ReleaseAlarm(call.body.alarm_id, caller))


# --- alarm.snooze -----------------------------------------------------------------------


def _snooze(call: Call, caller: str) -> Ask:
    reason: str = call.body.reason.strip()
    if not reason:
        raise invalid("reason", "Say why the alarm may wait.")
    command = SnoozeAlarm(call.body.alarm_id, caller, 60.0 * call.body.minutes, reason)
    return Ask("alarms", call.place.thing.code, command)


# --- alarm.clear ------------------------------------------------------------------------


def _clear(call: Call, found: object) -> Ask:
    return Ask("alarms", call.place.thing.code, DismissAlarm(call.body.alarm_id, call.who.id))


def _cleared(call: Call, found: object, outcome: Accepted[AlarmGone]) -> AlarmCleared:
    gone = outcome.answer
    return AlarmCleared(alarm_id=gone.alarm_id, cleared=True)


# --- help.call --------------------------------------------------------------------------


async def _held(call: Call) -> tuple[SessionFound, str]:
    """Return the session of the trolley that the caller holds, and its branch."""
    asking = call.services.asking
    found: SessionFound = (
        await asking.outcome(asking.ask("cart", call.who.id, FindSession(None), call.who))
    ).answer
    return found, call.services.fleet.trolley(found.trolley_id).branch


def _call(call: Call, held: tuple[SessionFound, str]) -> Ask:
    found, branch = held
    command = CallForHelp(found.session_id, found.trolley_id, call.who.id, call.body.words or "")
    return Ask("alarms", branch, command)


def _called(call: Call, held: tuple[SessionFound, str], outcome: Accepted[AlarmStands]) -> HelpCalled:
    stands = outcome.answer
    alarm = stands.alarm
    return HelpCalled(
        alarm_id=alarm.alarm_id,
        trolley_id=held[0].trolley_id,
        called_at=rfc3339(alarm.raised_at),
        answered=alarm.acknowledged_at is not None,
    )


_PATH = "/branches/{branch_id}/alarms/{alarm_id}"
_REFUSALS = ("alarm_not_found", "alarm_cleared", "branch_not_found")

ROWS = (
    Command(
        name="alarm.acknowledge",
        body=AlarmAcknowledge,
        answer=AlarmTaken,
        permission="trolley.operate",
        where=in_branch,
        refer=_assignee,
        command=_take_on,
        show=_taken,
        routes=(Route("POST", f"{_PATH}/acknowledge"),),
        refusals=(*_REFUSALS, "user_not_found"),
    ),
    Command(
        name="alarm.release",
        body=AlarmRelease,
        answer=AlarmTaken,
        permission="trolley.operate",
        where=in_branch,
        refer=_caller,
        command=_give_back,
        show=_taken,
        routes=(Route("POST", f"{_PATH}/release"),),
        refusals=(*_REFUSALS, "alarm_of_a_person"),
    ),
    Command(
        name="alarm.snooze",
        body=AlarmSnooze,
        answer=AlarmTaken,
        permission="trolley.operate",
        where=in_branch,
        refer=_caller,
        command=_snooze,
        show=_taken,
        routes=(Route("POST", f"{_PATH}/snooze"),),
        refusals=("invalid", *_REFUSALS, "alarm_of_a_person"),
    ),
    Command(
        name="alarm.clear",
        body=AlarmClear,
        answer=AlarmCleared,
        permission="trolley.operate",
        where=in_branch,
        command=_clear,
        show=_cleared,
        routes=(Route("POST", f"{_PATH}/clear"),),
        refusals=(*_REFUSALS, "alarm_stands"),
    ),
    Command(
        name="help.call",
        attempt="help",
        body=HelpCall,
        answer=HelpCalled,
        permission="own",
        where=own,
        refer=_held,
        command=_call,
        show=_called,
        routes=(Route("POST", "/help", 201),),
        refusals=("session_not_found", TOO_MANY),
    ),
    Command(
        name="help.answer",
        body=HelpAnswer,
        answer=AlarmTaken,
        permission="trolley.operate",
        where=in_branch,
        refer=_caller,
        command=_come,
        show=_taken,
        routes=(Route("POST", f"{_PATH}/answer"),),
        refusals=_REFUSALS,
    ),
)
