"""When an ask is answered, and what a repeat of it gets."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from actors.runtime import Address, AskTimeout, Defect, KeyReused, Overloaded, Unavailable
from tests.runtime.domain import Add, Fill, Look, Pay, Peek, Raise, Refusal, Sign, Total
from tests.runtime.harness import WAIT_S, A, B, World


def test_an_answer_comes_with_the_state_and_the_place_of_its_event(world: World) -> None:
    outcome = world.ask(A, Add(5))
    assert outcome.answer == Total(5)
    assert (outcome.state.total, outcome.seq, outcome.replayed) == (5, 1, False)
    assert outcome.epoch == world.journal.stream_epoch


def test_a_refusal_is_an_outcome_and_writes_nothing(world: World) -> None:
    outcome = world.ask(A, Add(-1), "c")
    assert (outcome.answer, outcome.refusal) == (None, Refusal(409, "too_little"))
    assert world.journal.batches == []


def test_no_answer_leaves_before_its_commit(world: World) -> None:
    with world.journal.held():
        reply = world.system.ask(A, Add(5))
        world.journal.wait_for_commit()
        assert not reply.done
        assert world.published == []
    assert reply.get(timeout=WAIT_S).answer == Total(5)


def test_commands_go_on_while_a_commit_runs_and_build_on_each_other(world: World) -> None:
    with world.journal.held():
        first = world.system.ask(A, Add(5))
        world.journal.wait_for_commit()
        second = world.system.ask(A, Add(2))
    assert first.get(timeout=WAIT_S).answer == Total(5)
    assert second.get(timeout=WAIT_S).answer == Total(7)


def test_a_look_waits_for_the_commits_before_it(world: World) -> None:
    with world.journal.held():
        world.system.tell(A, Add(5))
        world.journal.wait_for_commit()
        look, peek, refused = (world.system.ask(A, c) for c in (Look(), Peek(), Add(-9)))
        world.ask(B, Look())
        assert [reply.done for reply in (look, peek, refused)] == [False] * 3
    assert look.get(timeout=WAIT_S).state.total == 5
    assert peek.get(timeout=WAIT_S).answer == Total(5)
    assert refused.get(timeout=WAIT_S).refusal.code == "too_little"


def test_a_repeat_gets_the_kept_answer_and_nothing_is_done_twice(world: World) -> None:
    world.ask(A, Add(5), "c")
    world.ask(A, Add(1))
    again = world.ask(A, Add(5), "c")
    assert (again.answer, again.seq, again.replayed) == (Total(5), 1, True)
    assert again.state.total == 6


def test_a_repeat_while_the_first_is_under_way_joins_it(world: World) -> None:
    with world.journal.held():
        first = world.system.ask(A, Add(5), "c")
        world.journal.wait_for_commit()
        second = world.system.ask(A, Add(5), "c")
        world.ask(B, Look())
        assert not second.done
    assert first.get(timeout=WAIT_S).replayed is False
    joined = second.get(timeout=WAIT_S)
    assert (joined.answer, joined.replayed) == (Total(5), True)
    assert world.ask(A, Look()).state.total == 5


def test_a_command_id_with_another_body_is_refused(world: World) -> None:
    world.ask(A, Add(5), "c")
    with pytest.raises(KeyReused):
        world.ask(A, Add(6), "c")
    assert world.ask(A, Look()).state.total == 5


def test_a_look_under_an_id_says_whether_it_was_used_and_leaves_it_free(make: Callable[..., World]) -> None:
    world = make(purse={"kept": 4})
    assert world.ask(A, Look(), "c").state.total == 0
    assert world.ask(A, Add(5), "c").answer == Total(5)
    for i in range(6):  # until memory has forgotten it
        with pytest.raises(KeyReused):
            world.ask(A, Look(), "c")
        world.ask(A, Add(1), f"c{i}")
    assert world.ask(A, Look(), "d").state.total == 11
    assert world.ask(A, Add(2), "d").answer == Total(13)


def test_a_kept_refusal_is_the_same_for_a_repeat_even_if_it_would_succeed_now(world: World) -> None:
    world.ask(A, Add(-5), "c")
    world.ask(A, Add(10))
    again = world.ask(A, Add(-5), "c")
    assert (again.refusal, again.replayed) == (Refusal(409, "too_little"), True)


def test_kept_answers_survive_a_restart(make: Callable[..., World]) -> None:
    first = make()
    first.ask(A, Add(5), "c")
    second = make(first.crash())
    again = second.ask(A, Add(5), "c")
    assert (again.answer, again.seq, again.replayed) == (Total(5), 1, True)
    with pytest.raises(KeyReused):
        second.ask(A, Add(6), "c")


def test_a_repeat_that_memory_has_forgotten_gets_the_journals_answer(make: Callable[..., World]) -> None:
    world = make(purse={"kept": 4})
    world.ask(A, Add(5), "old")
    for i in range(10):
        world.ask(A, Add(1), f"c{i}")
    again = world.ask(A, Add(5), "old")
    assert (again.answer, again.replayed) == (Total(5), True)
    assert world.ask(A, Look()).state.total == 15


def test_a_forgotten_command_that_would_be_refused_now_still_gets_its_answer(
    make: Callable[..., World],
) -> None:
    world = make(purse={"kept": 4})
    world.ask(A, Add(5), "in")
    world.ask(A, Add(-5), "out")
    for i in range(6):
        world.ask(A, Peek(), f"p{i}")
    again = world.ask(A, Add(-5), "out")
    assert (again.refusal, again.answer, again.replayed) == (None, Total(0), True)
    fresh = world.ask(A, Add(-5), "never before")
    assert (fresh.refusal, fresh.replayed) == (Refusal(409, "too_little"), False)
    with pytest.raises(KeyReused):
        world.ask(A, Add(-6), "in")


def test_a_forgotten_command_that_would_find_nothing_to_do_now_still_gets_its_answer(
    make: Callable[..., World],
) -> None:
    world = make(purse={"kept": 4})
    world.ask(A, Fill(5), "fill")
    world.ask(A, Add(5), "more")
    for i in range(6):
        world.ask(A, Peek(), f"p{i}")
    again = world.ask(A, Fill(5), "fill")
    assert (again.answer, again.replayed) == (Total(5), True)
    fresh = world.ask(A, Fill(5), "never before")
    assert (fresh.answer, fresh.replayed) == (Total(10), False)


def test_a_pending_command_is_answered_when_it_is_settled(world: World) -> None:
    world.ask(A, Add(5))
    outcome = world.ask(A, Pay("b", 3), "pay")
    assert outcome.answer == Total(2)
    again = world.ask(A, Pay("b", 3), "pay")
    assert (again.answer, again.replayed) == (Total(2), True)
    assert world.ask(B, Look()).state.total == 3


def test_an_ask_that_waits_too_long_times_out_by_the_systems_clock(world: World) -> None:
    with world.journal.held():
        reply = world.system.ask(A, Add(5), timeout=3.0)
        world.journal.wait_for_commit()
        world.clock.advance(2.9)
        assert not reply.done
        world.clock.advance(0.5)
        with pytest.raises(AskTimeout):
            reply.get(timeout=WAIT_S)
    world.quiet()
    assert world.ask(A, Look()).state.total == 5


def test_a_thread_waits_no_longer_than_it_said(world: World) -> None:
    with world.journal.held():
        reply = world.system.ask(A, Add(5))
        world.journal.wait_for_commit()
        with pytest.raises(AskTimeout):
            reply.get(timeout=0.01)


def test_a_full_mailbox_refuses_at_once(make: Callable[..., World]) -> None:
    world = make(mailbox_size=3)
    world.ask(A, Look())
    entity = world.system._registry.entity(A)
    entity.scheduled = True  # as if its turn never came
    replies = [world.system.ask(A, Add(1)) for _ in range(5)]
    assert [reply.done for reply in replies] == [False, False, False, True, True]
    with pytest.raises(Overloaded):
        replies[3].get()
    with pytest.raises(Overloaded):
        world.system.tell(A, Add(1))
    entity.scheduled = False
    entity.schedule()
    assert replies[2].get(timeout=WAIT_S).answer == Total(3)


def test_a_decider_that_raises_answers_with_a_defect_and_changes_nothing(world: World) -> None:
    world.ask(A, Add(5))
    with pytest.raises(Defect):
        world.ask(A, Raise())
    assert world.ask(A, Look()).state.total == 5


def test_an_address_that_raises_again_and_again_is_parked_and_its_neighbours_are_not(world: World) -> None:
    for _ in range(5):
        with pytest.raises(Defect):
            world.ask(A, Raise())
    with pytest.raises(Unavailable):
        world.ask(A, Add(1))
    assert [address for address, _ in world.alarms] == [A]
    assert world.ask(B, Add(1)).answer == Total(1)
    world.pass_time(2.0)
    assert world.ask(A, Add(1)).answer == Total(1)


def test_a_parked_address_that_goes_on_raising_is_parked_for_longer(world: World) -> None:
    for _ in range(5):
        with pytest.raises(Defect):
            world.ask(A, Raise())
    world.pass_time(1.0)
    with pytest.raises(Defect):
        world.ask(A, Raise())
    world.pass_time(1.0)
    with pytest.raises(Unavailable):
        world.ask(A, Add(1))
    world.pass_time(1.0)
    assert world.ask(A, Add(1)).answer == Total(1)


def test_a_success_between_defects_forgives_them(world: World) -> None:
    for _ in range(8):
        with pytest.raises(Defect):
            world.ask(A, Raise())
        world.ask(A, Sign())
    assert world.alarms == []


def test_memory_changes_need_no_commit(world: World) -> None:
    world.ask(A, Sign())
    assert world.ask(A, Look()).state.signs == 1
    assert world.journal.batches == []


def test_an_unknown_kind_is_a_defect(world: World) -> None:
    with pytest.raises(Defect):
        world.ask(Address("nothing", "x"), Look())


def test_a_stopped_system_refuses(world: World) -> None:
    world.ask(A, Add(5))
    world.stop()
    with pytest.raises(Unavailable):
        world.ask(A, Look())


def test_stop_finishes_what_is_in_the_mailboxes(make: Callable[..., World]) -> None:
    world = make()
    replies = [world.system.ask(Address("purse", str(i % 7)), Add(1), timeout=60) for i in range(500)]
    world.stop()
    assert all(reply.get(timeout=0).answer for reply in replies)
    assert sum(len(world.journal.store.load(Address("purse", str(i))).events) for i in range(7)) == 500
