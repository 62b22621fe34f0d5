"""Several shoppers, trolleys and a device at once, over a network that reorders, repeats and crashes.

Invariants 1, 5, 6 and 10 hold at every step; once the network is quiet, carts and
trolleys agree.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from actors.messages.cart import AddItem, ClearCart, EndSession, RemoveItem, RestoreLines, SetQuantity
from actors.messages.device import Beat, LinkDown, LinkUp, Report, Reports, Result, SlotReading
from actors.messages.trolley import (
    Claim,
    Claimed,
    Place,
    SetMaintenance,
    TrolleyAssigned,
    Unlock,
    UnlockRequested,
)
from tests.domain.network import World, check_replay, events, refused
from tests.domain.things import offer, ref

TROLLEYS = [ref(number, place=Place("d1", number)) for number in (1, 2)]
TTL_S = 10.0
users = st.sampled_from(["alice", "bob"])
trolleys = st.sampled_from(TROLLEYS)
products = st.sampled_from([offer("milk"), offer("bread", "0.335"), offer("tea", "9.99", variant="mint")])
outcomes = st.sampled_from(["paid", "abandoned"])


class Shop(RuleBasedStateMachine):
    """What may happen in a shop, in any order."""

    @initialize()
    def open(self) -> None:
        self.world = World()
        self.sessions = 0
        self.reports = 0
        self.claims: list[tuple[str, Claim]] = []

    # --- people ---------------------------------------------------------------

    @rule(user=users, trolley=trolleys)
    def claim(self, user: str, trolley: Any) -> None:
        self.sessions += 1
        command = Claim(ref=trolley, user_id=user, session_id=f"s{self.sessions}")
        self.claims.append((self.world.post("trolley", trolley.trolley_id, command), command))

    @rule(trolley=trolleys, users=st.permutations(["alice", "bob"]))
    def claim_while_a_confirmation_is_late(self, trolley: Any, users: list[str]) -> None:
        """The first claim is given up with its confirmation still on its way, and the second one begins."""
        for user in users:
            self.claim(user, trolley)
            self.world.deliver(len(self.world.letters) - 1)
            newest = self.world.letters[-1:]
            if newest and newest[0].kind == "cart":
                self.world.deliver(len(self.world.letters) - 1)
            if user == users[0]:
                self.world.pass_time(10.0)

    @rule(user=users, outcome=outcomes, back=st.integers(0, 3))
    def end(self, user: str, outcome: Any, back: int) -> None:
        cart = self.world.actor("cart", user).state
        named = [each.session_id for each in (*cart.ended, *cart.sessions)]
        session_id = named[-1 - back] if back < len(named) else "s0"
        self.world.post("cart", user, EndSession(session_id, outcome))

    @rule(user=users, product=products, quantity=st.integers(-1, 400))
    def add(self, user: str, product: Any, quantity: int) -> None:
        self.world.post("cart", user, AddItem(product, quantity, None, f"line-{user}-{product.name}"))

    @rule(user=users, product=products, quantity=st.integers(0, 3))
    def set_quantity(self, user: str, product: Any, quantity: int) -> None:
        self.world.post("cart", user, SetQuantity(f"line-{user}-{product.name}", quantity))

    @rule(user=users, command=st.sampled_from([ClearCart(), RestoreLines(), RemoveItem("line-alice-milk")]))
    def change(self, user: str, command: Any) -> None:
        self.world.post("cart", user, command)

    @rule(trolley=trolleys, on=st.booleans())
    def maintain(self, trolley: Any, on: bool) -> None:
        self.world.post("trolley", trolley.trolley_id, SetMaintenance(trolley, on))

    @rule(trolley=trolleys)
    def unlock(self, trolley: Any) -> None:
        self.world.post("trolley", trolley.trolley_id, Unlock(trolley, "staff"))

    # --- the Pi ---------------------------------------------------------------

    @rule()
    def hello(self) -> None:
        desk = self.world.ask("device", "d1", LinkUp("BRANCH-001", "boot", "1.0", ()))
        self.world.sent += [(self.world.now, "d1", each) for each in desk.pending]
        self.reports = max(self.reports, desk.last_seq)

    @rule(command=st.sampled_from([LinkDown("boot"), Beat()]))
    def link(self, command: Any) -> None:
        self.world.ask("device", "d1", command)

    @rule(trolley=trolleys, hook=st.sampled_from(["open", "closed"]), present=st.booleans())
    def report(self, trolley: Any, hook: Any, present: bool) -> None:
        self.reports += 1
        self.world.pass_time(0.01)
        reading = SlotReading(trolley.place.slot, hook, present, self.world.now, trolley)
        self.world.ask("device", "d1", Reports((Report(self.reports, reading),)))

    @rule(outcome=st.sampled_from(["opened", "not_opened"]), index=st.integers(0, 5))
    def result(self, outcome: Any, index: int) -> None:
        if self.world.sent:
            sent = self.world.sent[index % len(self.world.sent)][2]
            self.world.ask("device", "d1", Result(sent.unlock_id, outcome))

    # --- the network ------------------------------------------------------------

    @precondition(lambda self: self.world.letters)
    @rule(index=st.integers(0, 1000), again=st.booleans())
    def deliver(self, index: int, again: bool) -> None:
        self.world.deliver(index % len(self.world.letters), again)

    @rule(seconds=st.sampled_from([0.1, 3.0, 9.9, 10.0, 30.0, 1000.0]))
    def wait(self, seconds: float) -> None:
        self.world.pass_time(seconds)

    @rule(again=st.integers(1, 4))
    def crash(self, again: int) -> None:
        self.world.crash(again)

    @rule()
    def quiet(self) -> None:
        self.world.settle()
        self.agree()

    # --- what must hold -----------------------------------------------------------

    def agree(self) -> None:
        """Nothing is under way: every side tells the same story."""
        held = {}
        for trolley in self.world.of("trolley"):
            assert trolley.state.phase in ("available", "held")
            if trolley.state.phase == "held":
                held[trolley.state.session_id] = (trolley.key, trolley.state.user_id)
        opened = {}
        for cart in self.world.of("cart"):
            assert cart.state.phase != "ending"
            for each in cart.state.sessions:
                opened[each.session_id] = (each.trolley_id, cart.key)
        assert opened == held
        for command_id, claim in self.claims:
            answer = self.world.answers.get(command_id)
            if isinstance(answer, Claimed):
                assert answer.user_id == claim.user_id
        self._agree_on_locks()

    def _agree_on_locks(self) -> None:
        device = self.world.actor("device", "d1").state
        for reading in device.slots.values():
            state = self.world.actor("trolley", reading.trolley_id).state
            assert state.lock.reported == reading.hook
            if not reading.present:
                assert state.custody == "out"
            elif reading.hook == "closed":
                assert state.custody == "docked"

    @invariant()
    def nobody_has_two(self) -> None:
        """Invariant 1; and who holds a trolley has its session open in the cart."""
        holders = [each.state for each in self.world.of("trolley") if each.state.phase == "held"]
        assert len({each.user_id for each in holders}) == len(holders)
        for cart in self.world.of("cart"):
            assert len(cart.state.sessions) <= 1
        for each in holders:
            assert self.world.actor("cart", each.user_id).state.session(each.session_id) is not None

    @invariant()
    def every_answered_claim_was_assigned(self) -> None:
        """Invariant 2: what was answered as done is in the journal."""
        for command_id, claim in self.claims:
            answer = self.world.answers.get(command_id)
            if refused(answer) is None and answer is not None:
                assigned = events(self.world.actor("trolley", claim.ref.trolley_id), TrolleyAssigned)
                assert answer.session_id in {each.session_id for each in assigned}

    @invariant()
    def locks_open_for_a_reason_and_in_time(self) -> None:
        """Invariant 5."""
        wanted = {
            each.unlock_id: each.at
            for trolley in self.world.of("trolley")
            for each in events(trolley, TrolleyAssigned, UnlockRequested)
        }
        for at, _, command in self.world.sent:
            ends = wanted[command.unlock_id] + TTL_S
            assert command.ttl_ms > 0
            assert at + command.ttl_ms / 1000 <= ends + 1e-6

    @invariant()
    def amounts_add_up(self) -> None:
        """Invariant 6."""
        for cart in self.world.of("cart"):
            lines = cart.state.lines.values()
            assert cart.state.total == sum((each.line_total for each in lines), Decimal(0))
            assert cart.state.units == sum(each.quantity for each in lines)
            for each in lines:
                assert each.line_total == each.unit_price * each.quantity
                assert 1 <= each.quantity <= 999

    @invariant()
    def replaying_gives_the_same(self) -> None:
        check_replay(self.world)

    def teardown(self) -> None:
        if hasattr(self, "world"):
            self.world.settle()
            self.agree()


TestShop = Shop.TestCase
TestShop.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
