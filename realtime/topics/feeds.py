"""Streams as topics: what a snapshot and an event of each kind of stream hold.

A stream is an entity's (``cart``, ``trolley``) or an aggregate's (``branch``, ``chain``,
``notify``); both are addresses, both have an epoch and an offset, so whoever follows them
needs to know no difference. Every internal event becomes one of the closed structs of
:mod:`realtime.topics.events`; one that nobody thought of does not get past mypy, and in a
branch, which hears events by name, not past its test. Everything here runs on the event
loop and never waits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, assert_never, get_args

from actors import cart, trolley
from actors.branch import State as BranchState
from actors.cart import State as CartState
from actors.cart.budget import standing
from actors.chain import State as ChainState
from actors.kit.money import zero
from actors.messages import branch as on_branch
from actors.messages import budget as on_budget
from actors.messages import cart as on_cart
from actors.messages import needs as on_needs
from actors.messages import trolley as on_trolley
from actors.messages.money import checkout as on_checkout
from actors.messages.money import paying as on_paying
from actors.messages.notify import Notice, Notified
from actors.notify import State as NotifyState
from actors.runtime.address import Address
from actors.trolley import State as TrolleyState
from realtime.pipeline.lookups import holders_of, people_of
from realtime.pipeline.services import Services
from realtime.topics.events import branch as branch_events
from realtime.topics.events import cart as cart_events
from realtime.topics.events import chain as chain_events
from realtime.topics.events import notifications, session
from realtime.topics.hub import EncodedEvent, encoded_event
from realtime.views.base import View
from realtime.views.branch import counters_view, device_view
from realtime.views.budget import NO_BUDGET, budget_view
from realtime.views.cart import CartView, codes, frozen_view, need_views, saved_view
from realtime.views.trolley import session_view, trolley_view
from realtime.wire import Event, encode, rfc3339

NO_SESSION = "none"
"""Epoch of the topic ``session`` while there is none."""
UNNAMED = "—"
"""Shown for somebody whose account is gone."""


CartEvent = on_cart.Event | on_budget.Event | on_checkout.Event | on_paying.Event | on_needs.Event


class Published(NamedTuple):
    """One event for the topic's followers; its class's name is its name on the wire."""

    data: View
    epoch: str | None = None
    """None: the stream's own."""
    moves_session: bool = False
    """Whether it opens or closes a session of the cart's owner."""


class Feed(NamedTuple):
    """One kind of stream."""

    kind: str
    topic: Callable[[str], str]
    """Key of the address -> the topic's name for its followers."""
    snapshot: Callable[[Services, Any], View]
    """State -> data of a snapshot."""
    publish: Callable[[Services, Any, int, Any], Published]
    """State after the event, its offset, the event."""
    evolve: Callable[[Any, Any], Any] | None = None
    """For streams whose events are published with the state after them."""
    people: Callable[[Any], Iterable[str]] = lambda event: ()
    """Ids of people whose names the event shows."""


def frame_of(
    feed: Feed, services: Services, address: Address, epoch: str, state: Any, numbered: Any
) -> EncodedEvent:
    """Return one event encoded for every follower."""
    published = feed.publish(services, state, numbered.offset, numbered.event)
    name = type(published.data).__name__
    frame = Event(feed.topic(address.key), numbered.offset, name, rfc3339(numbered.at), published.data)
    return encoded_event(
        published.epoch or epoch, numbered.offset, name, encode(frame), published.moves_session
    )


# --- cart ---------------------------------------------------------------------------


def _cart_snapshot(services: Services, state: CartState) -> CartView:
    return services.goods.live_cart(state)


def _publish_cart(services: Services, state: CartState, offset: int, event: CartEvent) -> Published:
    shown = state.currency or services.places.currency_of(state.user_id)
    status, budget = NO_BUDGET if state.budget is None else budget_view(standing(state, services.now()))
    totals: dict[str, Any] = {
        "revision": offset,
        "items_count": len(state.lines),
        "total_items": state.units,
        "total_price": services.goods.due(state, state.total) if state.lines else zero(shown),
        "currency": shown,
        "updated_at": rfc3339(state.updated_at),
        "budget_status": status,
        "budget": budget,
    }
    match event:
        case on_cart.ItemAdded(line=line):
            return Published(cart_events.ItemAdded(item=services.goods.item(line, state.user_id), **totals))
        case on_cart.QuantityChanged(line=line):
            return Published(
                cart_events.QuantityChanged(item=services.goods.item(line, state.user_id), **totals)
            )
        case on_cart.ItemRemoved(line_id=line_id):
            return Published(cart_events.ItemRemoved(item_id=line_id, **totals))
        case on_cart.CartCleared():
            return Published(cart_events.CartCleared(**totals))
        case on_cart.LinesRestored(lines=lines):
            return Published(cart_events.LinesRestored(items=_items(services, state, lines), **totals))
        case on_cart.LinesRepriced(lines=lines):
            return Published(cart_events.LinesRepriced(items=_items(services, state, lines), **totals))
        case on_cart.VouchersChanged(lines=lines):
            items = _items(services, state, lines)
            return Published(cart_events.VouchersChanged(items=items, vouchers=codes(state), **totals))
        case on_budget.BudgetSet() | on_budget.BudgetDropped() | on_budget.SpendingCorrected():
            return Published(cart_events.BudgetChanged(**totals))
        case on_budget.BudgetAlerted(share=share):
            return Published(cart_events.BudgetAlerted(share=share, **totals))
        case on_cart.SessionAttached() | on_cart.SessionDetached():
            return _publish_session_of_cart(services, state, event, totals)
        case on_needs.NeedsRaised() | on_needs.NeedsWithdrawn() | on_needs.NeedSettled():
            weighed = event.line if isinstance(event, on_needs.NeedSettled) else None
            items = _items(services, state, () if weighed is None else (weighed,))
            return Published(cart_events.NeedsChanged(items=items, needs=need_views(state), **totals))
        case on_cart.SessionRefused() | on_cart.SessionEndRequested():
            return Published(cart_events.TotalsChanged(**totals))
        case _:
            return Published(_checkout_event(state, event, totals))


def _items(services: Services, state: CartState, lines: tuple[on_cart.Line, ...]) -> tuple[Any, ...]:
    return tuple([services.goods.item(line, state.user_id) for line in lines])


def _publish_session_of_cart(
    services: Services,
    state: CartState,
    event: on_cart.SessionAttached | on_cart.SessionDetached,
    totals: dict[str, Any],
) -> Published:
    totals |= {"session_id": event.session_id, "trolley_id": event.trolley_id}
    if isinstance(event, on_cart.SessionAttached):
        services.places.remember(state.user_id, event.chain, event.branch)
        return Published(cart_events.SessionAttached(**totals), moves_session=True)
    detached = cart_events.SessionDetached(
        outcome=event.outcome,
        saved=saved_view(state),
        cleared=event.items_cleared > 0,
        vouchers=codes(state),
        **totals,
    )
    return Published(detached, moves_session=True)


_ENDED: dict[type, type[cart_events.CheckoutEnded]] = {
    on_checkout.CheckoutRefused: cart_events.CheckoutRefused,
    on_checkout.CheckoutCancelled: cart_events.CheckoutCancelled,
    on_checkout.CheckoutExpired: cart_events.CheckoutExpired,
}


def _checkout_event(
    state: CartState, event: on_checkout.Event | on_paying.Event, totals: dict[str, Any]
) -> View:
    match event:
        case on_checkout.CheckoutRequested():
            return cart_events.CheckoutRequested(checkout=frozen_view(state), **totals)
        case on_checkout.CheckoutReserved():
            return cart_events.CheckoutReserved(checkout=frozen_view(state), **totals)
        case on_checkout.CheckoutRefused() | on_checkout.CheckoutCancelled() | on_checkout.CheckoutExpired():
            ended = _ENDED[type(event)]
            return ended(checkout=None, saved=saved_view(state), cleared=event.items_cleared > 0, **totals)
        case on_checkout.CheckoutCompleted():
            return cart_events.CheckoutCompleted(checkout=None, **totals)
        case (
            on_checkout.ReservationReturned()
            | on_checkout.CheckoutVoucherKept()
            | on_checkout.VouchersFreed()
            | on_checkout.VouchersUsed()
        ):
            return cart_events.TotalsChanged(**totals)
        case _:
            return _payment_event(state, event, totals | {"payment_id": event.payment_id})


def _payment_event(state: CartState, event: on_paying.Event, shown: dict[str, Any]) -> View:
    match event:
        case on_paying.PaymentRequested():
            return cart_events.PaymentRequested(checkout=frozen_view(state), **shown)
        case on_paying.PaymentDeclined(reason=reason, detail=detail):
            frozen = frozen_view(state)
            return cart_events.PaymentDeclined(checkout=frozen, reason=reason, detail=detail, **shown)
        case on_paying.CheckoutReopened():
            return cart_events.CheckoutReopened(checkout=frozen_view(state), **shown)
        case on_paying.CheckoutPaid(order_id=order_id):
            held = codes(state)
            return cart_events.CheckoutPaid(checkout=None, order_id=order_id, vouchers=held, **shown)
        case on_paying.PaymentReturned(reason=reason):
            return cart_events.PaymentReturned(detail=reason, **shown)
        case _:
            assert_never(event)


# --- session --------------------------------------------------------------------------


def _session_snapshot(services: Services, state: TrolleyState) -> View:
    return session.SessionSnapshot(session=session_view(state))


def _publish_session(
    services: Services, state: TrolleyState, offset: int, event: on_trolley.Event
) -> Published:
    return Published(_session_event(state, event), _session_of(state, event))


def _session_event(state: TrolleyState, event: on_trolley.Event) -> View:
    view = session_view(state)
    match event:
        case on_trolley.TrolleyAssigned():
            return session.TrolleyAssigned(session=view)
        case on_trolley.SessionResumed():
            return session.SessionResumed(session=view)
        case on_trolley.SessionEnded(outcome=outcome):
            return session.SessionEnded(session=view, outcome=outcome)
        case on_trolley.SessionExpired():
            return session.SessionExpired(session=view, outcome="expired")
        case on_trolley.LockOpened():
            return session.LockOpened(session=view)
        case on_trolley.LockClosed():
            return session.LockClosed(session=view)
        case on_trolley.LockFailed():
            return session.LockFailed(session=view)
        case on_trolley.TrolleyLeft():
            return session.TrolleyLeft(session=view)
        case on_trolley.TrolleyReturned():
            return session.TrolleyReturned(session=view)
        case (
            on_trolley.ClaimRequested()
            | on_trolley.ClaimDenied()
            | on_trolley.ClaimLapsed()
            | on_trolley.UnlockRequested()
            | on_trolley.StaffHoldEnded()
            | on_trolley.TrolleyPlaced()
            | on_trolley.MaintenanceStarted()
            | on_trolley.MaintenanceEnded()
            | on_trolley.TermsChanged()
            | on_trolley.RentalClosed()
            | on_trolley.RentalNoted()
            | on_trolley.RentalExtended()
            | on_trolley.TrolleyMissing()
            | on_trolley.TrolleyFound()
            | on_trolley.UnpaidNoted()
        ):
            return session.SessionChanged(session=view)
        case _:
            assert_never(event)


def _session_of(state: TrolleyState, event: on_trolley.Event) -> str:
    """Return whose session an event of a trolley belongs to."""
    if isinstance(event, on_trolley.SessionEnded | on_trolley.SessionExpired | on_trolley.ClaimDenied):
        return event.session_id
    return state.session_id or NO_SESSION


# --- branch, chain, notifications -------------------------------------------------------

EDITED = branch_events.TrolleyChanged.__name__
"""Name under which a branch is told that an administrator has edited a trolley."""


def _by_name(union: Any) -> dict[str, Any]:
    return {each.__name__: each for each in get_args(union)}


TROLLEY_EVENTS: dict[str, type[branch_events.TrolleyEvent]] = _by_name(branch_events.TrolleyEvent) | {
    each.__name__: branch_events.TrolleyChanged
    for each in (
        on_trolley.ClaimRequested,
        on_trolley.ClaimDenied,
        on_trolley.ClaimLapsed,
        on_trolley.TermsChanged,
        on_trolley.RentalNoted,
        on_trolley.RentalExtended,
        on_trolley.UnpaidNoted,
    )
}
"""By the name of a trolley's own event."""
DEVICE_EVENTS: dict[str, type[branch_events.DeviceEvent]] = _by_name(
    branch_events.DeviceEvent
) | dict.fromkeys(
    ("DeviceExpected", "FirmwareProgressed", "BoardSilent", "BoardAnswered"), branch_events.DeviceChanged
)
"""By the name of a device's own event."""
ALARM_EVENTS: dict[str, type[branch_events.AlarmEvent]] = _by_name(branch_events.AlarmEvent)
"""By the name of an alarm's own event."""
NOTICES: dict[str, type[notifications.NoticeView]] = _by_name(notifications.Event)
"""By the kind of a notice."""


def _name_of(services: Services) -> Callable[[str], str]:
    display = services.names.display
    return lambda user_id: display(user_id) or UNNAMED


def _branch_facts(services: Services, state: BranchState) -> branch_events.BranchFacts:
    info = services.fleet.directory.branch(state.code)
    return branch_events.BranchFacts(
        code=state.code,
        name=info.name if info else state.code,
        city=info.city if info else "",
        chain=info.chain if info else state.chain,
        currency=info.currency if info else "",
        timezone=info.timezone if info else "UTC",
        session_timeout_s=info.settings.session_timeout_s if info else None,
        floor_plan=info.floor_plan if info else None,
    )


def _branch_snapshot(services: Services, state: BranchState) -> View:
    name_of = _name_of(services)
    return branch_events.BranchSnapshot(
        branch=_branch_facts(services, state),
        trolleys=tuple([trolley_view(card, name_of) for card in state.trolleys.values()]),
        devices=tuple([device_view(card) for card in state.devices.values()]),
        counters=counters_view(state.counters),
        alarms=tuple([services.goods.alarm(alarm) for alarm in state.alarms.values()]),
    )


_BranchsOwn = (
    on_branch.TrolleyNoted
    | on_branch.DeviceNoted
    | on_branch.CartTotalChanged
    | on_branch.AlarmNoted
    | on_branch.BranchEdited
)


def _publish_branch(services: Services, state: BranchState, offset: int, event: _BranchsOwn) -> Published:
    match event:
        case on_branch.TrolleyNoted():
            view = trolley_view(event.card, _name_of(services))
            counters = counters_view(event.counters)
            return Published(TROLLEY_EVENTS[event.name](trolley=view, counters=counters))
        case on_branch.DeviceNoted():
            counters = counters_view(event.counters)
            return Published(DEVICE_EVENTS[event.name](device=device_view(event.card), counters=counters))
        case on_branch.CartTotalChanged():
            total = branch_events.CartTotalChanged(
                trolley_id=event.trolley_id, cart_total=event.total, cart_units=event.units
            )
            return Published(total)
        case on_branch.BranchEdited():
            changed = branch_events.BranchChanged(
                branch=_branch_facts(services, state), gone=event.gone, counters=counters_view(event.counters)
            )
            return Published(changed)
        case on_branch.AlarmNoted():
            return Published(ALARM_EVENTS[event.name](alarm=services.goods.alarm(event.alarm)))
        case _:
            assert_never(event)


def _branch_people(thing: Any) -> Iterable[str]:
    if isinstance(thing, BranchState):
        held = [user_id for card in thing.trolleys.values() for user_id in holders_of(card)]
        return held + [user_id for alarm in thing.alarms.values() for user_id in people_of(alarm)]
    if isinstance(thing, on_branch.AlarmNoted):
        return people_of(thing.alarm)
    return holders_of(thing.card) if isinstance(thing, on_branch.TrolleyNoted) else ()


def _chain_snapshot(services: Services, state: ChainState) -> View:
    info = services.fleet.directory.chain(state.slug)
    names = {branch.code: branch.name for branch in services.fleet.directory.branches(state.slug)}
    return chain_events.ChainSnapshot(
        chain=chain_events.ChainFacts(
            slug=state.slug,
            name=info.name if info else state.slug,
            currency=info.currency if info else "",
        ),
        branches=tuple(
            [
                chain_events.BranchInChain(
                    code=code, name=names.get(code, code), counters=counters_view(counters)
                )
                for code, counters in state.branches.items()
            ]
        ),
    )


def _publish_chain(
    services: Services, state: ChainState, offset: int, event: on_branch.BranchNoted
) -> Published:
    counters = counters_view(event.counters)
    return Published(chain_events.BranchNoted(code=event.code, counters=counters))


def _notice(made: type[notifications.NoticeView], notice: Notice) -> notifications.NoticeView:
    about = {"alarm": notice.alarm, "branch": notice.branch} if notice.alarm else {}
    if notice.notification:
        about["notification"] = notice.notification
    return made(
        kind=notice.kind,
        severity=notice.severity,
        trolley_id=notice.trolley_id,
        at=rfc3339(notice.at),
        **about,
    )


def _notify_snapshot(services: Services, state: NotifyState) -> View:
    return notifications.NotificationsSnapshot(
        notices=tuple([_notice(notifications.NoticeView, notice) for notice in state.notices])
    )


def _publish_notice(services: Services, state: NotifyState, offset: int, event: Notified) -> Published:
    return Published(_notice(NOTICES[event.notice.kind], event.notice))


FEEDS: dict[str, Feed] = {
    feed.kind: feed
    for feed in (
        Feed("cart", lambda key: "cart", _cart_snapshot, _publish_cart, cart.DECIDER.evolve),
        Feed("trolley", lambda key: "session", _session_snapshot, _publish_session, trolley.DECIDER.evolve),
        Feed("branch", lambda key: f"branch:{key}", _branch_snapshot, _publish_branch, people=_branch_people),
        Feed("chain", lambda key: f"chain:{key}", _chain_snapshot, _publish_chain),
        Feed("notify", lambda key: "notifications", _notify_snapshot, _publish_notice),
    )
}
"""By kind of address."""
VOLATILE = frozenset({"branch", "chain", "notify"})
"""Kinds that forget when nobody talks to them; they are held while they are followed."""
