"""Decisions about a session that expired while its shopper was only silent.

Whatever the shopper does is a sign of life. If the last session expired, the cart asks its trolley
whether it goes on: it does if nobody else has had the trolley and it is not back in its slot. Then
the same session opens again, and the lines that its end had saved come back with it.
"""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from actors.cart.evolve import evolve
from actors.cart.lines import restore
from actors.cart.state import EndedSession, State
from actors.kit.decider import Context, Decision, Refusal, Tell
from actors.messages.cart import FindSession, NotResumed, RestoreLines, SessionAttached, SessionFound
from actors.messages.trolley import ResumeSession

MAX_FINDERS = 16
"""So many wait for the trolley's word, the latest ones."""


def ask(state: State, last: EndedSession, command: FindSession, ctx: Context) -> Decision:
    """Request the session's resumption from the trolley; the caller's answer waits for its reply."""
    waiting = (*state.finders, (command.session_id or "", ctx.command_id))[-MAX_FINDERS:]
    question = Tell("trolley", last.trolley_id, ResumeSession(last.session_id, state.user_id), durable=False)
    return Decision(pending=True, memory=replace(state, finders=waiting), hints=(question,))


def opened(state: State, attached: SessionAttached, ctx: Context) -> Decision:
    """Go on: the session is open again, with its lines if they are still kept."""
    events: list[Any] = [attached]
    if state.saved and state.checkout is None:
        events += restore(evolve(state, attached), RestoreLines(), ctx).events
    found = SessionFound(attached.session_id, attached.trolley_id, attached.branch, attached.at)
    return Decision(tuple(events), settles=tuple((command_id, found) for _, command_id in state.finders))


def refused(state: State, command: NotResumed, ctx: Context) -> Decision:
    """The trolley refused; the request is not repeated."""
    memory = replace(state, finders=(), gone=command.session_id)
    return Decision(memory=memory, settles=all_refused(state))


def all_refused(state: State) -> tuple[tuple[str, Refusal], ...]:
    """Return the refusal for each who waits."""
    return tuple((command_id, not_found(session_id)) for session_id, command_id in state.finders)


def not_found(session_id: str) -> Refusal:
    """Return the refusal of a session that is over; without an id, of any."""
    if not session_id:
        return Refusal(404, "session_not_found", "You have no open session.")
    return Refusal(409, "session_ended", "This session is over.", {"session_id": session_id})
