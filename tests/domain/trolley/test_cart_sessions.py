"""Sessions as the user's cart sees them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from msgspec.structs import replace

from actors import cart
from actors.cart.decider import MAX_JOINERS
from actors.cart.state import ENDED_KEPT
from actors.kit.decider import UnexpectedEvent
from actors.messages.branch import NoteCart
from actors.messages.cart import (
    AddItem,
    CloseSession,
    EndSession,
    FindSession,
    OpenSession,
    SessionAttached,
    SessionDetached,
    SessionEndRequested,
    SessionFound,
    SessionOver,
    SessionRefused,
)
from actors.messages.trolley import ConfirmClaim, DenyClaim, NoteUnpaid, Release, SignOfLife
from tests.domain.given import Given, given
from tests.domain.things import offer

OPEN = OpenSession(
    session_id="s1",
    trolley_id="TROLLEY_01",
    branch="BRANCH-001",
    chain="demo",
    currency="INR",
    exclusive=True,
    restore_s=900.0,
)
OTHER = replace(OPEN, session_id="s2", trolley_id="TROLLEY_02")
ATTACHED = SessionAttached(
    session_id="s1",
    trolley_id="TROLLEY_01",
    branch="BRANCH-001",
    chain="demo",
    currency="INR",
    restore_s=900.0,
    at=100.0,
)
END = EndSession("s1")


def fresh() -> Given:
    return given(cart, "alice")


def shopping() -> Given:
    return given(cart, "alice", ATTACHED)


def with_milk() -> Given:
    return shopping().after(AddItem(offer("milk"), 2, "s1", "line-milk"), at=101.0)


def ending() -> Given:
    return with_milk().after(END, at=120.0, command_id="end-1")


def test_a_user_without_a_trolley_agrees_to_a_claim() -> None:
    then = fresh().when(OPEN, at=100.0).then(ATTACHED)
    then.tells(("trolley", "TROLLEY_01", ConfirmClaim("s1", "alice", 1)))
    assert (then.state.phase, then.state.currency, str(then.state.total)) == ("shopping", "INR", "0.00")


def test_a_cart_filled_before_shows_on_the_map_from_the_start() -> None:
    filled = fresh().after(AddItem(offer("milk"), 2))
    then = filled.when(OPEN, at=100.0).names("SessionAttached")
    assert then.hints("branch", "BRANCH-001") == [NoteCart("TROLLEY_01", "s1", Decimal("25.00"), 2)]


def test_a_user_with_a_trolley_denies_another() -> None:
    then = shopping().when(OTHER, at=110.0)
    then.then(
        SessionRefused(
            session_id="s2",
            trolley_id="TROLLEY_02",
            held_trolley_id="TROLLEY_01",
            held_session_id="s1",
            at=110.0,
        )
    )
    then.tells(("trolley", "TROLLEY_02", DenyClaim("s2", "TROLLEY_01", "s1")))
    ending().when(OTHER).names("SessionRefused")


def test_where_the_branch_allows_it_a_user_may_have_several() -> None:
    both = shopping().after(replace(OTHER, exclusive=False))
    assert [each.session_id for each in both.state.sessions] == ["s1", "s2"]
    both.when(FindSession()).answers(SessionFound("s2", "TROLLEY_02", "BRANCH-001", 100.0))


def test_a_session_opened_twice_changes_nothing() -> None:
    shopping().when(OPEN).nothing()
    shopping().after(CloseSession("s1", "expired")).when(OPEN).nothing()


def test_an_end_waits_for_the_trolley() -> None:
    then = with_milk().when(END, at=120.0, command_id="end-1").pending()
    then.then(
        SessionEndRequested(
            session_id="s1", trolley_id="TROLLEY_01", outcome="abandoned", end_id="end-1", at=120.0
        )
    )
    then.tells(("trolley", "TROLLEY_01", Release("s1", "abandoned")))
    assert then.state.phase == "ending"


def test_the_released_trolley_ends_the_session_and_the_lines_are_saved() -> None:
    then = ending().when(CloseSession("s1", "abandoned"), at=121.0)
    then.then(
        SessionDetached(
            session_id="s1",
            trolley_id="TROLLEY_01",
            outcome="abandoned",
            items_cleared=1,
            saved_until=1021.0,
            at=121.0,
        )
    )
    then.settles(("end-1", SessionOver("s1", "TROLLEY_01", "abandoned", 1)))
    then.tells(("trolley", "TROLLEY_01", NoteUnpaid("s1", "alice", 1)))
    assert (then.state.lines, str(then.state.total), then.state.units) == ({}, "0.00", 0)
    assert [each.name for each in then.state.saved] == ["milk"]


def test_what_was_put_in_after_the_payment_is_saved_at_the_end_of_the_paid_session() -> None:
    then = with_milk().when(CloseSession("s1", "paid"), at=121.0)
    then.then(
        SessionDetached(
            session_id="s1",
            trolley_id="TROLLEY_01",
            outcome="paid",
            items_cleared=1,
            saved_until=1021.0,
            at=121.0,
        )
    )
    assert [each.name for each in then.state.saved] == ["milk"]


def test_nobody_ends_a_session_as_paid_that_is_not() -> None:
    with_milk().when(EndSession("s1", "paid"), command_id="end").refused(409, "not_paid", session_id="s1")


def test_a_session_that_ends_empty_leaves_the_lines_saved_before() -> None:
    before = with_milk().after(CloseSession("s1", "expired"), at=121.0)
    again = before.after(OTHER, at=130.0).after(CloseSession("s2", "expired"), at=160.0)
    assert again.state.saved == before.state.saved
    assert again.state.saved_until == 1021.0


def test_lines_stay_while_another_session_of_the_user_goes_on() -> None:
    both = with_milk().after(replace(OTHER, exclusive=False))
    one = both.when(CloseSession("s1", "expired"), at=121.0)
    one.then(
        SessionDetached(
            session_id="s1",
            trolley_id="TROLLEY_01",
            outcome="expired",
            items_cleared=0,
            saved_until=None,
            at=121.0,
        )
    )
    assert (len(one.state.lines), one.state.phase) == (1, "shopping")
    both.when(CloseSession("s1", "paid"), at=121.0).then(
        SessionDetached(
            session_id="s1",
            trolley_id="TROLLEY_01",
            outcome="paid",
            items_cleared=0,
            saved_until=None,
            at=121.0,
        )
    )


def test_a_second_end_waits_for_the_same_release() -> None:
    twice = ending().after(EndSession("s1", "paid"), command_id="end-2")
    over = SessionOver("s1", "TROLLEY_01", "abandoned", 1)
    twice.when(CloseSession("s1", "abandoned"), at=121.0).settles(("end-1", over), ("end-2", over))


def test_only_so_many_ends_wait_at_once() -> None:
    state = ending()
    for number in range(MAX_JOINERS):
        state = state.after(END, command_id=f"again-{number}")
    state.when(END, command_id="one-too-many").refused(409, "session_ending")


def test_an_expiry_that_overtakes_the_end_answers_the_end() -> None:
    then = ending().when(CloseSession("s1", "expired"), at=121.0)
    then.settles(("end-1", SessionOver("s1", "TROLLEY_01", "expired", 1)))


def test_ending_an_ended_session_gives_the_same_answer() -> None:
    over = ending().after(CloseSession("s1", "abandoned"), at=121.0)
    over.when(END).nothing().answers(SessionOver("s1", "TROLLEY_01", "abandoned", 1))
    over.after(OTHER).when(END).nothing().answers(SessionOver("s1", "TROLLEY_01", "abandoned", 1))


def test_ending_a_session_that_never_was_is_refused() -> None:
    for state in (fresh(), shopping()):
        state.when(EndSession("s0")).refused(404, "session_not_found", session_id="s0")


def test_closing_a_session_that_is_not_open_changes_nothing() -> None:
    fresh().when(CloseSession("s1", "expired")).nothing()
    shopping().when(CloseSession("s0", "expired")).nothing()
    shopping().after(CloseSession("s1", "expired")).when(CloseSession("s1", "abandoned")).nothing()


def test_the_edge_finds_a_users_session_and_it_counts_as_a_sign_of_life() -> None:
    found = SessionFound("s1", "TROLLEY_01", "BRANCH-001", 100.0)
    for named in (None, "s1"):
        then = shopping().when(FindSession(named)).nothing().answers(found)
        assert then.hints("trolley", "TROLLEY_01") == [SignOfLife("s1")]


def test_a_session_that_is_not_open_is_not_found() -> None:
    fresh().when(FindSession()).refused(404, "session_not_found")
    fresh().when(FindSession("s1")).refused(404, "session_not_found")
    over = shopping().after(CloseSession("s1", "abandoned"))
    over.when(FindSession()).refused(404, "session_not_found")
    over.when(FindSession("s1")).refused(409, "session_ended")


def test_an_item_for_a_session_that_is_being_ended_is_refused() -> None:
    ending().when(AddItem(offer("bread"), 1, "s1")).refused(409, "session_ended")


def test_a_cart_remembers_only_the_last_ended_sessions() -> None:
    state = fresh()
    for number in range(ENDED_KEPT + 1):
        one = replace(OPEN, session_id=f"s{number}")
        state = state.after(one).after(CloseSession(one.session_id, "expired"))
    assert len(state.state.ended) == ENDED_KEPT
    state.when(EndSession("s0")).refused(404, "session_not_found")
    state.when(EndSession("s1")).answers(SessionOver("s1", "TROLLEY_01", "expired", 0))


def test_after_a_restart_nobody_waits_and_the_release_still_ends_the_session() -> None:
    woken = ending().after(END, command_id="end-2").after_restart(at=500.0)
    assert woken.state.joiners == ()
    woken.when(CloseSession("s1", "abandoned"), at=501.0).settles(
        ("end-1", SessionOver("s1", "TROLLEY_01", "abandoned", 1))
    )


@pytest.mark.parametrize(
    "event",
    [
        SessionDetached(
            session_id="s1", trolley_id="T", outcome="paid", items_cleared=0, saved_until=None, at=1.0
        ),
        object(),
    ],
)
def test_an_event_that_the_tables_do_not_list_raises(event: object) -> None:
    with pytest.raises(UnexpectedEvent):
        cart.DECIDER.evolve(cart.State("alice"), event)
