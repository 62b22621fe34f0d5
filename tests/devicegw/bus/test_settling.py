"""A change is believed once it lasts: hooks chatter on their springs, hands cross light barriers."""

from __future__ import annotations

import itertools
from itertools import pairwise

import pytest

from devicegw.bus.board_state import BoardState
from devicegw.bus.boards import BoardStatus
from devicegw.bus.boards.config import BoardConfig
from devicegw.bus.config import BusConfig, Timings
from devicegw.bus.echo import EchoFilter
from devicegw.bus.messages import SlotReading
from devicegw.clock import ManualClock
from devicegw.simulator.config import SimulatorConfig
from devicegw.simulator.inprocess import InProcessLine
from tests.devicegw.shop import Shop


class Slot:
    """One slot of a board; ``sees`` is an answer at a time."""

    def __init__(self, **board: object) -> None:
        self.clock = ManualClock()
        config = BoardConfig(0, locks=1, **board)  # type: ignore[arg-type]
        timings = Timings(hook_settle_s=0.02, present_settle_s=0.1)
        self.rack = BoardState(0, config, timings, self.clock)
        self.told: list[SlotReading] = []

    def sees(self, after: float, hook: str, present: bool, *, opening: bool = False) -> None:
        self.clock.advance(after)
        status = BoardStatus(0, hooks=int(hook == "closed"), sensors=int(present))
        self.told += self.rack.take(status, {0} if opening else ())

    @property
    def said(self) -> list[tuple[str, bool]]:
        return [(reading.hook, reading.present) for reading in self.told]


@pytest.fixture
def slot():
    slot = Slot()
    slot.sees(0, "closed", True)
    return slot


def test_the_first_answer_is_believed_at_once(slot):
    assert slot.said == [("closed", True)]
    assert not slot.rack.unsettled


def test_a_change_is_told_once_it_has_lasted(slot):
    slot.sees(0.1, "open", True)
    assert slot.rack.unsettled
    slot.sees(0.01, "open", True)
    assert len(slot.said) == 1
    slot.sees(0.011, "open", True)
    assert slot.said[1:] == [("open", True)]
    assert not slot.rack.unsettled


def test_a_hook_that_springs_back_changed_nothing_and_is_counted(slot):
    slot.sees(0.1, "open", True)
    slot.sees(0.01, "closed", True)
    slot.sees(0.5, "closed", True)
    assert len(slot.said) == 1
    assert slot.rack.health.bounces == 1


def test_a_hook_that_chatters_for_ever_is_never_told(slot):
    for _ in range(100):
        slot.sees(0.011, "open", True)
        slot.sees(0.011, "closed", True)
    assert len(slot.said) == 1
    assert slot.rack.health.bounces == 100


def test_a_hook_that_was_told_to_open_is_believed_at_once(slot):
    slot.sees(0.1, "open", True, opening=True)
    assert slot.said[1:] == [("open", True)]


def test_a_hand_in_the_light_barrier_is_no_trolley_leaving(slot):
    for _ in range(8):
        slot.sees(0.011, "closed", False)
    slot.sees(0.011, "closed", True)
    assert len(slot.said) == 1


def test_a_trolley_that_latches_is_back_in_one_report(slot):
    slot.sees(0.1, "open", True, opening=True)
    slot.sees(0.1, "open", False)
    slot.sees(0.11, "open", False)
    slot.sees(0.1, "closed", True)
    slot.sees(0.021, "closed", True)
    assert slot.said[1:] == [("open", True), ("open", False), ("closed", True)]


def test_a_board_that_answers_again_is_believed_at_once(slot):
    slot.told += slot.rack.die()
    slot.sees(5.0, "open", False)
    assert slot.said[1:] == [("unknown", True), ("open", False)]


def test_chattering_switches_are_told_as_one_opening_one_leaving_and_one_return():
    shop = Shop(boards=1, unlock_s=0.05, timings=Timings(poll_s=0.001))
    shop.run(0.5)
    shop.world.chatter(4, shop.now, 0.08)
    assert shop.unlock(4).outcome == "opened"
    shop.run(1.0)
    shop.world.pull(4, shop.now)
    shop.run(1.0)
    shop.world.push_back(4, shop.now)
    shop.run(1.0)
    hooks, presences = zip(*shop.readings(4), strict=True)
    assert [hook for hook, _ in itertools.groupby(hooks)] == ["closed", "open", "closed"]
    assert [present for present, _ in itertools.groupby(presences)] == [True, False, True]
    assert len(hooks) <= 5
    assert shop.bus.health()["boards"]["0"]["bounces"] > 0


def test_a_slot_that_never_settles_does_not_starve_its_neighbours():
    shop = Shop(boards=4)
    shop.run(0.5)
    shop.world.chatter(0, shop.now, 1e9)
    shop.world.slot(0, shop.now).move(shop.now, present=True, hook_open=False)
    before = shop.bus.health()["boards"]
    shop.run(5.0)
    after = shop.bus.health()["boards"]
    for board in "123":
        assert after[board]["answers"] - before[board]["answers"] >= 45


def test_a_lock_wired_to_another_channel_is_pulsed_and_read_there():
    shop = Shop(boards=1, channels=tuple(reversed(range(16))))
    shop.run(0.3)
    assert shop.unlock(2).outcome == "opened"
    assert (shop.pulses(2), shop.pulses(13)) == (0, 1)
    assert shop.readings(2)[-1] == ("open", True)


# --- the echo of ourselves ---------------------------------------------------------


def test_an_echo_is_taken_out_however_it_comes():
    echo = EchoFilter()
    echo.sent(b"abc", mirrored=False)
    assert [echo.take(bytes((byte,))) for byte in b"abcXY"] == [b"", b"", b"", b"X", b"Y"]
    assert echo.echoing


def test_an_answer_that_begins_like_the_request_is_given_out_whole():
    echo = EchoFilter()
    echo.sent(b"abc", mirrored=False)
    assert [echo.take(b"a"), echo.take(b"bXY")] == [b"", b"abXY"]
    assert not echo.echoing


def test_an_answer_that_repeats_the_request_is_an_echo_only_where_there_are_echoes():
    echo = EchoFilter()
    echo.sent(b"abc", mirrored=True)
    assert echo.take(b"abc") == b"abc"
    echo.sent(b"read", mirrored=False)
    echo.take(b"read")
    echo.sent(b"abc", mirrored=True)
    assert echo.take(b"abcabc") == b"abc"
    assert echo.echoing


def test_an_adapter_that_hears_itself_is_named_in_the_health():
    shop = Shop()
    shop.world.fault("echo")
    shop.run(1.0)
    health = shop.bus.health()
    assert health["echoing"]
    assert health["boards"]["0"]["garbage_bytes"] == 0


def test_a_tap_shows_what_passes_with_its_meaning_and_time_and_ends():
    shop = Shop(boards=1)
    shop.run(0.5)
    assert shop.bus.passed() is None
    shop.bus.tap(0.5)
    shop.run(0.25)
    dropped, frames = shop.bus.passed()
    assert dropped == 0
    assert [(frame.direction, frame.data[:3]) for frame in frames[:2]] == [
        ("out", b"\x02\x00\x30"),
        ("in", b"\x02\x00\x35"),
    ]
    assert frames[0].meaning == "status of board 0?"
    assert {(frame.board, frame.fault) for frame in frames} == {(0, False)}
    assert frames[1].meaning == "board 0: hooks 1111111111111111, sensors 1111111111111111"
    assert frames[1].at - frames[0].at == pytest.approx((5 + 1) / 1920 + 0.002, abs=1e-4)
    shop.world.fault("dead")
    shop.run(1.0)
    _, frames = shop.bus.passed()
    silent = [(before, frame) for before, frame in pairwise(frames) if frame.meaning == "no answer"]
    assert {(frame.board, frame.fault) for _, frame in silent} == {(0, True)}
    # Silence is told when it is over: after the request and the time for an answer.
    assert all(frame.at - before.at > Timings().answer_s for before, frame in silent)
    assert shop.bus.passed() is None


def test_a_tap_nobody_drains_keeps_the_newest_and_counts_the_rest():
    shop = Shop(boards=4, timings=Timings(poll_s=0.001))
    shop.bus.tap(60.0)
    shop.run(10.0)
    dropped, frames = shop.bus.passed()
    assert len(frames) == 512
    assert dropped > 500
    assert frames[-1].at > shop.clock.now() - 0.1


def test_the_shop_in_this_process_is_what_the_configuration_says():
    boards = (BoardConfig(2), BoardConfig(5, hook_open_level=1))
    line = InProcessLine.of(BusConfig("sim", boards, protocol="simulator"), SimulatorConfig())
    assert {slot["slot"] >> 4 for slot in line.state()} == {2, 5}
