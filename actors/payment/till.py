"""Decisions about a payment at the till, where a cashier stands in for the provider."""

from __future__ import annotations

from actors.kit import money
from actors.kit.decider import Context, Decision, refuse
from actors.messages.money.payment import ChargeTaken, PaymentStands, SettleAtTill, TillPaid, TillSettled
from actors.payment.state import State


def settle(state: State, command: SettleAtTill, ctx: Context) -> Decision:
    """Take the money down, unless it is too little or the goods are not kept any more."""
    bought = state.purchase
    if state.provider != "till" or bought.branch != command.branch:
        return unknown(state, command, ctx)
    if ctx.now >= state.expires_at:
        return over(state, command, ctx)
    due = money.cash(bought.total, bought.currency) if command.method == "cash" else bought.total
    received = due if command.received is None else command.received
    amounts = {"due": due, "currency": bought.currency}
    if received != money.quantize(received, bought.currency):
        return refuse(400, "invalid_amount", f"{received} is no amount of {bought.currency}.", **amounts)
    if received < due:
        return refuse(400, "received_too_little", f"Expected {due} {bought.currency} at least.", **amounts)
    if command.method == "card" and received != due:
        return refuse(400, "invalid_amount", f"A card pays {due} {bought.currency}, no more.", **amounts)
    paid = TillPaid(by=command.by, method=command.method, due=due, received=received, at=ctx.now)
    taken = ChargeTaken(state.reference, f"till_{state.payment_id}", ctx.now, ctx.now)
    settles = tuple((each, PaymentStands(state.payment_id)) for each in state.joiners)
    return Decision((paid, taken), TillSettled(due, received, received - due), settles=settles)


def unknown(state: State, command: SettleAtTill, ctx: Context) -> Decision:
    """There is no such payment at a till of this branch."""
    return refuse(404, "till_code_unknown", "This is not the code of a payment at this till.")


def over(state: State, command: SettleAtTill, ctx: Context) -> Decision:
    """The goods are not kept any more, or it was paid."""
    if state.paid_at is not None:
        return refuse(409, "already_paid", "This is paid already.", payment_id=state.payment_id)
    return refuse(409, "till_code_over", "This code is over; the shopper asks for a new one.")
