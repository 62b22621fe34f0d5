"""Claims, sessions and their end, as the trolley sees them."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from actors import trolley
from actors.kit.decider import TimeReached
from actors.messages.branch import NoteTrolley, TrolleyCard
from actors.messages.cart import CloseSession, OpenSession
from actors.messages.notify import Notice, Notify
from actors.messages.trolley import (
    Alive,
    Claim,
    ClaimDenied,
    Claimed,
    ClaimLapsed,
    ClaimRequested,
    ConfirmClaim,
    DenyClaim,
    Heartbeat,
    LockReported,
    LockState,
    Release,
    SessionEnded,
    SessionExpired,
    SetMaintenance,
    SignOfLife,
    TrolleyAssigned,
)
from actors.trolley.decider import MAX_JOINERS
from tests.domain.given import Given, given
from tests.domain.things import BARE, PLACE, REF

T = "TROLLEY_01"
CLAIM = Claim(ref=BARE, user_id="alice", session_id="s1")
REQUESTED = ClaimRequested(ref=BARE, user_id="alice", session_id="s1", claim_id="claim-1", at=100.0)
ASSIGNED = TrolleyAssigned("s1", "alice", None, 100.5, 7300.5)
OPEN = LockState()


def fresh() -> Given:
    return given(trolley, T)


def claiming() -> Given:
    return given(trolley, T, REQUESTED)


def held() -> Given:
    """Held by alice since 100.5; expires at 130.5."""
    return given(trolley, T, REQUESTED, ASSIGNED)


def test_a_claim_waits_for_the_users_side_and_asks_the_cart() -> None:
    then = fresh().when(CLAIM, at=100.0, command_id="claim-1").then(REQUESTED).pending()
    then.tells(
        (
            "cart",
            "alice",
            OpenSession(
                session_id="s1",
                trolley_id=T,
                branch="BRANCH-001",
                chain="demo",
                currency="INR",
                exclusive=True,
                restore_s=900.0,
            ),
        )
    )


def test_a_confirmed_claim_assigns_the_trolley_and_answers_the_claim() -> None:
    then = claiming().when(ConfirmClaim("s1", "alice"), at=100.5)
    then.then(ASSIGNED).settles(
        (
            "claim-1",
            Claimed(
                session_id="s1",
                trolley_id=T,
                user_id="alice",
                assigned_at=100.5,
                expires_at=130.5,
                lock=OPEN,
                created=True,
            ),
        )
    ).tells()


def test_a_denied_claim_frees_the_trolley_and_tells_the_shopper_which_one_is_held() -> None:
    then = claiming().when(DenyClaim("s1", "TROLLEY_02", "s0"), at=100.2)
    then.then(ClaimDenied("s1", "alice", "user_has_trolley", 100.2)).settles(("claim-1", "user_has_trolley"))
    refusal = then.decision.settles[0][1]
    assert refusal.status == 409
    assert refusal.extra == {"held_trolley_id": "TROLLEY_02", "held_session_id": "s0"}
    then.tells()
    assert then.state.phase == "available"


@pytest.mark.parametrize("state", [claiming(), held()])
def test_another_user_is_refused_with_who_has_it(state: Given) -> None:
    state.when(replace(CLAIM, user_id="bob", session_id="s9")).refused(
        409, "trolley_in_use", assigned_to="alice"
    )


def test_the_same_user_gets_the_same_session_again() -> None:
    then = held().when(replace(CLAIM, session_id="s7"), at=110.0).nothing()
    then.answers(
        Claimed(
            session_id="s1",
            trolley_id=T,
            user_id="alice",
            assigned_at=100.5,
            expires_at=140.0,
            lock=OPEN,
            created=False,
        )
    )


def test_the_same_user_claiming_twice_at_once_gets_both_claims_answered() -> None:
    twice = claiming().after(replace(CLAIM, session_id="s7"), at=100.1, command_id="claim-2")
    twice.when(ConfirmClaim("s1", "alice"), at=100.5).then(ASSIGNED).settles(
        (
            "claim-1",
            Claimed(
                session_id="s1",
                trolley_id=T,
                user_id="alice",
                assigned_at=100.5,
                expires_at=130.5,
                lock=OPEN,
                created=True,
            ),
        ),
        (
            "claim-2",
            Claimed(
                session_id="s1",
                trolley_id=T,
                user_id="alice",
                assigned_at=100.5,
                expires_at=130.5,
                lock=OPEN,
                created=False,
            ),
        ),
    )


def test_only_so_many_claims_of_one_user_wait_at_once() -> None:
    state = claiming()
    for number in range(MAX_JOINERS):
        state = state.after(CLAIM, command_id=f"again-{number}")
    state.when(CLAIM, command_id="one-too-many").refused(409, "claim_pending")


def test_an_inactive_trolley_cannot_be_claimed() -> None:
    fresh().when(replace(CLAIM, ref=replace(REF, is_active=False))).refused(409, "trolley_inactive")


def test_a_trolley_in_maintenance_cannot_be_claimed_until_it_is_back() -> None:
    serviced = fresh().after(SetMaintenance(REF, True, "wheel"))
    serviced.when(CLAIM).refused(409, "trolley_maintenance")
    serviced.after(SetMaintenance(REF, False)).when(CLAIM).names("ClaimRequested")


def test_a_claim_never_confirmed_is_given_up_after_ten_seconds_and_the_cart_may_not_keep_it() -> None:
    state = claiming()
    assert trolley.DECIDER.deadline(state.state) == 110.0
    state.when(TimeReached(), at=109.9).nothing()
    then = state.when(TimeReached(), at=110.0).then(ClaimDenied("s1", "alice", "timeout", 110.0))
    then.settles(("claim-1", "claim_timeout")).tells(("cart", "alice", CloseSession("s1", "abandoned")))
    assert then.decision.settles[0][1].status == 503


def test_a_confirmation_that_comes_too_late_is_closed_at_the_cart() -> None:
    late = claiming().after(TimeReached(), at=110.0)
    then = late.when(ConfirmClaim("s1", "alice"), at=111.0).then(ClaimLapsed("s1", "alice", 111.0))
    then.tells(("cart", "alice", CloseSession("s1", "abandoned")))
    assert then.hints("branch", "BRANCH-001") == []
    assert then.state.phase == "available"


@pytest.mark.parametrize("state", [claiming(), held()])
def test_a_confirmation_of_another_session_leaves_the_one_that_is_there(state: Given) -> None:
    then = state.when(ConfirmClaim("s0", "bob")).names("ClaimLapsed")
    then.tells(("cart", "bob", CloseSession("s0", "abandoned")))
    assert (then.state.phase, then.state.session_id) == (state.state.phase, "s1")


def test_a_second_confirmation_of_the_held_session_changes_nothing() -> None:
    held().when(ConfirmClaim("s1", "alice")).nothing()


def test_a_denial_of_another_session_changes_nothing() -> None:
    for state in (fresh(), claiming(), held()):
        state.when(DenyClaim("s0", "TROLLEY_02", "s5")).nothing()


def test_a_release_ends_the_session_and_the_cart_is_told_with_the_outcome() -> None:
    then = held().when(Release("s1", "paid"), at=120.0).then(SessionEnded("s1", "alice", "paid", 120.0))
    then.tells(("cart", "alice", CloseSession("s1", "paid")))
    assert trolley.DECIDER.deadline(then.state) is None


def test_a_release_that_overtakes_its_confirmation_gives_the_claim_up() -> None:
    then = claiming().when(Release("s1", "abandoned"), at=100.3)
    then.then(ClaimDenied("s1", "alice", "released", 100.3)).settles(("claim-1", "session_ended"))
    then.tells(("cart", "alice", CloseSession("s1", "abandoned")))
    then.and_then().when(ConfirmClaim("s1", "alice")).names("ClaimLapsed")


def test_a_release_of_another_session_changes_nothing() -> None:
    for state in (fresh(), claiming(), held()):
        state.when(Release("s0", "paid")).nothing()


@pytest.mark.parametrize("early", [0.1, 1.0, 29.9])
def test_a_session_does_not_expire_a_tenth_of_a_second_too_early(early: float) -> None:
    held().when(TimeReached(), at=130.5 - early).nothing()


def test_a_session_expires_to_the_tenth_of_a_second() -> None:
    state = held()
    assert trolley.DECIDER.deadline(state.state) == 130.5
    then = state.when(TimeReached(), at=130.5).then(SessionExpired("s1", "alice", 130.5))
    then.tells(("cart", "alice", CloseSession("s1", "expired")))
    assert then.hints("notify", "alice") == [Notify(Notice("SessionExpired", "warning", T, 130.5))]


def test_the_branchs_own_timeout_holds() -> None:
    quick = given(trolley, T, replace(REQUESTED, ref=replace(BARE, session_timeout_s=4.5)), ASSIGNED)
    quick.when(TimeReached(), at=104.9).nothing()
    quick.when(TimeReached(), at=105.0).names("SessionExpired")


@pytest.mark.parametrize("sign", [SignOfLife("s1"), SignOfLife(None), Heartbeat("s1"), CLAIM])
def test_every_sign_of_life_gives_the_session_its_whole_time_again(sign: object) -> None:
    alive = held().after(sign, at=130.4)
    assert trolley.DECIDER.deadline(alive.state) == 160.4
    alive.when(TimeReached(), at=130.5).nothing()
    alive.when(TimeReached(), at=160.3).nothing()
    alive.when(TimeReached(), at=160.4).names("SessionExpired")


def test_a_report_of_the_trolleys_device_is_a_sign_of_life() -> None:
    changed = held().after(LockReported("closed", True, 119.9, BARE), at=120.0)
    assert trolley.DECIDER.deadline(changed.state) == 150.0, (
        "received is what counts, whatever the Pi's clock says"
    )
    same = changed.after(LockReported("closed", True, 125.0, BARE), at=125.0)
    assert trolley.DECIDER.deadline(same.state) == 155.0


def test_a_sign_of_life_of_another_session_does_not_count() -> None:
    assert trolley.DECIDER.deadline(held().after(SignOfLife("s0"), at=130.0).state) == 130.5


def test_a_sign_of_life_does_not_prolong_a_claim() -> None:
    assert trolley.DECIDER.deadline(claiming().after(SignOfLife("s1"), at=105.0).state) == 110.0


def test_a_late_sign_of_life_never_shortens_a_session() -> None:
    alive = held().after(SignOfLife("s1"), at=120.0)
    assert trolley.DECIDER.deadline(alive.after(SignOfLife("s1"), at=119.0).state) == 150.0


def test_a_heartbeat_says_when_the_session_would_end() -> None:
    held().when(Heartbeat("s1"), at=120.0).nothing().answers(Alive("s1", 150.0))
    claiming().when(Heartbeat("s1"), at=105.0).nothing().answers(Alive("s1", 110.0))


def test_a_heartbeat_of_a_session_that_is_over_is_refused() -> None:
    for state in (fresh(), held()):
        state.when(Heartbeat("s0")).refused(409, "session_ended")


def test_after_a_restart_every_session_has_its_whole_time_again() -> None:
    woken = held().after_restart(at=500.0)
    assert trolley.DECIDER.deadline(woken.state) == 530.0
    assert trolley.DECIDER.deadline(claiming().after_restart(at=500.0).state) == 510.0
    assert trolley.DECIDER.deadline(fresh().after_restart(at=500.0).state) is None


def test_every_change_goes_to_the_map_with_its_place_in_the_journal() -> None:
    then = held().when(Release("s1", "abandoned"), at=120.0)
    card = TrolleyCard(T, 1, seq=3, lock=OPEN)
    assert then.hints("branch", "BRANCH-001") == [NoteTrolley("SessionEnded", card)]
    then = claiming().when(ConfirmClaim("s1", "alice"), at=100.5)
    card = TrolleyCard(T, 1, seq=2, phase="held", session_id="s1", user_id="alice", since=100.5)
    assert then.hints("branch", "BRANCH-001") == [NoteTrolley("TrolleyAssigned", card)]


def test_the_place_on_the_map_is_the_reference_datas() -> None:
    then = fresh().when(replace(CLAIM, ref=REF), at=100.0)
    (note,) = then.hints("branch", "BRANCH-001")
    assert note.card.place == PLACE
