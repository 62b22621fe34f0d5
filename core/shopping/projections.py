"""The cart's read model: a row of totals, and a row for each line that changed.

Made from the journal's events and the state after them alone, so that a replay
writes the same rows.
"""

from __future__ import annotations

import uuid
from decimal import Decimal
from functools import lru_cache

from actors.cart import State
from actors.messages.budget import BudgetAlerted
from actors.messages.cart import (
    CartCleared,
    ItemAdded,
    ItemRemoved,
    Line,
    LinesRepriced,
    LinesRestored,
    QuantityChanged,
    SessionDetached,
    VouchersChanged,
)
from actors.messages.money.checkout import CheckoutCancelled, CheckoutExpired, CheckoutRefused
from actors.messages.money.paying import CheckoutPaid
from actors.messages.needs import Need, NeedSettled, NeedsRaised, NeedsWithdrawn
from actors.runtime.journal import Write
from core.fleet.projections import SessionCleared
from core.journal.tables import Posix, Row, Uuid


class CartRow(Row, table="shopping_cart", key="user_id", mode="upsert"):
    """Totals of a user's cart; ``revision`` is the cart's journal seq."""

    user_id: Uuid
    cart_id: Uuid
    currency: str
    items_count: int
    total_items: int
    total_price: Decimal
    revision: int
    session_id: Uuid | None
    updated_at: Posix


class CartItemRow(Row, table="shopping_cart_item", key="line_id", mode="upsert"):
    """One line of a cart."""

    line_id: Uuid
    user_id: Uuid
    product_id: Uuid
    variant_id: Uuid | None
    barcode: str
    name: str
    quantity: int
    unit_price: Decimal
    line_total: Decimal
    added_at: Posix
    lots: str


class ItemGone(Row, table="shopping_cart_item", key="line_id", mode="delete"):
    """A line that is in the cart no longer."""

    line_id: Uuid


class ItemsGoneRow(Row, table="shopping_cart_item", key="user_id", mode="delete"):
    """Every line of a user's cart, when it is emptied."""

    user_id: Uuid


class NeedRow(Row, table="shopping_need", key="need_id", mode="upsert"):
    """An approval that a cart's goods need, and the decision of staff."""

    need_id: Uuid
    user_id: Uuid
    branch_code: str
    session_id: Uuid | None
    product_id: Uuid
    kind: str
    name: str
    age: int
    state: str
    raised_at: Posix
    settled_at: Posix | None
    settled_by: Uuid | None
    reason: str


class BudgetAlertRow(Row, table="shopping_budget_alert", key="id", mode="upsert"):
    """A share of a user's budget that was reached."""

    id: Uuid
    user_id: Uuid
    share: Decimal
    amount: Decimal
    currency: str
    period: str
    at: Posix


@lru_cache(maxsize=200_000)
def cart_id_of(user_id: str) -> str:
    """Return the id of a user's cart, made from the user's id."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"cart:{user_id}"))


_ABOUT_NEEDS = frozenset({NeedsRaised, NeedsWithdrawn, NeedSettled})
_EMPTYING = frozenset({CartCleared, SessionDetached, CheckoutExpired, CheckoutCancelled, CheckoutRefused})
"""Events that may take every line: they say how many."""


def cart_rows(write: Write) -> list[Row]:
    """Return the cart's totals, the lines that changed, and what a session's end cleared."""
    state, user_id, last = write.state, write.address.key, write.events[-1]
    rows: list[Row] = []
    changed: dict[str, Line | None] = {}
    for event in write.decoded:
        kind = type(event)
        if kind is ItemAdded or kind is QuantityChanged:
            changed[event.line.line_id] = event.line
        elif kind is ItemRemoved:
            changed[event.line_id] = None
        elif kind is LinesRestored or kind is LinesRepriced or kind is VouchersChanged:
            changed.update((line.line_id, line) for line in event.lines)
        elif kind in _EMPTYING:
            if kind is SessionDetached:
                rows.append(SessionCleared(session_id=event.session_id, items_cleared=event.items_cleared))
            if event.items_cleared:
                changed.clear()
                rows.append(ItemsGoneRow(user_id=user_id))
        elif kind is CheckoutPaid:
            changed.clear()
            rows.append(ItemsGoneRow(user_id=user_id))
        elif kind in _ABOUT_NEEDS:
            rows += _needs(event, user_id)
            if kind is NeedSettled and event.line is not None:
                changed[event.line.line_id] = event.line
        elif kind is BudgetAlerted:
            rows.append(_alert(event, user_id))
    rows.append(_totals(state, user_id, last.seq, last.at))
    for line_id, line in changed.items():
        rows.append(ItemGone(line_id=line_id) if line is None else _item(line, user_id))
    return rows


def _needs(event: NeedsRaised | NeedsWithdrawn | NeedSettled, user_id: str) -> list[Row]:
    if isinstance(event, NeedSettled):
        return [_need(event.need, user_id, event.need.state, event.at)]
    if isinstance(event, NeedsRaised):
        return [_need(each, user_id, each.state, None) for each in event.needs]
    return [_need(each, user_id, "withdrawn", event.at) for each in event.needs if each.state == "waiting"]


def _need(need: Need, user_id: str, state: str, settled_at: float | None) -> NeedRow:
    return NeedRow(
        need_id=need.need_id,
        user_id=user_id,
        branch_code=need.branch,
        session_id=need.session_id or None,
        product_id=need.product_id,
        kind=need.kind,
        name=need.name,
        age=need.age,
        state=state,
        raised_at=need.raised_at,
        settled_at=settled_at,
        settled_by=need.by or None,
        reason=need.reason,
    )


def _totals(state: State, user_id: str, revision: int, at: float) -> CartRow:
    return CartRow(
        user_id,
        cart_id_of(user_id),
        state.currency,
        len(state.lines),
        state.units,
        state.total,
        revision,
        state.sessions[-1].session_id if state.sessions else None,
        at,
    )


def _alert(event: BudgetAlerted, user_id: str) -> BudgetAlertRow:
    """Return the row; a share alerts once a period, so its id is made of the two and the moment."""
    told, name = event.standing, f"budget:{user_id}:{event.began}:{event.share}:{event.at}"
    return BudgetAlertRow(
        id=str(uuid.uuid5(uuid.NAMESPACE_URL, name)),
        user_id=user_id,
        share=event.share,
        amount=told.amount,
        currency=told.currency,
        period=told.period,
        at=event.at,
    )


def _item(line: Line, user_id: str) -> CartItemRow:
    return CartItemRow(
        line.line_id,
        user_id,
        line.product_id,
        line.variant_id,
        line.barcode,
        line.name,
        line.quantity,
        line.unit_price,
        line.line_total,
        line.added_at,
        "\n".join(line.lots),
    )
