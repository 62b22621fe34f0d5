"""A trolley alone and a cart alone, with any command at any time, against a plain model of each."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from actors import cart, trolley
from actors.kit.decider import Context, Decision, TimeReached
from actors.messages.cart import (
    AddItem,
    ClearCart,
    CloseSession,
    OpenSession,
    RemoveItem,
    RestoreLines,
    SetQuantity,
)
from actors.messages.trolley import (
    Claim,
    ConfirmClaim,
    DenyClaim,
    Heartbeat,
    LockReported,
    Release,
    SetMaintenance,
    SignOfLife,
    Unlock,
    UnlockFinished,
)
from tests.domain.given import fold, rested, through_json
from tests.domain.things import REF, offer

users = st.sampled_from(["alice", "bob"])
sessions = st.sampled_from(["s1", "s2", "s3"])


class Alone(RuleBasedStateMachine):
    """One decider with its journal."""

    decider: Any
    key: str

    @initialize()
    def start(self) -> None:
        self.now = 1000.0
        self.count = 0
        self.journal: list[Any] = []
        self.state = self.decider.initial(self.key)

    def do(self, command: Any) -> Decision:
        self.count += 1
        decision: Decision = self.decider.decide(
            self.state, command, Context(self.now, f"c{self.count}", "p")
        )
        assert not (decision.events and decision.refusal)
        if decision.memory is not None:
            assert rested(self.decider, decision.memory) == rested(self.decider, self.state)
            self.state = decision.memory
        for event in decision.events:
            self.journal.append(through_json(event))
            self.state = self.decider.evolve(self.state, event)
            self.decider.tells(self.state, event)
        return decision

    @rule(seconds=st.sampled_from([0.1, 1.0, 9.9, 29.9, 30.0, 901.0]))
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @rule()
    def crash(self) -> None:
        self.state = self.decider.awake(fold(self.decider, self.key, self.journal), self.now)

    @invariant()
    def replay_and_snapshot_give_the_same(self) -> None:
        """Invariant 10."""
        replayed = fold(self.decider, self.key, self.journal)
        assert rested(self.decider, replayed) == rested(self.decider, self.state)
        assert through_json(self.state) == self.state


class Trolley(Alone):
    """Claims are answered exactly once, phases follow the sessions, timers are exact."""

    decider = trolley.DECIDER
    key = "TROLLEY_01"

    @initialize()
    def model(self) -> None:
        self.waiting: set[str] = set()

    def do(self, command: Any) -> Decision:
        decision = super().do(command)
        if decision.pending:
            self.waiting.add(f"c{self.count}")
        settled = [command_id for command_id, _ in decision.settles]
        assert len(set(settled)) == len(settled)
        self.waiting.difference_update(settled)
        return decision

    @rule(user=users, session=sessions)
    def claim(self, user: str, session: str) -> None:
        self.do(Claim(ref=REF, user_id=user, session_id=session))

    @rule(session=sessions, user=users)
    def confirm(self, session: str, user: str) -> None:
        self.do(ConfirmClaim(session, user))

    @rule(session=sessions, kind=st.integers(0, 5))
    def name_a_session(self, session: str, kind: int) -> None:
        commands = [
            DenyClaim(session, "TROLLEY_02", "s9"),
            Release(session, "paid"),
            Heartbeat(session),
            SignOfLife(session),
            SignOfLife(),
            UnlockFinished(session, "not_opened"),
        ]
        self.do(commands[kind])

    @rule(hook=st.sampled_from(["open", "closed", "unknown"]), present=st.booleans(), late=st.integers(0, 2))
    def report(self, hook: Any, present: bool, late: int) -> None:
        self.do(LockReported(hook, present, self.now - late, REF))

    @rule(
        command=st.sampled_from([Unlock(REF, "staff"), SetMaintenance(REF, True), SetMaintenance(REF, False)])
    )
    def staff(self, command: Any) -> None:
        self.do(command)

    @rule()
    def time(self) -> None:
        due = trolley.DECIDER.deadline(self.state)
        decision = self.do(TimeReached())
        assert bool(decision.events) == (due is not None and self.now >= due - 1e-6)

    @rule()
    def crash(self) -> None:
        super().crash()
        self.waiting.clear()

    @invariant()
    def a_session_is_there_exactly_while_it_is_claimed_or_held(self) -> None:
        free = self.state.phase == "available"
        assert free == (self.state.session_id is None) == (self.state.user_id is None)
        assert free == (trolley.DECIDER.deadline(self.state) is None)

    @invariant()
    def only_a_claim_under_way_leaves_somebody_waiting(self) -> None:
        if self.state.phase != "claiming":
            assert not self.waiting

    @invariant()
    def the_lock_shall_be_closed_when_it_is_free_in_its_slot(self) -> None:
        idle = (
            self.state.phase == "available"
            and self.state.custody == "docked"
            and self.state.unlock_id is None
        )
        if idle and self.state.lock.reported == "closed":
            assert self.state.lock.desired == "closed"


class Cart(Alone):
    """Amounts are those of a plain dict of quantities."""

    decider = cart.DECIDER
    key = "alice"

    @initialize()
    def model(self) -> None:
        self.units: dict[str, int] = {}
        self.prices: dict[str, Decimal] = {}
        self.saved: dict[str, int] = {}
        self.kept: dict[str, Decimal] = {}
        self.until = 0.0
        self.opened = 0

    @rule(
        name=st.sampled_from("abc"), price=st.decimals("0.01", "999.999", places=3), more=st.integers(-1, 600)
    )
    def add(self, name: str, price: Decimal, more: int) -> None:
        decision = self.do(AddItem(offer(name, str(price)), more, None, f"line-{name}"))
        total = self.units.get(name, 0) + more
        if more < 1 or total > 999:
            assert decision.refusal is not None
            return
        self.units[name], self.prices[name] = total, price.quantize(Decimal("0.01"), ROUND_HALF_UP)
        assert decision.answer.revision == self.state.revision == len(self.journal)
        assert decision.answer.cart_total == self.state.total
        assert (decision.answer.items_count, decision.answer.total_items) == (
            len(self.units),
            sum(self.units.values()),
        )

    @rule(name=st.sampled_from("abc"), quantity=st.integers(0, 999))
    def set_quantity(self, name: str, quantity: int) -> None:
        line = self.state.lines.get(f"product-{name}")
        if line is None:
            assert self.do(SetQuantity("line-none", quantity)).refusal is not None
            return
        self.do(SetQuantity(line.line_id, quantity))
        self.units[name] = quantity
        if not quantity:
            del self.units[name]

    @precondition(lambda self: self.state.lines)
    @rule(index=st.integers(0, 9))
    def remove(self, index: int) -> None:
        line = list(self.state.lines.values())[index % len(self.state.lines)]
        self.do(RemoveItem(line.line_id))
        del self.units[line.name]

    @rule()
    def clear(self) -> None:
        assert self.do(ClearCart()).answer.removed == len(self.units)
        self.units = {}

    @rule(outcome=st.sampled_from(["paid", "abandoned", "expired"]))
    def shop(self, outcome: Any) -> None:
        self.opened += 1
        session_id = f"s{self.opened}"
        self.do(
            OpenSession(
                session_id=session_id,
                trolley_id="TROLLEY_01",
                branch="BRANCH-001",
                chain="demo",
                currency="INR",
                exclusive=True,
                restore_s=900.0,
            )
        )
        self.do(CloseSession(session_id, outcome))
        if self.units:
            self.saved, self.kept, self.until = self.units, dict(self.prices), self.now + 900.0
        self.units = {}

    @rule()
    def restore(self) -> None:
        decision = self.do(RestoreLines())
        if not self.saved or self.now > self.until:
            assert decision.refusal is not None
            return
        for name, quantity in self.saved.items():
            if name not in self.units:
                self.prices[name] = self.kept[name]
            self.units[name] = min(999, self.units.get(name, 0) + quantity)
        self.saved = {}

    @invariant()
    def the_model_agrees(self) -> None:
        """Invariant 6."""
        assert {line.name: line.quantity for line in self.state.lines.values()} == self.units
        expected = sum((self.prices[name] * count for name, count in self.units.items()), Decimal(0))
        assert self.state.total == expected
        assert self.state.units == sum(self.units.values())
        assert self.state.total == sum((line.line_total for line in self.state.lines.values()), Decimal(0))
        if self.state.currency:
            assert self.state.total.as_tuple().exponent == -2


TestTrolley = Trolley.TestCase
TestCart = Cart.TestCase
TestTrolley.settings = TestCart.settings = settings(max_examples=80, stateful_step_count=40, deadline=None)
