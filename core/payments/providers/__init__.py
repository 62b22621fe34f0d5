"""The port to payment providers: the calls of one, and its possible answers.

A provider is a module beside this one with ``make() -> Provider | None``, which reads the settings
(None: they name no account with it), and a line in ``registry.py``. Its methods block and are called in
threads of a pool, several at a time, so it keeps nothing that threads could spoil. Every call may come
twice (the process was killed before its answer was kept), so each is idempotent: ``create`` by the
payment's id, ``refund`` by the refund's. A call ends within ``settings.PAYMENT_TIMEOUT_S``.

Amounts are Decimal with exactly the currency's decimals (JPY 0, INR 2, KWD 3); ``actors.kit.money`` knows
them. Times are POSIX seconds. ``client`` goes to the shopper's page as it is and nowhere else: not to the
journal, not to a log.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Protocol

import msgspec

from actors.messages.money.order import DisputeStatus

# --- what is asked -----------------------------------------------------------------------


class Charge(msgspec.Struct, frozen=True):
    """A payment that somebody is to make."""

    payment_id: str
    """Ours: a UUID. The provider keeps it (metadata, receipt), so that a webhook can name it."""
    amount: Decimal
    currency: str
    """ISO 4217, upper case."""
    reference: str = ""
    """The provider's own id of it, as Created said; empty before, and when that answer was lost."""


class RefundOrder(msgspec.Struct, frozen=True):
    """Give back ``amount`` of what ``charge`` brought in."""

    refund_id: str
    """Ours; one id is one refund, however often it is asked for."""
    charge: Charge
    capture: str
    """As Paid said."""
    amount: Decimal
    """Of the charge's currency; never more than is left."""
    reason: str
    """A sentence of ours, for the provider's records; names nobody."""


# --- what it says of a payment -------------------------------------------------------------


class Created(msgspec.Struct, frozen=True):
    """The provider knows of it and waits for the shopper."""

    reference: str
    """The provider's own id: later calls are given it in ``Charge.reference``."""
    client: dict[str, Any]
    """What the shopper's page needs, JSON; may hold a secret that is the shopper's alone."""


class Pending(msgspec.Struct, frozen=True):
    """Neither paid nor declined: nobody has paid yet, or the bank takes its time."""

    reference: str = ""
    processing: bool = False
    """True: the shopper has done their part."""


class NeedsAction(msgspec.Struct, frozen=True):
    """The shopper must prove something to their bank first."""

    reference: str
    client: dict[str, Any] = {}
    """What the page needs for it, beside what Created gave."""


class Paid(msgspec.Struct, frozen=True):
    """The money is taken (captured, not merely authorised)."""

    reference: str
    capture: str
    """The provider's id of what a refund gives back. One capture is told as one id, however often."""
    amount: Decimal
    currency: str
    at: float
    """When, by the provider's clock."""


class Declined(msgspec.Struct, frozen=True):
    """It will not be paid: the bank refused, the shopper gave up, or it was too late.

    If the provider lets another card try the same payment, cancel it there before saying so; what is
    paid all the same afterwards is refunded.
    """

    reason: str
    """Stable: ``card_declined``, ``authentication_failed``, ``cancelled``, ``expired``, ``refused``."""
    detail: str
    """One sentence for the shopper, without a card's number."""
    reference: str = ""


class NotKnown(msgspec.Struct, frozen=True):
    """The provider does not know this payment: its ``create`` did not arrive."""


Said = Created | Pending | NeedsAction | Paid | Declined | NotKnown

# --- what it says of a refund --------------------------------------------------------------


class Refunded(msgspec.Struct, frozen=True):
    """The refund is certain."""

    refund_id: str
    """Ours; empty: nobody here asked for it, it was given at the provider itself."""
    amount: Decimal
    reference: str = ""
    """The provider's own id of the refund."""
    capture: str = ""
    """What it gives back, as Paid said; of a refund that nobody here asked for."""


class RefundPending(msgspec.Struct, frozen=True):
    """Accepted but not certain; it is asked for again later, or a webhook tells."""

    refund_id: str
    reference: str = ""


class RefundRefused(msgspec.Struct, frozen=True):
    """It will not be given back this way."""

    refund_id: str
    detail: str
    """One sentence for staff."""
    reference: str = ""


RefundSaid = Refunded | RefundPending | RefundRefused


class Disputed(msgspec.Struct, frozen=True, kw_only=True):
    """The buyer's bank wants money back, or has decided."""

    reference: str
    """The provider's own id of the dispute."""
    amount: Decimal
    status: DisputeStatus
    detail: str
    """The provider's code for the bank's reason."""
    due_by: float | None
    """Until when it can be answered, POSIX seconds."""


# --- a webhook --------------------------------------------------------------------------------


class WebhookNotice(msgspec.Struct, frozen=True):
    """What a webhook with a good signature tells of one payment."""

    event_id: str
    """The provider's id of this notice; the same again is the same notice, delivered twice."""
    payment_id: str
    """Ours, from what we gave to ``create``; empty if the provider names its own ``reference`` only."""
    reference: str
    """The provider's own id of the payment; its capture where a notice names no more."""
    said: Pending | NeedsAction | Paid | Declined | Refunded | RefundPending | RefundRefused | Disputed


# --- trouble ------------------------------------------------------------------------------------


class BadSignature(Exception):
    """The webhook is not from the provider, or too old: 400. Its text never holds a secret or the body."""


class ProviderDown(Exception):
    """No answer in time, a broken connection, 429 or 5xx: nobody knows whether it was done.

    It is asked again later.
    """


class ProviderRefused(Exception):
    """The provider refuses our very request (a wrong key, an account that may not): ours to repair.

    Its text is for the log: no secret in it. The payment stays open and is asked about again.
    """


class Unheard(Exception):
    """What the client handed over makes no sense: 400 with this sentence. Nothing was done."""


# --- the port --------------------------------------------------------------------------------------


class Provider(Protocol):
    """One provider, made from the settings. Blocking, safe to call from several threads."""

    name: str
    """As in ``payment_method`` and in the address ``provider/<name>``."""

    def create(self, charge: Charge) -> Said:
        """Make the payment known, once for ``charge.payment_id``; Created, or Declined if it cannot be.

        Asked again it gives the same ``reference`` (and a ``client`` that works), or says how it stands
        by now. Raises ProviderDown, ProviderRefused.
        """

    def confirm(self, charge: Charge, words: Mapping[str, Any]) -> Said:
        """Hear what the shopper's page hands over after the shopper did something; say how it stands.

        ``words`` is the body of ``payment.confirm`` without the payment's id: the sandbox takes ``card``
        and ``approve``; others may be given nothing, and look it up. Raises Unheard, ProviderDown,
        ProviderRefused.
        """

    def look_up(self, charge: Charge) -> Said:
        """Say how it stands, by ``charge.reference`` or, without one, by ``charge.payment_id``.

        NotKnown if there is no such payment. Raises ProviderDown, ProviderRefused.
        """

    def refund(self, order: RefundOrder) -> RefundSaid:
        """Give it back, once for ``order.refund_id``; asked again, say how that refund stands.

        Raises ProviderDown, ProviderRefused.
        """

    def missed(self, since: float) -> Iterable[WebhookNotice]:
        """Return what webhooks told, or should have told, of refunds and disputes since then, oldest first.

        ``since``: POSIX seconds. A notice that a webhook brought too has the same ``event_id`` where the
        provider knows it. Raises ProviderDown, ProviderRefused, also while it is being gone through.
        """

    def read_webhook(self, body: bytes, headers: Mapping[str, str]) -> WebhookNotice | None:
        """Verify the signature over the raw body; say what it tells, None if that is nothing of ours.

        ``headers`` have lower-case names. Asks the provider for nothing but the key that it signs with,
        once. Raises BadSignature, Unheard for a body that is signed well but cannot be read, and ProviderDown
        without the key.
        """
