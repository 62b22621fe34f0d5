"""The decider of ``alarms/<branch code>``: what needs attention in a branch.

Entities tell causes and that causes have gone; each alarm is raised once a kind and
subject while it lasts. A cause may be given time: a Pi that is back soon, a rental
that is not over yet, is only watched. People acknowledge (and so take on), give back, snooze
for a time, and clear what they alone can judge; whose cause is known here ends with that.
"""

from __future__ import annotations

import uuid
from typing import Any

import msgspec
from msgspec.structs import replace

from actors.kit.decider import (
    NOTHING,
    Commands,
    Context,
    Decider,
    Decision,
    Events,
    Move,
    Tell,
    TimeReached,
    counted,
    refuse,
)
from actors.messages.alarms import (
    ENDS_ITSELF,
    SEVERITY,
    About,
    AcknowledgeAlarm,
    Alarm,
    AlarmAcknowledged,
    AlarmCleared,
    AlarmForgone,
    AlarmGone,
    AlarmKind,
    AlarmRaised,
    AlarmReleased,
    AlarmSnoozed,
    AlarmStands,
    AlarmWatched,
    Answer,
    CallForHelp,
    ClearAlarm,
    Command,
    DismissAlarm,
    Event,
    RaiseAlarm,
    ReleaseAlarm,
    SnoozeAlarm,
)
from actors.messages.branch import NoteAlarm
from actors.messages.notify import Notice, Notify

CLEARED_KEPT = 64
"""How many cleared alarms are known by id, so that clearing one again is no error."""


class Watch(msgspec.Struct, frozen=True):
    """A cause that has not yet become an alarm."""

    kind: AlarmKind
    about: About
    due: float


class State(msgspec.Struct, frozen=True):
    """The alarms of one branch."""

    code: str
    seq: int = 0
    """Events so far; the journal's seq."""
    phase: str = "open"
    active: dict[str, Alarm] = {}
    """By kind and subject."""
    watched: dict[str, Watch] = {}
    """By kind and subject."""
    cleared: tuple[str, ...] = ()
    """Ids of the last cleared alarms."""
    heard: dict[str, int] = {}
    """Latest place in its entity's journal that was heard of, by kind and subject (memory only)."""


def deadline(state: State) -> float | None:
    """Return when the first watched cause becomes an alarm."""
    return min((each.due for each in state.watched.values()), default=None)


def tells(state: State, event: Any) -> tuple[Tell, ...]:
    """Return the hints for the branch's map and for the shopper who called."""
    match event:
        case AlarmRaised(alarm=alarm):
            return (_note(state, "AlarmRaised", alarm), *_to_late(alarm))
        case AlarmCleared(alarm=alarm):
            return (_note(state, "AlarmCleared", alarm, gone=True), *_to_shopper(alarm, "HelpDone", event.at))
        case AlarmAcknowledged(alarm_id=alarm_id):
            seen = find(state, alarm_id)
            if seen is not None:
                note = _note(state, "AlarmAcknowledged", seen)
                return (note, *_to_shopper(seen, "HelpAnswered", event.at))
        case AlarmReleased(alarm_id=alarm_id) | AlarmSnoozed(alarm_id=alarm_id):
            seen = find(state, alarm_id)
            if seen is not None:
                return (_note(state, type(event).__name__, seen),)
    return ()


def find(state: State, alarm_id: str) -> Alarm | None:
    """Return the active alarm with that id, or None."""
    return next((each for each in state.active.values() if each.alarm_id == alarm_id), None)


def _note(state: State, name: str, alarm: Alarm, gone: bool = False) -> Tell:
    return Tell("branch", state.code, NoteAlarm(name, alarm, state.seq, gone), durable=False)


def _to_shopper(alarm: Alarm, kind: str, at: float) -> tuple[Tell, ...]:
    about = alarm.about
    if alarm.kind != "help_wanted" or about.user_id is None:
        return ()
    notice = Notice(kind, "info", about.trolley_id or "", at)
    return (Tell("notify", about.user_id, Notify(notice), durable=False),)


def _to_late(alarm: Alarm) -> tuple[Tell, ...]:
    """Notify the holder of an overdue trolley, once: an alarm is raised once."""
    about = alarm.about
    if alarm.kind != "overdue" or about.user_id is None:
        return ()
    notice = Notice("RentalOverdue", "warning", about.trolley_id or "", alarm.raised_at)
    return (Tell("notify", about.user_id, Notify(notice), durable=False),)


# --- causes -----------------------------------------------------------------------


def _key(kind: AlarmKind, subject: str) -> str:
    return f"{kind}:{subject}"


def _raise(state: State, command: RaiseAlarm, ctx: Context) -> Decision:
    key = _key(command.kind, command.about.subject)
    if command.seq < state.heard.get(key, 0):
        return NOTHING
    memory = replace(state, heard={**state.heard, key: command.seq})
    if key in state.active:
        return Decision(memory=memory)
    if not ctx.reached(command.due):
        if key in state.watched and state.watched[key].due == command.due:
            return Decision(memory=memory)
        return Decision((AlarmWatched(command.kind, command.about, command.due, ctx.now),), memory=memory)
    raised = _raised(state, command.kind, command.about, ctx.now, 1)
    return Decision((raised,), memory=memory)


def _raised(state: State, kind: AlarmKind, about: About, now: float, place: int) -> AlarmRaised:
    name = f"alarm:{state.code}:{kind}:{about.subject}:{state.seq + place}"
    alarm_id = str(uuid.uuid5(uuid.NAMESPACE_URL, name))
    return AlarmRaised(
        Alarm(alarm_id=alarm_id, kind=kind, severity=SEVERITY[kind], about=about, raised_at=now)
    )


def _clear(state: State, command: ClearAlarm, ctx: Context) -> Decision:
    keys = {_key(kind, command.subject): kind for kind in command.kinds}
    # One event may clear and raise anew; whichever of its two words comes first, the cause stands.
    current = [key for key in keys if command.seq > state.heard.get(key, 0)]
    memory = replace(state, heard={**state.heard, **dict.fromkeys(current, command.seq)})
    events: list[Any] = []
    for key in current:
        if key in state.active:
            events.append(AlarmCleared(state.active[key], None, ctx.now))
        elif key in state.watched:
            events.append(AlarmForgone(keys[key], command.subject, ctx.now))
    return Decision(tuple(events), memory=memory)


def _time_reached(state: State, command: TimeReached, ctx: Context) -> Decision:
    due = [each for each in state.watched.values() if ctx.reached(each.due)]
    return Decision(
        tuple(_raised(state, each.kind, each.about, ctx.now, place) for place, each in enumerate(due, 1))
    )


# --- people -----------------------------------------------------------------------


def _call(state: State, command: CallForHelp, ctx: Context) -> Decision:
    about = About(
        f"session/{command.session_id}",
        trolley_id=command.trolley_id,
        user_id=command.user_id,
        detail=command.words,
    )
    known = state.active.get(_key("help_wanted", about.subject))
    if known is not None:
        return Decision(answer=AlarmStands(known))
    raised = _raised(state, "help_wanted", about, ctx.now, 1)
    return Decision((raised,), AlarmStands(raised.alarm))


def _acknowledge(state: State, command: AcknowledgeAlarm, ctx: Context) -> Decision:
    alarm = find(state, command.alarm_id)
    if alarm is None:
        return _unknown(state, command.alarm_id)
    same = alarm.acknowledged_at is not None and alarm.assignee == command.assignee
    if same and command.note in ("", alarm.note):
        return Decision(answer=AlarmStands(alarm))
    event = AlarmAcknowledged(alarm.alarm_id, command.by, command.assignee, ctx.now, command.note)
    return Decision((event,), AlarmStands(_seen(alarm, event)))


def _release(state: State, command: ReleaseAlarm, ctx: Context) -> Decision:
    alarm = find(state, command.alarm_id)
    if alarm is None:
        return _unknown(state, command.alarm_id)
    if alarm.kind == "help_wanted":
        sentence = "A shopper waits and was told that somebody comes: hand the call to a colleague."
        return refuse(409, "alarm_of_a_person", sentence, alarm_id=command.alarm_id)
    if alarm.acknowledged_at is None:
        return Decision(answer=AlarmStands(alarm))
    return Decision((AlarmReleased(alarm.alarm_id, command.by, ctx.now),), AlarmStands(_released(alarm)))


def _snooze(state: State, command: SnoozeAlarm, ctx: Context) -> Decision:
    alarm = find(state, command.alarm_id)
    if alarm is None:
        return _unknown(state, command.alarm_id)
    if alarm.kind == "help_wanted":
        return refuse(
            409, "alarm_of_a_person", "A shopper waits: answer the call.", alarm_id=command.alarm_id
        )
    event = AlarmSnoozed(alarm.alarm_id, command.by, ctx.now + command.seconds, command.reason, ctx.now)
    return Decision((event,), AlarmStands(_waiting(alarm, event)))


def _dismiss(state: State, command: DismissAlarm, ctx: Context) -> Decision:
    alarm = find(state, command.alarm_id)
    if alarm is not None and alarm.kind in ENDS_ITSELF:
        sentence = "The cause of this alarm stands; it ends by itself when that goes. Snooze it for a time."
        return refuse(409, "alarm_stands", sentence, alarm_id=alarm.alarm_id, kind=alarm.kind)
    if alarm is not None:
        return Decision((AlarmCleared(alarm, command.by, ctx.now),), AlarmGone(alarm.alarm_id))
    if command.alarm_id in state.cleared:
        return Decision(answer=AlarmGone(command.alarm_id))
    return _unknown(state, command.alarm_id)


def _unknown(state: State, alarm_id: str) -> Decision:
    if alarm_id in state.cleared:
        return refuse(409, "alarm_cleared", "This alarm is over.", alarm_id=alarm_id)
    return refuse(404, "alarm_not_found", "There is no such alarm here.", alarm_id=alarm_id)


# --- changes ----------------------------------------------------------------------


def _on_watched(state: State, event: AlarmWatched) -> State:
    key = _key(event.kind, event.about.subject)
    return replace(state, watched={**state.watched, key: Watch(event.kind, event.about, event.due)})


def _on_forgone(state: State, event: AlarmForgone) -> State:
    return replace(state, watched=_without(state.watched, _key(event.kind, event.subject)))


def _on_raised(state: State, event: AlarmRaised) -> State:
    key = _key(event.alarm.kind, event.alarm.about.subject)
    return replace(state, active={**state.active, key: event.alarm}, watched=_without(state.watched, key))


def _on_acknowledged(state: State, event: AlarmAcknowledged) -> State:
    active = {
        key: _seen(each, event) if each.alarm_id == event.alarm_id else each
        for key, each in state.active.items()
    }
    return replace(state, active=active)


def _seen(alarm: Alarm, event: AlarmAcknowledged) -> Alarm:
    return replace(
        alarm, acknowledged_at=event.at, acknowledged_by=event.by, assignee=event.assignee, note=event.note
    )


def _on_released(state: State, event: AlarmReleased) -> State:
    active = {
        key: _released(each) if each.alarm_id == event.alarm_id else each
        for key, each in state.active.items()
    }
    return replace(state, active=active)


def _released(alarm: Alarm) -> Alarm:
    return replace(alarm, acknowledged_at=None, acknowledged_by=None, assignee=None, note="")


def _on_snoozed(state: State, event: AlarmSnoozed) -> State:
    active = {
        key: _waiting(each, event) if each.alarm_id == event.alarm_id else each
        for key, each in state.active.items()
    }
    return replace(state, active=active)


def _waiting(alarm: Alarm, event: AlarmSnoozed) -> Alarm:
    return replace(alarm, snoozed_until=event.until, snoozed_by=event.by, snooze_reason=event.reason)


def _on_cleared(state: State, event: AlarmCleared) -> State:
    alarm = event.alarm
    active = _without(state.active, _key(alarm.kind, alarm.about.subject))
    return replace(state, active=active, cleared=(*state.cleared, alarm.alarm_id)[-CLEARED_KEPT:])


def _without(items: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: each for name, each in items.items() if name != key} if key in items else items


COMMANDS: Commands = {
    "open": {
        RaiseAlarm: _raise,
        ClearAlarm: _clear,
        CallForHelp: _call,
        AcknowledgeAlarm: _acknowledge,
        ReleaseAlarm: _release,
        SnoozeAlarm: _snooze,
        DismissAlarm: _dismiss,
        TimeReached: _time_reached,
    }
}
EVENTS = Events[State](
    {
        "open": {
            AlarmWatched: Move(_on_watched, ("open",)),
            AlarmForgone: Move(_on_forgone, ("open",)),
            AlarmRaised: Move(_on_raised, ("open",)),
            AlarmAcknowledged: Move(_on_acknowledged, ("open",)),
            AlarmReleased: Move(_on_released, ("open",)),
            AlarmSnoozed: Move(_on_snoozed, ("open",)),
            AlarmCleared: Move(_on_cleared, ("open",)),
        }
    },
    counted,
)
evolve = EVENTS.evolve

DECIDER: Decider[State, Command, Event, Answer] = Decider(
    State,
    COMMANDS,
    EVENTS,
    tells,
    deadline=deadline,
    volatile=("heard",),
    command=Command,
    event=Event,
    answer=Answer,
)
