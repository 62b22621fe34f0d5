"""A payment provider as the network of actors sees it: it keeps its own books through crashes of ours.

It is asked over a line that loses questions and answers; people pay it whenever they like.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from actors.messages.money.payment import (
    Charge,
    Confirm,
    GiveBack,
    GivenBack,
    LookUp,
    NeverHeard,
    NotGivenBack,
    NotTaken,
    Opened,
    Silent,
    Taken,
    ToCharge,
)

DECLINED = NotTaken("card_declined", "Your bank said no.")


class Account:
    """One payment, as the bank has it."""

    def __init__(self, charge: ToCharge) -> None:
        self.charge = charge
        self.taken: dict[str, float] = {}
        """When each capture was taken."""
        self.declined = False
        self.given_back: dict[str, tuple[str, Decimal]] = {}
        """Capture and amount of each refund."""

    def word(self) -> Any:
        """How it stands."""
        if self.taken:
            return self.words()[0]
        if self.declined:
            return DECLINED
        return Opened(f"ref-{self.charge.payment_id}", "shopper")

    def words(self) -> list[Taken]:
        """One word a capture."""
        charge = self.charge
        return [
            Taken(
                reference=f"ref-{charge.payment_id}",
                capture=capture,
                amount=charge.amount,
                currency=charge.currency,
                at=at,
            )
            for capture, at in self.taken.items()
        ]

    def pay(self, now: float, twice: bool = False) -> None:
        """Somebody pays; ``twice``: and once more."""
        self.taken.setdefault(f"{self.charge.payment_id}-1", now)
        if twice:
            self.taken.setdefault(f"{self.charge.payment_id}-2", now)


class Bank:
    """Everybody's payments."""

    def __init__(self) -> None:
        self.accounts: dict[str, Account] = {}
        self.deaf = False
        """Questions do not arrive."""
        self.mute = False
        """Answers do not come back."""
        self.stubborn = False
        """It refuses refunds."""

    def hear(self, call: Any, now: float) -> list[tuple[str, Any]]:
        """Do what is asked; return the words that come back, each for a payment."""
        payment_id = call.charge.payment_id
        asked = {Charge: "create", Confirm: "confirm", LookUp: "look_up", GiveBack: "refund"}[type(call)]
        silent = Silent(asked, call.refund_id if isinstance(call, GiveBack) else "")  # type: ignore[arg-type]
        if self.deaf:
            return [(payment_id, silent)]
        word = self._answer(call, now)
        return [(payment_id, silent if self.mute else word)]

    def _answer(self, call: Any, now: float) -> Any:
        payment_id = call.charge.payment_id
        if isinstance(call, Charge):
            return self.accounts.setdefault(payment_id, Account(call.charge)).word()
        account = self.accounts.get(payment_id)
        if account is None:
            return NeverHeard()
        if isinstance(call, Confirm):
            if call.card == "declined":
                account.declined = not account.taken
            elif not account.declined:
                account.pay(now)
        if isinstance(call, GiveBack):
            return self._give_back(account, call)
        return account.word()

    def _give_back(self, account: Account, call: GiveBack) -> Any:
        if call.refund_id in account.given_back:
            return GivenBack(call.refund_id)
        if self.stubborn:
            return NotGivenBack(call.refund_id, "The account is closed.")
        assert call.capture in account.taken, "nobody gives back what was not taken"
        account.given_back[call.refund_id] = (call.capture, call.amount)
        return GivenBack(call.refund_id)
