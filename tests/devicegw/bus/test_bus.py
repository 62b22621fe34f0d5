"""The bus on a good wire."""

from __future__ import annotations

import itertools

import pytest

from devicegw.bus.boards.kerong import StatusReply, StatusRequest, UnlockRequest
from devicegw.bus.config import Timings
from devicegw.bus.port import char_seconds
from tests.devicegw.shop import Shop

CHAR = char_seconds(19200)


def test_an_unlock_ends_opened_once_the_hook_is_seen_open():
    shop = Shop(unlock_s=0.15)
    done = shop.unlock(0x12)
    assert done.outcome == "opened"
    assert done.tries == 1
    assert 0.15 < done.total_s < 0.15 + 0.05


def test_the_acknowledgement_alone_never_counts_as_opened():
    shop = Shop(unlock_s=0.5)
    shop.submit(0)
    shop.run(0.4)
    assert shop.done() == {}
    shop.run(0.3)
    assert shop.done()["c1"].outcome == "opened"


def test_a_lock_that_does_not_move_ends_not_opened_after_all_tries():
    shop = Shop()
    shop.world.stick(3, shop.now)
    done = shop.unlock(3)
    assert (done.outcome, done.tries) == ("not_opened", 3)
    assert shop.pulses(3) == 3
    assert "3 tries" in done.detail


def test_a_lock_that_moves_at_the_second_try_is_opened():
    shop = Shop()
    shop.world.stick(3, shop.now)
    shop.world.pulse_seen = lambda slot, now: shop.world.stick(slot, now, stuck=shop.pulses(3) < 1)
    done = shop.unlock(3)
    assert (done.outcome, done.tries) == ("opened", 2)


@pytest.mark.parametrize("level", [0, 1])
def test_the_hook_is_read_by_the_polarity_of_its_controller(level):
    shop = Shop(level=level)
    shop.run(0.5)
    assert shop.readings(5) == [("closed", True)]
    assert shop.unlock(5).outcome == "opened"
    assert shop.readings(5)[-1] == ("open", True)


def test_readings_are_told_on_change_only_and_follow_the_trolley_out_and_back():
    shop = Shop()
    shop.run(1.0)
    shop.unlock(0x11)
    shop.world.pull(0x11, shop.now)
    shop.run(1.0)
    shop.world.push_back(0x11, shop.now)
    shop.run(1.0)
    assert shop.readings(0x11) == [("closed", True), ("open", True), ("open", False), ("closed", True)]
    assert shop.readings(0x10) == [("closed", True)]


def test_an_unlock_goes_before_polls_and_waits_for_one_exchange_at_most():
    shop = Shop(boards=8, timings=Timings(poll_s=0.001))
    shop.run(0.5)
    ordered = shop.now
    shop.submit(0x70)
    shop.run_until(lambda: shop.pulses(0x70) == 1)
    exchange = (StatusRequest.size + StatusReply.size + 2 * 3.5) * CHAR + 0.002
    at, data = next(pair for pair in reversed(shop.modem.written) if pair[1][2] == UnlockRequest.command)
    assert data == UnlockRequest(7, 0).to_bytes()
    assert at - ordered <= exchange


def test_an_unlock_that_comes_in_the_silence_after_an_answer_is_the_next_thing_sent():
    shop = Shop(boards=8, timings=Timings(poll_s=0.001))
    shop.run(0.5)
    answers = shop.bus.health()["boards"]
    shop.run_until(lambda: shop.bus.health()["boards"] != answers and shop.bus._line.rest_s > 0.001)
    ordered, sent = shop.now, len(shop.modem.written)
    shop.submit(0x70)
    shop.run_until(lambda: shop.pulses(0x70) == 1)
    at, data = shop.modem.written[sent]
    assert data == UnlockRequest(7, 0).to_bytes()
    assert at - ordered <= 3.5 * CHAR + 1e-5


def test_the_hook_is_polled_at_line_rate_while_it_should_open():
    shop = Shop(boards=2, unlock_s=0.2)
    shop.run(0.5)
    shop.modem.written.clear()
    shop.unlock(0x10)
    asked = [at for at, data in shop.modem.written if data == StatusRequest(1).to_bytes()]
    gaps = sorted(b - a for a, b in itertools.pairwise(asked))
    request_and_answer = (StatusRequest.size + StatusReply.size + 2 * 3.5) * CHAR + 0.002
    assert gaps[len(gaps) // 2] == pytest.approx(request_and_answer, rel=0.25)
    assert len(asked) > 10


def test_two_locks_open_side_by_side():
    shop = Shop(unlock_s=0.3)
    shop.submit(0x01, "a")
    shop.submit(0x12, "b")
    assert shop.run_until(lambda: len(shop.done()) == 2, 0.5)
    assert {done.outcome for done in shop.done().values()} == {"opened"}


def test_frames_are_three_and_a_half_characters_apart():
    shop = Shop(boards=3)
    heard: list[float] = []
    receive = shop.world.receive

    def listen(data, now):
        answers = receive(data, now)
        heard.extend(at for at, _ in answers)
        return answers

    shop.modem._far_end = listen
    shop.submit(0x00)
    shop.run(1.0)
    for at, data in shop.modem.written:
        before = [moment for moment in heard if moment < at]
        assert not before or at - before[-1] >= 3.5 * CHAR - 1e-9, data.hex()
    assert len(shop.modem.written) > 20


def test_one_request_is_on_the_wire_at_a_time():
    shop = Shop(boards=3)
    shop.submit(0x00)
    shop.run(1.0)
    times = [at for at, _ in shop.modem.written]
    shortest = (StatusRequest.size + 3.5) * CHAR
    assert all(b - a >= shortest for a, b in itertools.pairwise(times))


def test_an_unlock_for_a_lock_that_is_not_configured_ends_at_once_by_name():
    shop = Shop(boards=1)
    shop.submit(0x40)
    assert shop.done()["c1"].outcome == "unsupported"
    assert "lock 0 on board 4" in shop.done()["c1"].detail


def test_the_survey_is_complete_or_none():
    shop = Shop(boards=2)
    assert shop.bus.survey() is None
    shop.run(0.5)
    survey = shop.bus.survey()
    assert [reading.slot for reading in survey] == list(range(32))
    assert {reading.hook for reading in survey} == {"closed"}


def test_health_counts_answers_and_round_trips():
    shop = Shop(boards=1)
    shop.run(1.05)
    health = shop.bus.health()["boards"]["0"]
    assert health["answers"] == health["requests"] == 11
    assert health["timeouts"] == 0
    assert 0.008 < health["round_trip_s"] < 0.012


def test_closing_ends_what_is_left_by_name():
    shop = Shop()
    shop.submit(0, "a")
    shop.bus.step()
    shop.submit(1, "b")
    shop.bus.close()
    assert {name: done.outcome for name, done in shop.done().items()} == {"a": "bus_error", "b": "bus_error"}
