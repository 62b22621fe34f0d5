"""Accounts at Stripe, Razorpay and PayPal, whose API is a peer on this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import uuid4

from core.payments.providers import Charge, Paid, Provider, RefundOrder, paypal, razorpay, stripe
from tests.payments import paypal_peer, razorpay_peer, stripe_peer
from tests.payments.paypal_peer import PayPalPeer
from tests.payments.peers import Peer
from tests.payments.razorpay_peer import RazorpayPeer
from tests.payments.stripe_peer import StripePeer

PAYMENT = "0b6ff4ac-6d5c-4a3e-9c5a-1d2f3a4b5c6d"
REFUND = "7c0a3b1e-52f7-4c39-8ad4-9be1f1a2c3d4"


class Shop(NamedTuple):
    """A provider and its peer, with what shoppers do there."""

    account: Provider
    peer: Any
    pay: Callable[[str], Any]
    """Pay what has that reference; returns the provider's own object."""
    decline: Callable[..., Any]
    """Refuse somebody's card, at that time."""
    webhook: Callable[[Any], tuple[bytes, dict[str, str]]]
    """The signed notice that it was paid."""
    unpaid_webhook: Callable[[Any], tuple[bytes, dict[str, str]]]
    """The signed notice that a try has failed."""
    signed: Callable[[bytes], dict[str, str]]
    """Headers with the provider's signature."""
    forged: Callable[[bytes], dict[str, str]]
    """Headers with a signature by somebody else."""
    secrets: tuple[str, ...]

    def charge(self, amount: str = "420.75", currency: str = "INR", reference: str = "") -> Charge:
        return Charge(PAYMENT, Decimal(amount), currency, reference)

    def paid(self, amount: str = "420.75", currency: str = "INR") -> tuple[Charge, Paid]:
        """Return a charge that somebody has paid, and how."""
        charge = self.charge(amount, currency)
        made = self.account.create(charge)
        charge = self.charge(amount, currency, made.reference)  # type: ignore[union-attr]
        self.pay(charge.reference)
        said = self.account.look_up(charge)
        assert isinstance(said, Paid), said
        return charge, said

    def refund(self, charge: Charge, paid: Paid, amount: str, refund_id: str = REFUND) -> RefundOrder:
        return RefundOrder(refund_id, charge, paid.capture, Decimal(amount), "It was broken.")


def stripe_account(peer: Peer, key: str = stripe_peer.KEY, timeout_s: float = 30.0) -> stripe.StripeAccount:
    return stripe.StripeAccount(
        secret_key=key,
        publishable_key=stripe_peer.PUBLISHABLE,
        webhook_secret=stripe_peer.WEBHOOK_SECRET,
        api_base=peer.url,
        timeout_s=timeout_s,
    )


def razorpay_account(
    peer: Peer, secret: str = razorpay_peer.KEY_SECRET, timeout_s: float = 30.0
) -> razorpay.RazorpayAccount:
    return razorpay.RazorpayAccount(
        key_id=razorpay_peer.KEY_ID,
        key_secret=secret,
        webhook_secret=razorpay_peer.WEBHOOK_SECRET,
        api_base=peer.url,
        timeout_s=timeout_s,
    )


def paypal_account(
    peer: Peer, secret: str = paypal_peer.SECRET, timeout_s: float = 30.0
) -> paypal.PayPalAccount:
    return paypal.PayPalAccount(
        client_id=paypal_peer.CLIENT_ID,
        secret=secret,
        webhook_id=paypal_peer.WEBHOOK_ID,
        api_base=peer.url,
        back_to="https://shop.example",
        timeout_s=timeout_s,
    )


ACCOUNTS: dict[str, Callable[..., Provider]] = {
    "stripe": stripe_account,
    "razorpay": razorpay_account,
    "paypal": paypal_account,
}


@contextmanager
def at_stripe() -> Iterator[Shop]:
    """A new account at Stripe, for a while."""
    peer = StripePeer()

    def signed(kind: str) -> Callable[[Any], tuple[bytes, dict[str, str]]]:
        def make(intent: Any) -> tuple[bytes, dict[str, str]]:
            body = stripe_peer.event(kind, intent, f"evt_{uuid4().hex}")
            return body, stripe_peer.signature(body)

        return make

    with peer.running():
        yield Shop(
            stripe_account(peer),
            peer,
            peer.pay,
            lambda reference, at=1_700_000_050: peer.decline(reference, at=at),
            signed("payment_intent.succeeded"),
            signed("payment_intent.payment_failed"),
            stripe_peer.signature,
            lambda body: stripe_peer.signature(body, secret="whsec_of_somebody_else"),
            (stripe_peer.KEY, stripe_peer.WEBHOOK_SECRET, "_secret_peer"),
        )


@contextmanager
def at_razorpay() -> Iterator[Shop]:
    """A new account at Razorpay, for a while."""
    peer = RazorpayPeer()

    def signed(kind: str) -> Callable[[Any], tuple[bytes, dict[str, str]]]:
        def make(payment: Any) -> tuple[bytes, dict[str, str]]:
            body = razorpay_peer.event(kind, payment=payment)
            return body, razorpay_peer.signature(body, f"evt_{uuid4().hex}")

        return make

    def decline(order_id: str, at: float = 1_700_000_050) -> Any:
        said = {"error_reason": "payment_failed", "error_description": "The bank has refused it."}
        return peer.attempt(order_id, "failed", int(at), **said)

    with peer.running():
        yield Shop(
            razorpay_account(peer),
            peer,
            peer.attempt,
            decline,
            signed("payment.captured"),
            signed("payment.failed"),
            lambda body: razorpay_peer.signature(body, f"evt_{uuid4().hex}"),
            lambda body: razorpay_peer.signature(body, secret="of somebody else"),
            (razorpay_peer.KEY_SECRET, razorpay_peer.WEBHOOK_SECRET, razorpay_peer.AUTHORISATION),
        )


@contextmanager
def at_paypal() -> Iterator[Shop]:
    """A new account at PayPal, for a while. Who pays is captured, and our side has not heard of it."""
    peer = PayPalPeer()
    signed = lambda body: paypal_peer.signature(body, f"{peer.url}{paypal_peer.CERTIFICATE}")

    def told(kind: str) -> Callable[[Any], tuple[bytes, dict[str, str]]]:
        def make(thing: Any) -> tuple[bytes, dict[str, str]]:
            body = peer.event(kind, thing)
            return body, signed(body)

        return make

    with peer.running():
        yield Shop(
            paypal_account(peer),
            peer,
            peer.pay,
            lambda reference, at=0.0: peer.decline(reference),
            told("PAYMENT.CAPTURE.COMPLETED"),
            told("CHECKOUT.ORDER.APPROVED"),
            signed,
            lambda body: paypal_peer.signature(body, f"{peer.url}{paypal_peer.CERTIFICATE}", whose="nobody"),
            (paypal_peer.SECRET, paypal_peer.TOKEN, paypal_peer.AUTHORISATION),
        )


AT = {"stripe": at_stripe, "razorpay": at_razorpay, "paypal": at_paypal}
