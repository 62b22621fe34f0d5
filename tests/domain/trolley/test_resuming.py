"""A phone sleeps in a pocket: its session expires, and goes on with the shopper's next sign of life."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from actors import cart, trolley
from actors.kit.decider import Refusal
from actors.messages.cart import (
    AddItem,
    CloseSession,
    EndSession,
    FindSession,
    LinesRestored,
    NotResumed,
    OpenSession,
    SessionAttached,
    SessionFound,
    SessionOver,
)
from actors.messages.returns import NoteCustody
from actors.messages.trolley import (
    Claim,
    ConfirmClaim,
    DenyClaim,
    LockClosed,
    LockReported,
    ResumeSession,
    SessionExpired,
    SessionResumed,
    SetMaintenance,
)
from tests.domain.given import Given, given
from tests.domain.network import World, check_replay
from tests.domain.things import BARE, PLACE, REF, offer, ref

T, B = "TROLLEY_01", "BRANCH-001"
AGAIN = ResumeSession("s1", "alice")
RESUMED = SessionResumed("s1", "alice", 101.0, 400.0)


def held(resume_s: float = 900.0, **changed: Any) -> Given:
    """A trolley that Alice holds since 101 s."""
    claimed = given(trolley, T).after(
        Claim(ref=replace(BARE, **changed), user_id="alice", session_id="s1", resume_s=resume_s), at=100.0
    )
    return claimed.after(ConfirmClaim("s1", "alice"), at=101.0)


def expired(resume_s: float = 900.0, **changed: Any) -> Given:
    """The same, not heard of for 30 s."""
    return held(resume_s, **changed).after(trolley.DECIDER.on_deadline, at=131.0)


# --- the trolley ---------------------------------------------------------------------


def test_an_expired_session_goes_on_with_its_own_id_and_its_cart_opens_it_again() -> None:
    then = expired().when(AGAIN, at=400.0).then(RESUMED)
    then.tells(
        (
            "cart",
            "alice",
            OpenSession(
                session_id="s1",
                trolley_id=T,
                branch=B,
                chain="demo",
                currency="INR",
                exclusive=True,
                restore_s=900.0,
                resumed=True,
            ),
        )
    )
    state = then.state
    assert (state.phase, state.session_id, state.user_id, state.since) == ("held", "s1", "alice", 101.0)
    assert trolley.DECIDER.deadline(state) == 430.0


def test_asking_twice_resumes_once_and_is_a_sign_of_life() -> None:
    state = expired().after(AGAIN, at=400.0).after(AGAIN, at=420.0)
    assert trolley.DECIDER.deadline(state.state) == 450.0
    assert state.state.seq == expired().state.seq + 1


def test_it_does_not_go_on_after_its_time_nor_where_the_branch_does_not_want_it() -> None:
    refused(expired().when(AGAIN, at=131.0 + 900.1))
    refused(expired(resume_s=0.0).when(AGAIN, at=140.0))


def test_it_does_not_go_on_for_somebody_else_nor_under_another_id() -> None:
    assert expired().when(ResumeSession("s1", "eve"), at=140.0).nothing().hints("cart", "eve") != []
    assert expired().when(ResumeSession("s0", "alice"), at=140.0).nothing().hints("cart", "alice") != []


def test_it_does_not_go_on_once_somebody_else_has_had_the_trolley() -> None:
    claimed = expired().after(Claim(ref=BARE, user_id="bob", session_id="s2"), at=200.0)
    refused(claimed.when(AGAIN, at=201.0))
    taken = claimed.after(ConfirmClaim("s2", "bob"), at=202.0)
    refused(taken.when(AGAIN, at=203.0))
    refused(taken.after(trolley.DECIDER.on_deadline, at=232.0).when(AGAIN, at=233.0))


def test_a_claim_of_somebody_else_that_comes_to_nothing_takes_nothing_away() -> None:
    denied = (
        expired()
        .after(Claim(ref=BARE, user_id="bob", session_id="s2"), at=200.0)
        .after(DenyClaim("s2", "T9", "s9"), at=201.0)
    )
    denied.when(AGAIN, at=400.0).then(RESUMED)


def test_it_does_not_go_on_when_the_trolley_is_back_in_its_slot_or_being_serviced() -> None:
    out = [LockReported("closed", True, 102.0, REF), LockReported("open", False, 103.0, REF)]
    state = held(place=PLACE)
    for each in out:
        state = state.after(each, at=104.0)
    gone = state.after(trolley.DECIDER.on_deadline, at=134.0)
    resumed = gone.when(AGAIN, at=400.0).then(RESUMED)
    resumed.returns(
        NoteCustody(trolley_id=T, seq=resumed.state.seq, out=True, holder="alice", taken_by="alice")
    )
    refused(gone.after(LockReported("closed", True, 200.0, REF), at=200.0).when(AGAIN, at=400.0))
    refused(gone.after(SetMaintenance(REF, True, "wheel"), at=200.0).when(AGAIN, at=400.0))


def test_a_trolley_that_never_left_its_slot_is_not_resumed() -> None:
    docked = given(trolley, T, LockClosed(True, 90.0, REF)).after(
        Claim(ref=REF, user_id="alice", session_id="s1", resume_s=900.0), at=100.0
    )
    over = docked.after(ConfirmClaim("s1", "alice"), at=101.0).after(trolley.DECIDER.on_deadline, at=131.0)
    refused(over.when(AGAIN, at=140.0))


def test_if_the_shopper_has_another_trolley_by_now_it_is_free_again() -> None:
    state = expired().after(AGAIN, at=400.0)
    then = state.when(DenyClaim("s1", "TROLLEY_02", "s2"), at=400.1).then(
        SessionExpired("s1", "alice", 400.1)
    )
    assert then.state.phase == "available"
    held().when(DenyClaim("s0", "TROLLEY_02", "s2"), at=102.0).nothing()


def refused(then: Any) -> None:
    """Nothing happened, and the cart hears so."""
    assert then.nothing().hints("cart", "alice") == [NotResumed("s1")]


# --- the cart -----------------------------------------------------------------------


OPEN = OpenSession(
    session_id="s1", trolley_id=T, branch=B, chain="demo", currency="INR", exclusive=True, restore_s=900.0
)


def slept() -> Given:
    """A cart with three packets of milk whose session expired."""
    full = (
        given(cart, "alice").after(OPEN, at=100.0).after(AddItem(offer("milk"), 3, "s1", "line-1"), at=110.0)
    )
    return full.after(CloseSession("s1", "expired"), at=140.0)


def test_looking_for_the_session_asks_its_trolley_and_waits_for_the_word() -> None:
    for command in (FindSession(), FindSession("s1")):
        then = slept().when(command, at=400.0, command_id="find").pending()
        assert then.hints("trolley", T) == [AGAIN]


def test_the_session_opens_again_with_its_lines_and_whoever_waits_hears_of_it() -> None:
    asking = slept().after(FindSession(), at=400.0, command_id="find")
    then = asking.when(replace(OPEN, resumed=True), at=400.2).names("SessionAttached", "LinesRestored")
    then.settles(("find", SessionFound("s1", T, B, 400.2)))
    then.tells(("trolley", T, ConfirmClaim("s1", "alice", then.state.revision - 1)))
    assert [(line.line_id, line.quantity) for line in then.state.lines.values()] == [("line-1", 3)]
    assert (then.state.total, then.state.saved, then.state.resumable) == (Decimal("37.50"), (), None)
    ended = then.and_then().after(EndSession("s1"), at=410.0, command_id="end")
    over = ended.when(CloseSession("s1", "abandoned"), at=411.0)
    over.settles(("end", SessionOver("s1", T, "abandoned", 1)))
    again = over.and_then().when(EndSession("s1"), at=412.0)
    again.answers(SessionOver("s1", T, "abandoned", 1))


def test_a_session_that_was_ended_is_not_asked_about() -> None:
    full = given(cart, "alice").after(OPEN, at=100.0).after(EndSession("s1"), at=110.0, command_id="end")
    ended = full.after(CloseSession("s1", "abandoned"), at=111.0)
    ended.when(FindSession(), at=120.0).refused(404, "session_not_found")
    ended.when(FindSession("s1"), at=120.0).refused(409, "session_ended")


def test_the_trolleys_no_is_passed_on_and_it_is_not_asked_again() -> None:
    asking = (
        slept()
        .after(FindSession(), at=400.0, command_id="one")
        .after(FindSession("s1"), at=400.1, command_id="two")
    )
    then = asking.when(NotResumed("s1"), at=400.2)
    then.settles(("one", "session_not_found"), ("two", "session_ended"))
    then.and_then().when(FindSession(), at=410.0).refused(404, "session_not_found")
    then.and_then().after_restart(500.0).when(FindSession(), at=500.0).pending()


def test_lines_that_were_put_in_meanwhile_stay_beside_those_that_come_back() -> None:
    more = slept().after(AddItem(offer("bread"), 1, None, "line-2"), at=300.0)
    then = more.when(replace(OPEN, resumed=True), at=400.0)
    assert [line.line_id for line in then.state.lines.values()] == ["line-2", "line-1"]


def test_lines_too_old_to_be_kept_do_not_come_back_but_the_session_does() -> None:
    slept().when(replace(OPEN, resumed=True), at=140.0 + 900.1).names("SessionAttached")


def test_a_claim_of_another_trolley_ends_the_waiting() -> None:
    asking = slept().after(FindSession("s1"), at=400.0, command_id="find")
    then = asking.when(replace(OPEN, session_id="s2", trolley_id="TROLLEY_02"), at=400.1).names(
        "SessionAttached"
    )
    then.settles(("find", "session_ended"))


# --- both -----------------------------------------------------------------------------


def test_over_any_crash_the_session_is_the_same_and_the_lines_are_there() -> None:
    world = World()
    world.ask("trolley", T, Claim(ref=ref(1, place=None), user_id="alice", session_id="s1", resume_s=900.0))
    world.settle()
    world.ask("cart", "alice", AddItem(offer("milk"), 2, "s1", "line-1"))
    world.settle()
    world.pass_time(31.0)
    world.settle()
    assert world.actor("trolley", T).state.phase == "available"
    world.pass_time(600.0)
    asked = world.post("cart", "alice", FindSession("s1"))
    world.settle()
    assert isinstance(world.answers[asked], SessionFound)
    world.crash(again=1)
    world.settle()
    state = world.actor("trolley", T).state
    assert (state.phase, state.session_id) == ("held", "s1")
    (line,) = world.actor("cart", "alice").state.lines.values()
    assert (line.line_id, line.quantity) == ("line-1", 2)
    check_replay(world)


def test_a_session_that_somebody_else_had_in_between_is_over_for_its_shopper() -> None:
    world = World()
    world.ask("trolley", T, Claim(ref=ref(1, place=None), user_id="alice", session_id="s1", resume_s=900.0))
    world.settle()
    world.pass_time(31.0)
    world.settle()
    world.ask("trolley", T, Claim(ref=ref(1, place=None), user_id="bob", session_id="s2", resume_s=900.0))
    world.settle()
    asked = world.post("cart", "alice", FindSession("s1"))
    world.settle()
    answer = world.answers[asked]
    assert isinstance(answer, Refusal)
    assert answer.code == "session_ended"
    assert [type(each) for each in world.actor("cart", "alice").journal].count(SessionAttached) == 1
    assert LinesRestored not in {type(each) for each in world.actor("cart", "alice").journal}
