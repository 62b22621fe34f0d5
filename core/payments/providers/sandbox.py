"""The built-in provider: no money, its own books, and cards whose outcome is known beforehand.

It behaves like a provider in another house: what it has done stays done when our process dies, its answers
get lost, and its webhooks are signed and come late, twice or too early.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import uuid
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec
from django.conf import settings
from django.utils import timezone
from stdnum import luhn

from actors.kit import money
from core.payments.models import SandboxCharge, SandboxNotice, SandboxRefund
from core.payments.providers import (
    BadSignature,
    Charge,
    Created,
    Declined,
    NeedsAction,
    NotKnown,
    Paid,
    Pending,
    Provider,
    ProviderDown,
    Refunded,
    RefundOrder,
    RefundRefused,
    RefundSaid,
    Said,
    Unheard,
    WebhookNotice,
    sandbox_desk,
)
from core.problems import Problem
from core.wire.secrets import same

log = logging.getLogger("payments")

SIGNATURE = "sandbox-signature"
"""Header of a webhook: the hex HMAC-SHA256 of the body."""
LATE_S = 5.0
"""So long after the reservation's usual end a late payment is paid."""
RETRY_S = 1.0
"""When a webhook that was not taken is delivered again."""
_DECLINED = "The card was declined."
_REASONS = {
    "card_declined": _DECLINED,
    "authentication_failed": "You did not approve this payment at your bank.",
}


Door = Callable[[str, bytes, Mapping[str, str]], None]
"""Takes a webhook: the provider's name, body and headers; raises Problem, and then it comes again."""


class Card(NamedTuple):
    """A test card, as the shopper's page shows it."""

    number: str
    outcome: str
    title: str


CARDS: tuple[Card, ...] = (
    Card("4242424242424242", "paid", "Pays at once"),
    Card("4000000000000002", "declined", "Is declined"),
    Card("4000002500003155", "needs_action", "Asks for approval first"),
    Card("4000000000000119", "times_out", "Pays, but the answer gets lost"),
    Card("4000000000000259", "paid_late", "Pays after the goods were kept"),
    Card("4000000000000341", "webhook_twice", "Pays, and says so twice"),
    Card("4000000000000408", "webhook_first", "Pays, and says so before it answers"),
)
_OUTCOMES = {card.number: card.outcome for card in CARDS}


def hints() -> list[dict[str, str]]:
    """Return the cards as the shopper's page shows them."""
    return [card._asdict() for card in CARDS]


class _Webhook(msgspec.Struct):
    event_id: str
    payment_id: str
    capture: str
    amount: Decimal
    currency: str
    at: float


class Sandbox:
    """The provider. Every change of its books is one statement, so threads and crashes do no harm."""

    name = "sandbox"

    def __init__(
        self,
        key: bytes,
        late_after_s: float,
        door: Door,
        now: Callable[[], datetime] = timezone.now,
    ) -> None:
        self._key = key
        self._door = door
        self._late_after = timedelta(seconds=late_after_s)
        self._now = now

    # --- the port --------------------------------------------------------------------

    def create(self, charge: Charge) -> Said:
        """Take the payment into the books."""
        row = SandboxCharge(payment_id=charge.payment_id, amount=charge.amount, currency=charge.currency)
        SandboxCharge.objects.bulk_create([row], ignore_conflicts=True)
        return self.look_up(charge)

    def confirm(self, charge: Charge, words: Mapping[str, Any]) -> Said:
        """Pay with a test card; the number says what happens."""
        books = self._books(charge)
        if books is None:
            return NotKnown()
        card, approve = words.get("card"), words.get("approve")
        if books.status == "action" and approve is not None:
            if approve:
                self._pay(charge, "action")
            else:
                self._write(charge, ("action",), status="declined", reason="authentication_failed")
        elif books.status == "open":
            outcome = _outcome(card)
            _DOES[outcome](self, charge)
            if outcome == "times_out":
                raise ProviderDown("the answer was lost, as this card has it")
            if outcome == "webhook_first":
                self.deliver_due()
        return self.look_up(charge)

    def look_up(self, charge: Charge) -> Said:
        """Say how it stands."""
        books = self._books(charge)
        if books is None:
            return NotKnown()
        reference = _reference(charge.payment_id)
        if books.status == "declined":
            return Declined(books.reason, _REASONS[books.reason], reference)
        if books.status == "open":
            return Created(reference, {"cards": hints()})
        if books.status == "action":
            return NeedsAction(reference)
        if books.paid_at is None or books.paid_at > self._now():
            return Pending(reference, processing=True)
        return self._paid(books)

    def refund(self, order: RefundOrder) -> RefundSaid:
        """Give it back, unless more than was paid would go."""
        books = self._books(order.charge)
        if books is None or books.paid_at is None:
            return RefundRefused(order.refund_id, "This was not paid.")
        before = SandboxRefund.objects.filter(payment_id=order.charge.payment_id)
        made = before.filter(refund_id=order.refund_id).first()
        if made is not None and made.status == "failed":
            return RefundRefused(order.refund_id, made.detail, f"sbr_{order.refund_id}")
        if made is None:
            if order.amount > sandbox_desk.refundable(books):
                return RefundRefused(order.refund_id, "More than was paid cannot be given back.")
            made = SandboxRefund(
                refund_id=order.refund_id, payment_id=order.charge.payment_id, amount=order.amount
            )
            SandboxRefund.objects.bulk_create([made], ignore_conflicts=True)
        return Refunded(
            order.refund_id, money.quantize(made.amount, books.currency), f"sbr_{order.refund_id}"
        )

    def missed(self, since: float) -> Iterable[WebhookNotice]:
        """Return what people did at the sandbox itself."""
        return sandbox_desk.notices(since)

    def read_webhook(self, body: bytes, headers: Mapping[str, str]) -> WebhookNotice | None:
        """Verify and read one of its own notices."""
        if not same(headers.get(SIGNATURE, ""), self.sign(body)):
            raise BadSignature("the signature does not belong to the body")
        try:
            said = _WEBHOOK.decode(body)
        except msgspec.DecodeError as error:
            raise Unheard("This notice cannot be read.") from error
        reference = _reference(said.payment_id)
        paid = Paid(reference, said.capture, said.amount, said.currency, said.at)
        return WebhookNotice(said.event_id, said.payment_id, reference, paid)

    # --- its webhooks ----------------------------------------------------------------

    def sign(self, body: bytes) -> str:
        """Return the signature of a webhook's body."""
        return hmac.new(self._key, body, hashlib.sha256).hexdigest()

    def deliver_due(self) -> float | None:
        """Deliver the webhooks that are due; return in how many seconds there are more, None: never."""
        waiting = SandboxNotice.objects.filter(delivered_at=None).order_by("due_at", "pk")
        for row in waiting.filter(due_at__lte=self._now()):
            body = self._webhook(row)
            try:
                self._door(self.name, body, {SIGNATURE: self.sign(body)})
            except Problem as problem:
                log.info("a webhook of the sandbox was not taken: %s", problem.problem_code)
                return RETRY_S
            SandboxNotice.objects.filter(pk=row.pk).update(delivered_at=self._now())
        following = waiting.first()
        return None if following is None else max((following.due_at - self._now()).total_seconds(), 0.0)

    def _webhook(self, row: SandboxNotice) -> bytes:
        paid = self._paid(SandboxCharge.objects.get(pk=row.payment_id))
        webhook = _Webhook(
            row.event_id, str(row.payment_id), paid.capture, paid.amount, paid.currency, paid.at
        )
        return msgspec.json.encode(webhook)

    def _announce(self, charge: Charge, at: datetime, times: int = 1) -> None:
        event_id = f"evt_{uuid.uuid4().hex}"
        SandboxNotice.objects.bulk_create(
            SandboxNotice(payment_id=charge.payment_id, event_id=event_id, due_at=at) for _ in range(times)
        )

    # --- its books -------------------------------------------------------------------

    def _books(self, charge: Charge) -> SandboxCharge | None:
        return SandboxCharge.objects.filter(pk=charge.payment_id).first()

    def _write(self, charge: Charge, before: tuple[str, ...], **changed: Any) -> bool:
        """Change what is in one of these states; False if somebody was faster."""
        found = SandboxCharge.objects.filter(pk=charge.payment_id, status__in=before)
        return found.update(**changed) == 1

    def _pay(self, charge: Charge, before: str = "open") -> bool:
        return self._write(charge, (before,), status="paid", paid_at=self._now())

    def _decline(self, charge: Charge) -> None:
        self._write(charge, ("open",), status="declined", reason="card_declined")

    def _ask_bank(self, charge: Charge) -> None:
        self._write(charge, ("open",), status="action")

    def _pay_late(self, charge: Charge) -> None:
        at = self._now() + self._late_after
        if self._write(charge, ("open",), status="processing", paid_at=at):
            self._announce(charge, at)

    def _pay_loudly(self, charge: Charge, times: int) -> None:
        if self._pay(charge):
            self._announce(charge, self._now(), times)

    def _paid(self, books: SandboxCharge) -> Paid:
        assert books.paid_at is not None
        payment_id = str(books.payment_id)
        amount = money.quantize(books.amount, books.currency)
        at = books.paid_at.timestamp()
        return Paid(_reference(payment_id), f"sbc_{payment_id}", amount, books.currency, at)


_DOES: dict[str, Callable[[Sandbox, Charge], Any]] = {
    "paid": Sandbox._pay,
    "declined": Sandbox._decline,
    "needs_action": Sandbox._ask_bank,
    "times_out": Sandbox._pay,
    "paid_late": Sandbox._pay_late,
    "webhook_twice": lambda sandbox, charge: sandbox._pay_loudly(charge, 2),
    "webhook_first": lambda sandbox, charge: sandbox._pay_loudly(charge, 1),
}
_WEBHOOK = msgspec.json.Decoder(_Webhook)


def _outcome(card: object) -> str:
    number = card.replace(" ", "") if isinstance(card, str) else ""
    if not (12 <= len(number) <= 19 and luhn.is_valid(number)):
        raise Unheard("This is not the number of a card.")
    return _OUTCOMES.get(number, "declined")


def _reference(payment_id: str) -> str:
    return f"sb_{payment_id}"


_doors: list[Door] = []


def deliver_to(door: Door) -> None:
    """Bring webhooks there from now on, for the sandbox has no address to send them to."""
    _doors[:] = [door]


def _deliver(name: str, body: bytes, headers: Mapping[str, str]) -> None:
    _doors[0](name, body, headers)


def make() -> Provider | None:
    """Return the sandbox where the settings allow it."""
    if not settings.PAYMENT_SANDBOX:
        return None
    key = hashlib.sha256(b"sandbox webhooks:" + settings.SIGNING_KEY.encode()).digest()
    return Sandbox(key, settings.CHECKOUT_HOLD_S + LATE_S, _deliver)
