"""Orders and tills as actors: messages late, twice and out of order, and crashes at any time."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from actors.messages.money.order import OrderNumbered, OrderPlaced
from tests.domain.commerce.test_orders import PLACE
from tests.domain.network import World, check_replay, events

ORDERS = [f"p{number}" for number in range(5)]
steps = st.lists(
    st.one_of(
        st.tuples(st.just("place"), st.integers(0, len(ORDERS) - 1)),
        st.tuples(st.sampled_from(["deliver", "again"]), st.integers(0, 9)),
        st.tuples(st.just("crash"), st.integers(1, 3)),
    ),
    max_size=40,
)


@given(steps)
@settings(max_examples=150, deadline=None)
def test_every_order_gets_one_number_and_no_number_is_left_out(story: list[tuple[str, int]]) -> None:
    world = World()
    for what, number in story:
        if what == "place":
            world.post("order", ORDERS[number], PLACE)
        elif what == "crash":
            world.crash(number)
        elif world.letters:
            world.deliver(number % len(world.letters), again=what == "again")
    world.settle()
    placed = [actor for actor in world.of("order") if events(actor, OrderPlaced)]
    assert all(len(events(actor, OrderPlaced)) == len(events(actor, OrderNumbered)) == 1 for actor in placed)
    assert sorted(actor.state.number for actor in placed) == list(range(1, len(placed) + 1))
    check_replay(world)
