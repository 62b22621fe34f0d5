"""Calls to payment providers in threads, for the addresses ``provider/<name>``.

No journal repeats what is asked here: the payment itself asks again until it has heard. So a call that
finds no room, or whose answer is lost with the process, costs a wait and nothing else.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
from django.db import DatabaseError

from actors.messages.money import payment as words
from actors.runtime import Address, AskError
from core.config.database import fresh_connections
from core.payments import ledger
from core.payments.provider_messages import word_of
from core.payments.providers import (
    Charge,
    Created,
    Declined,
    NeedsAction,
    Provider,
    ProviderDown,
    ProviderRefused,
    RefundOrder,
    Unheard,
)
from core.payments.providers.registry import find
from core.payments.providers.sandbox import Sandbox
from core.payments.sandbox_webhooks import SandboxWebhooks

log = logging.getLogger("payments")

WAITING_PER_WORKER = 32
"""So many calls may wait for a worker before more are answered as silent."""
_NO_PROVIDER = Declined("refused", "This way of paying does not work at the moment; take another.")

Tell = Callable[[Address, Any, "str | None", str], None]
"""Brings a command to an entity, from any thread; raises AskError."""


class ProviderCalls:
    """One pool of threads a provider, so that a slow one does not block the others."""

    def __init__(self, tell: Tell, workers: int) -> None:
        self._tell = tell
        self._workers = workers
        self._webhooks = SandboxWebhooks()
        self._pools: dict[str, ThreadPoolExecutor] = {}
        self._waiting: dict[str, int] = {}
        self._lock = threading.Lock()
        self._stopped = False

    def handle(self, name: str, call: words.ToProvider) -> None:
        """Take a payment's question; from any thread, never waits."""
        with self._lock:
            if self._stopped:
                return
            full = self._waiting.get(name, 0) >= self._workers * WAITING_PER_WORKER
            if not full:
                self._waiting[name] = self._waiting.get(name, 0) + 1
                self._pool(name).submit(self._work, name, call)
        if full:
            log.warning("%s has no room for more calls; payment %s waits", name, call.charge.payment_id)
            self._say(name, call, words.Silent(_asked(call), _refund_of(call)))

    @property
    def idle(self) -> bool:
        """True if no call is under way."""
        return not any(self._waiting.values())

    def start(self) -> None:
        """Deliver what the sandbox has to tell; calls are taken before that, too."""
        self._webhooks.start()

    def stop(self) -> None:
        """Accept no further calls; those under way end within the providers' timeout, unawaited."""
        with self._lock:
            self._stopped = True
            self._webhooks.stop()
            pools, self._pools = self._pools, {}
        for pool in pools.values():
            pool.shutdown(wait=False, cancel_futures=True)

    def _pool(self, name: str) -> ThreadPoolExecutor:
        if name not in self._pools:
            self._pools[name] = ThreadPoolExecutor(self._workers, f"payments-{name}")
        return self._pools[name]

    # --- in a thread -------------------------------------------------------------------

    def _work(self, name: str, call: words.ToProvider) -> None:
        try:
            with fresh_connections():
                word = self._ask(name, call)
        except Exception:
            log.exception("asking %s about payment %s failed", name, call.charge.payment_id)
            word = words.Silent(_asked(call), _refund_of(call))
        self._say(name, call, word)
        with self._lock:
            self._waiting[name] -= 1
        if name == Sandbox.name:
            self._webhooks.wake()

    def _ask(self, name: str, call: words.ToProvider) -> words.FromProvider:
        asked, payment_id = _asked(call), call.charge.payment_id
        began = time.monotonic()
        said: Any
        try:
            provider = find(name)
            if provider is None:
                raise ProviderRefused("the settings name no account with it")
            said = _call(provider, call)
            word = word_of(said)
            if isinstance(said, Created | NeedsAction) and said.client:
                ledger.keep_client(payment_id, said.client)
        except ProviderDown as error:
            said, word = error, words.Silent(asked, _refund_of(call))
        except ProviderRefused as error:
            log.error("%s refuses to %s payment %s: %s", name, asked, payment_id, error)
            said = error
            word = word_of(_NO_PROVIDER) if asked == "create" else words.Silent(asked, _refund_of(call))
        except Unheard as error:
            command_id = call.command_id if isinstance(call, words.Confirm) else ""
            said, word = error, words.Unheard(command_id, str(error))
        took = time.monotonic() - began
        shown = repr(said) if isinstance(said, Exception) else type(said).__name__
        log.info("payment %s: %s was asked to %s: %s", payment_id, name, asked, shown)
        try:
            ledger.note(payment_id, name, asked, said, took)
        except DatabaseError:
            log.exception("an attempt of payment %s could not be written down", payment_id)
        return word

    def _say(self, name: str, call: words.ToProvider, word: words.FromProvider) -> None:
        try:
            self._tell(Address("payment", call.charge.payment_id), word, None, f"provider:{name}")
        except AskError as error:
            log.warning("payment %s could not be told: %r", call.charge.payment_id, error)


def _asked(call: words.ToProvider) -> Any:
    return _ASKED[type(call)]


def _refund_of(call: words.ToProvider) -> str:
    return call.refund_id if isinstance(call, words.GiveBack) else ""


def _call(provider: Provider, call: words.ToProvider) -> Any:
    charge = msgspec.convert(call.charge, Charge, from_attributes=True)
    match call:
        case words.Charge():
            return provider.create(charge)
        case words.Confirm(card=card, approve=approve):
            given = {"card": card, "approve": approve}
            return provider.confirm(charge, {name: each for name, each in given.items() if each is not None})
        case words.LookUp():
            return provider.look_up(charge)
        case words.GiveBack():
            order = RefundOrder(call.refund_id, charge, call.capture, call.amount, call.reason)
            return provider.refund(order)


_ASKED = {words.Charge: "create", words.Confirm: "confirm", words.LookUp: "look_up", words.GiveBack: "refund"}
