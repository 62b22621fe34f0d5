"""Shoppers that put something in and pay with every card there is, over any number of crashes."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from tests.system.walkers import Frame, Walker

CARDS = (
    "4242424242424242", "4242424242424242", "4000000000000002", "4000002500003155", "4000000000000119",
    "4000000000000259", "4000000000000341", "4000000000000408",
)  # fmt: skip


class Payer(Walker):
    """One step after the other; what comes next hangs on what was answered."""

    in_flight = 1

    def __init__(self, user_id: str, token: str, dice: random.Random, barcodes: list[str]) -> None:
        super().__init__(user_id, token, dice)
        self.barcodes = barcodes
        self._last: Frame | None = None
        self.heard: Callable[[], None] = lambda: None
        """Called after each answer."""

    @property
    def payments(self) -> set[str]:
        """The ids of all payments that were answered."""
        answers = (
            self.answers[id_] for id_, sent in self.sent.items() if id_ in self.answers and _pays(sent)
        )
        return {answer["data"]["payment_id"] for answer in answers if answer["ok"]}

    def _note(self, reply: Frame) -> None:
        super()._note(reply)
        self.heard()

    def next_command(self) -> Frame:
        self._last = self._after(self._last)
        return self._last

    def _after(self, last: Frame | None) -> Frame:
        answer = None if last is None else self.answers.get(last["id"])
        if last is None or answer is None or not (answer["ok"] or last["type"] == "cart.add"):
            return self._add()
        if last["type"] == "cart.add":
            # A cart that cannot be changed is at the till already.
            return self.command("payment.create", branch="BRANCH-001")
        return self._pay(last, answer["data"])

    def _add(self) -> Frame:
        barcode = self.dice.choice(self.barcodes)
        return self.command("cart.add", barcode=barcode, quantity=self.dice.randint(1, 3))

    def _pay(self, last: Frame, payment: dict[str, Any]) -> Frame:
        known = {"payment_id": payment["payment_id"]}
        if payment["status"] == "pending":
            return self.command("payment.confirm", card=self.dice.choice(CARDS), **known)
        if payment["status"] == "requires_action" and "approve" not in last:
            return self.command("payment.confirm", approve=self.dice.random() < 0.7, **known)
        return self._add()


def _pays(frame: Frame) -> bool:
    return str(frame["type"]).startswith("payment.")
