"""What people, devices and staff do in the stories that replays are tested with."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Literal

from hypothesis import strategies as st

from actors.kit.decider import TimeReached
from actors.messages import cart as carts
from actors.messages import device as devices
from actors.messages import stock as stocks
from actors.messages import trolley as trolleys
from actors.messages.money import checkout as checkouts
from actors.messages.money import order as orders
from actors.messages.money import paying
from actors.messages.money import payment as payments
from actors.messages.money.purchase import Purchase
from core.entities import ENTITIES
from tests.journal.shop import DEVICE, Shop, offer, ref, user

Step = Callable[[Shop], object]


def claim(number: int, who: int) -> Step:
    return lambda shop: shop.send(
        "trolley",
        ref(number).trolley_id,
        trolleys.Claim(ref=ref(number), user_id=user(who), session_id=str(uuid.uuid4())),
    )


def end(who: int, outcome: Literal["abandoned"]) -> Step:
    def step(shop: Shop) -> None:
        for session in shop.state("cart", user(who)).sessions[:1]:
            shop.send("cart", user(who), carts.EndSession(session.session_id, outcome))

    return step


def add(who: int, product: int, quantity: int) -> Step:
    return lambda shop: shop.send("cart", user(who), carts.AddItem(offer(product), quantity))


def change(who: int, quantity: int) -> Step:
    def step(shop: Shop) -> None:
        for line in list(shop.state("cart", user(who)).lines.values())[:1]:
            shop.send("cart", user(who), carts.SetQuantity(line.line_id, quantity))

    return step


def clear(who: int) -> Step:
    return lambda shop: shop.send("cart", user(who), carts.ClearCart())


def restore(who: int) -> Step:
    return lambda shop: shop.send("cart", user(who), carts.RestoreLines())


def reprice(who: int) -> Step:
    def step(shop: Shop) -> None:
        lines = shop.state("cart", user(who)).lines
        offers = {key: offer(number, "51.25") for number in range(4) for key in [offer(number).product_id]}
        shop.send("cart", user(who), carts.Reprice({key: offers[key] for key in lines if key in offers}))

    return step


def see(number: int, hook: Literal["open", "closed"], present: bool) -> Step:
    def step(shop: Shop) -> None:
        reading = devices.SlotReading(number, hook, present, shop.now, ref(number))
        seq = shop.state("device", DEVICE).last_seq + 1
        shop.send("device", DEVICE, devices.Reports((devices.Report(seq, reading),)))

    return step


def link(up: bool) -> Step:
    command = devices.LinkUp("BRANCH-001", "boot", "1.0", ()) if up else devices.LinkDown("boot")
    return lambda shop: shop.send("device", DEVICE, command)


def maintain(number: int, on: bool) -> Step:
    return lambda shop: shop.send(
        "trolley", ref(number).trolley_id, trolleys.SetMaintenance(ref(number), on, "wheel" if on else "")
    )


def wait(shop: Shop) -> None:
    """Let every session and unlock run out."""
    shop.now += 200
    for address in list(shop.states):
        if ENTITIES[address.kind].decider.deadline(shop.states[address]) is not None:
            shop.send(address.kind, address.key, TimeReached())


def deliver_goods(product: int, units: int) -> Step:
    line = stocks.Quantity(offer(product).product_id, units)
    return lambda shop: shop.send("stock", "BRANCH-001", stocks.ReceiveStock((line,), "lorry"))


def count_goods(product: int, counted: int) -> Step:
    command = stocks.AdjustStock(sku=offer(product).product_id, reason="counted", counted=counted, low_at=3)
    return lambda shop: shop.send("stock", "BRANCH-001", command)


def check_out(who: int) -> Step:
    return lambda shop: shop.send(
        "cart", user(who), checkouts.Checkout(str(uuid.uuid4()), "BRANCH-001", 100.0)
    )


def pay(who: int) -> Step:
    return lambda shop: shop.send(
        "cart", user(who), paying.RequestPayment(str(uuid.uuid4()), "sandbox", "demo")
    )


def bank_says(word: Literal["open", "yes", "no", "back"]) -> Step:
    """The provider speaks of every payment there is."""

    def step(shop: Shop) -> None:
        for address in [each for each in shop.states if each.kind == "payment"]:
            state = shop.states[address]
            if word == "back":
                said = [payments.GivenBack(each.refund_id, "r") for each in state.refunds]
            elif word == "yes":
                owed = state.purchase
                said = [
                    payments.Taken(
                        reference="ref",
                        capture="capture",
                        amount=owed.total,
                        currency=owed.currency,
                        at=shop.now,
                    )
                ]
            else:
                said = [payments.Opened("ref", "bank") if word == "open" else payments.NotTaken("no", "No.")]
            for each in said:
                shop.send("payment", address.key, each)

    return step


def think_better(who: int) -> Step:
    return lambda shop: shop.send("cart", user(who), checkouts.CancelCheckout())


def order_id(number: int) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"order {number}"))


def buy(number: int, who: int) -> Step:
    """Place an order of what is in the cart."""

    def step(shop: Shop) -> None:
        cart = shop.state("cart", user(who))
        if lines := tuple(cart.lines.values()):
            bought = Purchase(
                reservation_id=order_id(9),
                branch="BRANCH-001",
                chain="demo",
                session_id=None,
                trolley_id=None,
                lines=lines,
                total=cart.total,
                currency=cart.currency,
            )
            shop.send("order", order_id(number), orders.PlaceOrder(user(who), bought))

    return step


def let_out(number: int) -> Step:
    command = orders.VerifyExit("demo", "BRANCH-001", user(9), 1000.0)
    return lambda shop: shop.send("order", order_id(number), command)


def give_back(number: int, amount: str | None, made: bool) -> Step:
    """Refund an order, with one unit of its first line; the payment agrees, or does not."""

    def step(shop: Shop) -> None:
        order, refund_id = order_id(number), str(uuid.uuid4())
        lines = shop.state("order", order).purchase.lines[:1]
        back = tuple(orders.GoodsBack(line.line_id, 1) for line in lines)
        money = None if amount is None else Decimal(amount)
        refund = orders.RefundOrder(
            refund_id=refund_id, amount=money, reason="torn", user_id=user(9), returned=back
        )
        shop.send("order", order, refund)
        for asked, known in shop.state("order", order).refunds.items():
            if made:
                shop.send("order", order, orders.RefundMade(asked, known.amount))
            else:
                shop.send("order", order, orders.RefundFailed(asked, "card closed"))

    return step


few = st.integers(1, 3)
steps = st.one_of(
    st.builds(claim, few, few),
    st.builds(end, few, st.just("abandoned")),
    st.builds(add, few, few, st.integers(1, 9)),
    st.builds(change, few, st.integers(0, 5)),
    st.builds(clear, few),
    st.builds(restore, few),
    st.builds(reprice, few),
    st.builds(see, few, st.sampled_from(["open", "closed"]), st.booleans()),
    st.builds(link, st.booleans()),
    st.builds(maintain, few, st.booleans()),
    st.builds(deliver_goods, few, st.integers(1, 9)),
    st.builds(count_goods, few, st.integers(0, 9)),
    st.builds(check_out, few),
    st.builds(pay, few),
    st.builds(bank_says, st.sampled_from(["open", "yes", "no", "back"])),
    st.builds(think_better, few),
    st.builds(buy, few, few),
    st.builds(let_out, few),
    st.builds(give_back, few, st.sampled_from(["1.50", None]), st.booleans()),
    st.just(wait),
)
stories = st.lists(st.tuples(steps, st.booleans()), max_size=40)
"""Steps, each with whether a commit follows it."""
