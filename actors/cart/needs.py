"""Decisions about goods that staff must approve: when approval is requested, and what waits for it.

What is asked follows from the lines. An age is asked once a session, for all that is sold from it on; a
security tag for each line, and again when the line grows; a weight for what came in without a label. What
was decided holds as long as the session does, also through its expiry and return. Goods may be restricted
after they were put in: the edge says so before a checkout, and they need what they would if scanned then.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

from msgspec.structs import replace

from actors.cart.evolve import evolve
from actors.cart.state import State
from actors.kit.decider import NOTHING, Context, Decision, Handler, Refusal, ignored, refuse
from actors.messages.cart import Line, LinesRepriced, Offer
from actors.messages.needs import (
    Need,
    NeedKind,
    NeedSettled,
    NeedsRaised,
    NeedStands,
    NeedState,
    NeedsWithdrawn,
    NoteRestrictions,
    SettleNeed,
)
from actors.messages.restriction import Restriction
from actors.pricing import price


class _Wanted(NamedTuple):
    """What a cart's lines ask for."""

    kind: NeedKind
    line: Line
    age: int = 0


# --- what staff decides -----------------------------------------------------------


def settle(state: State, command: SettleNeed, ctx: Context) -> Decision:
    """Take down what was decided; the same again changes nothing."""
    need = state.need(command.need_id)
    if need is None:
        return refuse(404, "approval_not_found", "There is no such request, or it is over.")
    if state.checkout is not None:
        return refuse(409, "cart_frozen", "This cart is at the checkout.")
    decided: NeedState = "approved" if command.approve else "refused"
    if need.state == decided:
        return Decision(answer=NeedStands(need))
    line = state.line(need.line_id)
    settled = replace(
        need,
        state=decided,
        branch=need.branch or command.branch,
        by=command.by,
        reason=command.reason,
        units=0 if line is None else line.quantity,
    )
    weighed = None
    if need.kind == "weigh" and command.approve:
        if command.weighed is None or line is None:
            return refuse(400, "weight_needed", "Say what it weighs.")
        weighed = _weighed(state, line, command.weighed, need.need_id, ctx)
    return Decision((NeedSettled(settled, ctx.now, weighed),), NeedStands(settled))


def _weighed(state: State, line: Line, offer: Offer, label: str, ctx: Context) -> Line:
    """Return the line as the one piece of that weight."""
    unit, total, trace = price(offer, 1, ctx.now, state.vouchers)
    return replace(
        line,
        name=offer.name,
        quantity=1,
        unit_price=unit,
        line_total=total,
        price_trace=trace,
        label=label,
        weight_g=offer.weight_g,
    )


def note_restrictions(state: State, command: NoteRestrictions, ctx: Context) -> Decision:
    """Take down today's restrictions of goods in the cart; the same again changes nothing."""
    today = command.restricted
    changed = tuple(
        replace(line, restricted=today[key])
        for key, line in state.lines.items()
        if key in today and line.restricted != today[key]
    )
    return Decision((LinesRepriced(changed, ctx.now),)) if changed else NOTHING


def over_limit(state: State) -> Refusal | None:
    """Return the refusal of a checkout of more than one shopper may have, which names it; or None."""
    return _too_many({}, state)


def open_need(state: State) -> Refusal | None:
    """Return the refusal of a checkout while something is not approved, which names it; or None."""
    stand = [need for wanted in _wanted(state) if (need := _unapproved(state, wanted)) is not None]
    if not stand:
        return None
    first = stand[0]
    sentence = f"Somebody has to approve {first.name} first; the staff knows."
    if first.state == "refused":
        sentence = f"{first.name} was refused to you. Take it out to go on."
    needs = [
        {"id": each.need_id, "kind": each.kind, "item_id": each.line_id, "state": each.state}
        for each in stand
    ]
    return Refusal(400, "approval_needed", sentence, {"needs": needs})


def _unapproved(state: State, wanted: _Wanted) -> Need | None:
    needs = [each for each in state.needs if _answers(each, wanted)]
    return None if any(each.state == "approved" for each in needs) else next(iter(needs), None)


# --- what follows from the lines --------------------------------------------------


def following(handler: Handler) -> Handler:
    """Return the handler that requests approvals for goods added, and withdraws those of goods removed."""

    def handle(state: State, command: Any, ctx: Context) -> Decision:
        return followed(state, handler(state, command, ctx), ctx)

    return handler if handler is ignored else handle


def followed(state: State, decision: Decision, ctx: Context) -> Decision:
    """Return the decision with its approval requests; or its refusal, if a shopper may not have so many."""
    if not decision.events:
        return decision
    after = state
    for event in decision.events:
        after = evolve(after, event)
    if not after.needs and not state.needs and not any(line.restricted for line in after.lines.values()):
        return decision
    if (too_many := _too_many(state.lines, after)) is not None:
        return Decision(refusal=too_many)
    more = _asked(state, after, ctx)
    if not more:
        return decision
    answer = decision.answer
    if hasattr(answer, "revision"):
        answer = replace(answer, revision=answer.revision + len(more))
    return replace(decision, events=(*decision.events, *more), answer=answer)


def _asked(state: State, after: State, ctx: Context) -> list[Any]:
    wanted = list(_wanted(after))
    left = [each for each in after.needs if _stands(each, wanted, after)]
    raised = [_need(after, each, ctx) for each in wanted if not any(_answers(need, each) for need in left)]
    lost = [each for each in state.needs if each.state == "waiting" and after.need(each.need_id) is None]
    over = [*lost, *(each for each in after.needs if each not in left)]
    events: list[Any] = [NeedsWithdrawn(tuple(over), ctx.now)] if over else []
    return [*events, NeedsRaised(tuple(raised), ctx.now)] if raised else events


def _wanted(state: State) -> Iterator[_Wanted]:
    oldest: Line | None = None
    for line in state.lines.values():
        what = line.restricted
        if what is None:
            continue
        if what.age and (oldest is None or what.age > _of(oldest).age):
            oldest = line
        if what.tagged:
            yield _Wanted("check", line)
        if what.weighed and line.label is None:
            yield _Wanted("weigh", line)
    if oldest is not None:
        yield _Wanted("age", oldest, _of(oldest).age)


def _of(line: Line) -> Restriction:
    assert line.restricted is not None
    return line.restricted


def _answers(need: Need, wanted: _Wanted) -> bool:
    """Whether the request, or its decision, is about this line."""
    if need.kind != wanted.kind:
        return False
    if need.kind == "age":
        return need.age >= wanted.age
    if need.line_id != wanted.line.line_id:
        return False
    return need.kind != "check" or need.state != "approved" or need.units >= wanted.line.quantity


def _stands(need: Need, wanted: list[_Wanted], after: State) -> bool:
    """Whether a need is still one: of these goods, in this session."""
    if after.sessions and after.session(need.session_id) is None:
        return False
    if need.kind == "age":
        decided = need.state != "waiting" and need.session_id
        return bool(decided) or any(each.kind == "age" and each.age == need.age for each in wanted)
    if need.kind == "weigh" and need.state == "approved":
        return after.line(need.line_id) is not None
    return any(_answers(need, each) for each in wanted)


def _need(state: State, wanted: _Wanted, ctx: Context) -> Need:
    line = wanted.line
    opened = state.sessions[-1] if state.sessions else None
    name = f"need:{state.user_id}:{ctx.command_id}:{wanted.kind}:{line.line_id}"
    return Need(
        need_id=str(uuid.uuid5(uuid.NAMESPACE_URL, name)),
        kind=wanted.kind,
        line_id=line.line_id,
        product_id=line.product_id,
        name=line.name,
        session_id="" if opened is None else opened.session_id,
        branch="" if opened is None else opened.branch,
        raised_at=ctx.now,
        age=wanted.age,
    )


def _too_many(before: dict[str, Line], after: State) -> Refusal | None:
    """Return the refusal of more of a product than one shopper may have and had, or None."""
    units: Counter[str] = Counter()
    for line in after.lines.values():
        units[line.product_id] += line.quantity
    for line in after.lines.values():
        most = 0 if line.restricted is None else line.restricted.most
        if not most or units[line.product_id] <= most:
            continue
        had = sum(each.quantity for each in before.values() if each.product_id == line.product_id)
        if units[line.product_id] > had:
            sentence = f"A shopper may have {most} of {line.name} at most."
            return Refusal(400, "quantity_limit", sentence, {"item_id": line.line_id, "maximum": most})
    return None
