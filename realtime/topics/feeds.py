"""Topics as clients see them: what a snapshot and an event of each kind of stream hold.

A stream is an entity's (``cart``, ``trolley``) or an aggregate's (``branch``, ``chain``,
``notify``); both are addresses, both have an epoch and an offset, so whoever follows them
needs to know no difference. Everything here runs on the event loop and never waits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from actors import cart, trolley
from actors.branch import State as BranchState
from actors.cart import State as CartState
from actors.chain import State as ChainState
from actors.kit.money import zero
from actors.messages import branch as on_branch
from actors.messages import cart as on_cart
from actors.messages import checkout as on_checkout
from actors.messages import paying as on_paying
from actors.messages import trolley as on_trolley
from actors.messages.notify import Notice
from actors.notify import State as NotifyState
from actors.runtime.address import Address
from actors.trolley import State as TrolleyState
from realtime.commands.lookups import people_of
from realtime.commands.services import Services
from realtime.topics.hub import Shaped, shaped
from realtime.views.branch import counters_view, device_view
from realtime.views.cart import codes, frozen_view, saved_view
from realtime.views.trolley import session_view, trolley_view
from realtime.wire import Event, encode, rfc3339

NO_SESSION = "none"
"""Epoch of the topic ``session`` while there is none."""


class Said(NamedTuple):
    """One event in the client's words."""

    name: str
    data: Any
    epoch: str | None = None
    """None: the stream's own."""
    about: tuple[str, str] | None = None


class Feed(NamedTuple):
    """One kind of stream."""

    kind: str
    topic: Callable[[str], str]
    """Key of the address -> the topic's name for its followers."""
    snapshot: Callable[[Services, Any], Any]
    """State -> data of a snapshot."""
    say: Callable[[Services, Any, int, Any], Said]
    """State after the event, its offset, the event."""
    evolve: Callable[[Any, Any], Any] | None = None
    """For streams whose events are told with the state after them."""
    people: Callable[[Any], Iterable[str]] = lambda event: ()
    """Ids of people whose names the event shows."""


def shape(feed: Feed, services: Services, address: Address, epoch: str, state: Any, numbered: Any) -> Shaped:
    """Return one event encoded for every follower."""
    said = feed.say(services, state, numbered.offset, numbered.event)
    frame = Event(feed.topic(address.key), numbered.offset, said.name, rfc3339(numbered.at), said.data)
    return shaped(said.epoch or epoch, numbered.offset, said.name, encode(frame), said.about)


# --- cart ---------------------------------------------------------------------------


def _cart_snapshot(services: Services, state: CartState) -> Any:
    return services.goods.cart(state)


def _say_cart(services: Services, state: CartState, offset: int, event: Any) -> Said:
    shown = state.currency or services.places.currency_of(state.user_id)
    data: dict[str, Any] = {
        "revision": offset,
        "items_count": len(state.lines),
        "total_items": state.units,
        "total_price": cart_total(state, shown),
        "currency": shown,
        "updated_at": rfc3339(state.updated_at),
    }
    about = None
    match event:
        case on_cart.ItemAdded(line=line) | on_cart.QuantityChanged(line=line):
            data["item"] = services.goods.item(line, state.user_id)
        case on_cart.ItemRemoved(line_id=line_id):
            data["item_id"] = line_id
        case on_cart.LinesRestored(lines=lines) | on_cart.LinesRepriced(lines=lines):
            data["items"] = [services.goods.item(line, state.user_id) for line in lines]
        case on_cart.VouchersChanged(lines=lines):
            data["items"] = [services.goods.item(line, state.user_id) for line in lines]
            data["vouchers"] = codes(state)
        case on_cart.SessionAttached():
            data |= {"session_id": event.session_id, "trolley_id": event.trolley_id}
            about = (event.session_id, event.trolley_id)
            services.places.remember(state.user_id, event.chain, event.branch)
        case on_cart.SessionDetached():
            data |= {"session_id": event.session_id, "trolley_id": event.trolley_id, "outcome": event.outcome}
            data["saved"] = saved_view(state)
            data["cleared"] = event.items_cleared > 0
            data["vouchers"] = codes(state)
            about = (event.session_id, event.trolley_id)
        case on_checkout.CheckoutRequested() | on_checkout.CheckoutReserved():
            data["checkout"] = frozen_view(state)
        case on_checkout.CheckoutRefused() | on_checkout.CheckoutCancelled() | on_checkout.CheckoutExpired():
            data |= {"checkout": None, "cleared": event.items_cleared > 0, "saved": saved_view(state)}
        case on_checkout.CheckoutCompleted():
            data["checkout"] = None
        case on_paying.PaymentRequested() | on_paying.CheckoutReopened():
            data |= {"checkout": frozen_view(state), "payment_id": event.payment_id}
        case on_paying.PaymentDeclined():
            data |= {"checkout": frozen_view(state), "payment_id": event.payment_id}
            data |= {"reason": event.reason, "detail": event.detail}
        case on_paying.CheckoutPaid():
            data |= {"checkout": None, "payment_id": event.payment_id, "order_id": event.order_id}
            data["vouchers"] = codes(state)
        case on_paying.PaymentReturned():
            data |= {"payment_id": event.payment_id, "detail": event.reason}
    return Said(type(event).__name__, data, about=about)


def cart_total(state: CartState, currency: str) -> Any:
    """Return the total as it is shown; of an empty cart nothing, in the currency's decimals."""
    return state.total if state.lines else zero(currency)


# --- session --------------------------------------------------------------------------


def _session_snapshot(services: Services, state: TrolleyState) -> Any:
    return {"session": session_view(state)}


def _say_session(services: Services, state: TrolleyState, offset: int, event: Any) -> Said:
    data: dict[str, Any] = {"session": session_view(state)}
    match event:
        case on_trolley.SessionEnded(outcome=outcome):
            data["outcome"] = outcome
        case on_trolley.SessionExpired():
            data["outcome"] = "expired"
    return Said(type(event).__name__, data, _session_of(state, event))


def _session_of(state: TrolleyState, event: Any) -> str:
    """Return whose session an event of a trolley belongs to."""
    if isinstance(event, on_trolley.SessionEnded | on_trolley.SessionExpired | on_trolley.ClaimDenied):
        return event.session_id
    return state.session_id or NO_SESSION


# --- branch, chain, notifications -------------------------------------------------------


class _Names(Mapping[str, str]):
    """Names of people as far as they are in memory."""

    def __init__(self, services: Services) -> None:
        self._display = services.names.display

    def __getitem__(self, user_id: str) -> str:
        return self._display(user_id) or "—"

    def __iter__(self) -> Any:
        return iter(())

    def __len__(self) -> int:
        return 0


def _branch_snapshot(services: Services, state: BranchState) -> Any:
    info = services.fleet.directory.branch(state.code)
    names = _Names(services)
    return {
        "branch": {
            "code": state.code,
            "name": info.name if info else state.code,
            "city": info.city if info else "",
            "chain": info.chain if info else state.chain,
            "currency": info.currency if info else "",
            "session_timeout_s": info.settings.session_timeout_s if info else None,
            "floor_plan": info.floor_plan if info else None,
        },
        "trolleys": [trolley_view(card, names) for card in state.trolleys.values()],
        "devices": [device_view(card) for card in state.devices.values()],
        "counters": counters_view(state.counters),
        "alarms": [services.goods.alarm(alarm) for alarm in state.alarms.values()],
    }


def _say_branch(services: Services, state: BranchState, offset: int, event: Any) -> Said:
    match event:
        case on_branch.TrolleyNoted():
            view = trolley_view(event.card, _Names(services))
            return Said(event.name, {"trolley": view, "counters": counters_view(event.counters)})
        case on_branch.DeviceNoted():
            return Said(event.name, {"device": device_view(event.card)})
        case on_branch.CartTotalChanged():
            data = {"trolley_id": event.trolley_id, "cart_total": event.total, "cart_units": event.units}
            return Said("CartTotalChanged", data)
        case on_branch.AlarmNoted():
            return Said(event.name, {"alarm": services.goods.alarm(event.alarm)})
    raise TypeError(f"expected an event of a branch, got {event!r}")


def _branch_people(thing: Any) -> Iterable[str]:
    if isinstance(thing, BranchState):
        held = [card.user_id for card in thing.trolleys.values() if card.user_id is not None]
        return held + [user_id for alarm in thing.alarms.values() for user_id in people_of(alarm)]
    if isinstance(thing, on_branch.AlarmNoted):
        return people_of(thing.alarm)
    card = getattr(thing, "card", None)
    user_id = getattr(card, "user_id", None)
    return () if user_id is None else (user_id,)


def _chain_snapshot(services: Services, state: ChainState) -> Any:
    info = services.fleet.directory.chain(state.slug)
    names = {branch.code: branch.name for branch in services.fleet.directory.branches(state.slug)}
    return {
        "chain": {
            "slug": state.slug,
            "name": info.name if info else state.slug,
            "currency": info.currency if info else "",
        },
        "branches": [
            {"code": code, "name": names.get(code, code), "counters": counters_view(counters)}
            for code, counters in state.branches.items()
        ],
    }


def _say_chain(services: Services, state: ChainState, offset: int, event: Any) -> Said:
    return Said("BranchNoted", {"code": event.code, "counters": counters_view(event.counters)})


def _notice(notice: Notice) -> dict[str, Any]:
    said = {
        "kind": notice.kind,
        "severity": notice.severity,
        "trolley_id": notice.trolley_id,
        "at": rfc3339(notice.at),
    }
    return said | {"alarm": notice.alarm, "branch": notice.branch} if notice.alarm else said


def _notify_snapshot(services: Services, state: NotifyState) -> Any:
    return {"notices": [_notice(notice) for notice in state.notices]}


def _say_notify(services: Services, state: NotifyState, offset: int, event: Any) -> Said:
    return Said(event.notice.kind, _notice(event.notice))


FEEDS: dict[str, Feed] = {
    feed.kind: feed
    for feed in (
        Feed("cart", lambda key: "cart", _cart_snapshot, _say_cart, cart.DECIDER.evolve),
        Feed("trolley", lambda key: "session", _session_snapshot, _say_session, trolley.DECIDER.evolve),
        Feed("branch", lambda key: f"branch:{key}", _branch_snapshot, _say_branch, people=_branch_people),
        Feed("chain", lambda key: f"chain:{key}", _chain_snapshot, _say_chain),
        Feed("notify", lambda key: "notifications", _notify_snapshot, _say_notify),
    )
}
"""By kind of address."""
VOLATILE = frozenset({"branch", "chain", "notify"})
"""Kinds that forget when nobody talks to them; they are looked at while they are followed."""
