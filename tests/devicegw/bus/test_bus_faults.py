"""The bus on bad wires, in virtual time: whatever the line does, every unlock ends by name."""

from __future__ import annotations

from random import Random

import pytest

from devicegw.bus.boards.kerong import StatusReply, UnlockRequest
from devicegw.bus.config import Timings
from tests.devicegw.shop import Shop

NAMED = {"opened", "not_opened", "expired", "unsupported", "bus_error"}

# wire: fault on board 0, its value, what an unlock on board 0 ends in
WIRES = {
    "good": ("none", None, {"opened"}),
    "byte at a time": ("byte_at_a_time_s", 0.003, {"opened"}),
    "byte at a time, slower than a gap": ("byte_at_a_time_s", 0.03, {"bus_error"}),
    "the first answers lost": ("lost", 3, {"opened"}),
    "every answer lost": ("lost", None, {"bus_error"}),
    "the first answers garbled": ("garbled", 3, {"opened"}),
    "every answer garbled": ("garbled", None, {"bus_error"}),
    "a wrong sum in the first answers": ("bad_sum", 3, {"opened"}),
    "a wrong sum in every answer": ("bad_sum", None, {"bus_error"}),
    "a second board of the same address": ("twin", None, {"bus_error"}),
    "an adapter that hears itself": ("echo", None, {"opened"}),
    "noise around every answer": ("noise", None, {"opened"}),
    "the first answers late": ("late", 3, {"opened"}),
    "another board's address in the first answers": ("wrong_sender", 3, {"opened"}),
    "another board's address in every answer": ("wrong_sender", None, {"bus_error"}),
    "unlocks not acknowledged": ("mute_unlocks", None, {"opened"}),
    "a board too busy to answer while it drives the bolt": ("busy_s", 0.6, {"opened"}),
    "a dead board": ("dead", None, {"bus_error"}),
}


@pytest.mark.parametrize("wire", WIRES)
def test_on_any_wire_an_unlock_ends_by_name_and_the_neighbour_opens(wire):
    fault, value, expected = WIRES[wire]
    shop = Shop(boards=2)
    shop.run(0.3)
    shop.world.fault(fault, [0], value)
    shop.submit(0x05, "bad")
    shop.submit(0x15, "good")
    assert shop.run_until(lambda: len(shop.done()) == 2)
    assert shop.done()["bad"].outcome in expected
    assert shop.done()["good"].outcome == "opened"
    assert shop.done()["good"].first_byte_s < 0.2


@pytest.mark.parametrize("wire", WIRES)
def test_a_wire_that_is_mended_works_again(wire):
    fault, value, _ = WIRES[wire]
    shop = Shop(boards=1)
    shop.world.fault(fault, [0], value)
    shop.run(5.0)
    shop.world.fault("none")
    shop.run(3.0)
    assert shop.bus.survey()[7].hook == "closed"
    assert shop.unlock(7).outcome == "opened"


@pytest.mark.parametrize("seed", range(20))
def test_on_a_wire_where_anything_happens_every_unlock_ends_once_by_name(seed):
    dice = Random(seed)
    shop = Shop(boards=3, random=Random(seed))
    faults = ["lost", "garbled", "late", "noise", "wrong_sender", "bad_sum", "twin", "echo"]
    unlocks = 0
    for _ in range(60):
        shop.world.fault(dice.choice(faults), [dice.randrange(3)], dice.randint(1, 3))
        if dice.random() < 0.1:
            shop.modem.unplug()
        elif not shop.modem.plugged:
            shop.modem.plugged = True
        if dice.random() < 0.5:
            shop.submit(
                dice.randrange(3) << 4 | dice.randrange(16), f"c{unlocks}", dice.choice([0.0, 0.2, 5.0])
            )
            unlocks += 1
        shop.run(dice.random())
    shop.modem.plugged = True
    assert shop.run_until(lambda: len(shop.done()) == unlocks)
    assert {done.outcome for done in shop.done().values()} <= NAMED
    shop.world.fault("none")
    shop.run(5.0)
    assert shop.unlock(0x2F, "last").outcome == "opened"


def test_never_opened_without_a_pulse():
    shop = Shop(boards=1)
    shop.world.fault("dead", [0])
    assert shop.unlock(1, ttl=0.0).outcome == "expired"
    assert shop.pulses(1) == 0
    assert not any(data == UnlockRequest(0, 1).to_bytes() for _, data in shop.modem.written)


# --- time to live ---------------------------------------------------------


def test_a_command_that_is_too_old_at_receipt_is_never_carried_out():
    shop = Shop()
    done = shop.unlock(4, ttl=0.0)
    assert (done.outcome, done.tries, done.first_byte_s) == ("expired", 0, None)
    assert shop.pulses(4) == 0


def test_the_time_to_live_is_looked_at_right_before_the_first_byte():
    shop = Shop(boards=1, timings=Timings(answer_s=0.05))
    shop.run(0.5)
    # A babbling line holds the bus back from its turn until the unlock is too old.
    for n in range(100):
        shop.modem.send(b"\xff", shop.now + n * 0.001)
    done = shop.unlock(4, ttl=0.02)
    assert done.outcome == "expired"
    assert shop.pulses(4) == 0


def test_an_unlock_that_waited_behind_a_dead_board_too_long_expires():
    shop = Shop(boards=1)
    shop.world.fault("dead", [0])
    shop.run(0.01)
    shop.submit(3, ttl=0.001)
    shop.clock.advance(0.002)
    assert shop.run_until(lambda: "c1" in shop.done())
    assert shop.done()["c1"].outcome == "expired"


def test_no_second_try_begins_after_the_time_to_live():
    shop = Shop()
    shop.world.stick(3, shop.now)
    begun = shop.now
    done = shop.unlock(3, ttl=1.5)
    assert done.outcome == "not_opened"
    assert done.tries == 2
    unlocks = [at for at, data in shop.modem.written if data == UnlockRequest(0, 3).to_bytes()]
    assert max(unlocks) < begun + 1.5


# --- dead boards and late answers -----------------------------------------


def test_a_dead_board_costs_the_others_at_most_one_timeout_a_cycle():
    shop = Shop(boards=4)
    shop.run(0.5)
    shop.world.fault("dead", [2])
    shop.run(3.0)
    shop.modem.written.clear()
    before = {n: shop.bus.health()["boards"][str(n)]["answers"] for n in (0, 1, 3)}
    shop.run(10.0)
    for n, answers in before.items():
        assert shop.bus.health()["boards"][str(n)]["answers"] - answers >= 90
    assert shop.bus.health()["boards"]["2"]["requests"] < 40


def test_a_dead_board_is_told_unknown_once_and_known_again_once():
    shop = Shop(boards=2)
    shop.run(0.5)
    shop.world.fault("dead", [1])
    shop.run(5.0)
    shop.world.fault("none")
    shop.run(5.0)
    assert shop.readings(0x10) == [("closed", True), ("unknown", True), ("closed", True)]
    assert shop.readings(0x00) == [("closed", True)]


def test_a_board_that_is_silent_while_it_drives_a_bolt_is_not_given_up():
    shop = Shop(boards=1)
    shop.run(0.5)
    shop.world.fault("busy_s", [0], 0.8)
    assert shop.unlock(1).outcome == "opened"
    assert shop.readings(1) == [("closed", True), ("open", True)]
    assert shop.readings(2) == [("closed", True)]


def test_an_unlock_on_a_dead_board_does_not_stop_the_round():
    shop = Shop(boards=3)
    shop.run(0.5)
    shop.world.fault("dead", [0])
    before = shop.bus.health()["boards"]["1"]["answers"]
    done = shop.unlock(0)
    assert done.outcome == "bus_error"
    rounds = done.total_s / Timings().poll_s
    assert shop.bus.health()["boards"]["1"]["answers"] - before > rounds / 3


def test_a_late_answer_is_not_taken_for_the_next_one():
    shop = Shop(boards=2)
    shop.run(0.5)
    shop.world.fault("late", [0], 1)
    shop.run(2.0)
    assert shop.bus.health()["boards"]["0"]["timeouts"] == 1
    assert shop.bus.health()["boards"]["1"]["timeouts"] == 0
    assert shop.readings(0x00) == [("closed", True)]


def test_an_open_hook_told_by_a_late_acknowledgement_proves_nothing():
    shop = Shop(boards=1, unlock_s=9.0)
    shop.run(0.5)
    lie = StatusReply(0, hooks=0x0000, sensors=0xFFFF).to_bytes()
    shop.world.fault("mute_unlocks", [0])
    sent: list[float] = []

    def lie_once(data):
        if data == UnlockRequest(0, 3).to_bytes() and not sent:
            sent.append(shop.now)
            shop.modem.send(lie, shop.now + 0.06)

    shop.modem.on_write = lie_once
    shop.submit(3)
    shop.run(0.5)
    assert sent
    assert shop.done() == {}


def test_bad_checksums_are_counted_on_their_board():
    shop = Shop(boards=2)
    shop.run(0.5)
    for _ in range(20):
        shop.world.fault("garbled", [1], 1)
        shop.run(0.3)
    health = shop.bus.health()["boards"]
    assert health["0"]["timeouts"] == health["0"]["bad_checksums"] == 0
    assert health["1"]["timeouts"] == 20
    assert health["1"]["bad_checksums"] > 5


# --- the port -------------------------------------------------------------


def test_an_unlock_waits_for_a_port_that_comes_back_soon():
    shop = Shop()
    shop.run(0.3)
    shop.modem.unplug()
    shop.run(0.2)
    shop.submit(1)
    shop.run(0.5)
    shop.modem.plugged = True
    assert shop.run_until(lambda: "c1" in shop.done())
    assert shop.done()["c1"].outcome == "opened"


def test_an_unlock_for_a_port_that_stays_away_ends_in_bus_error():
    shop = Shop()
    shop.run(0.3)
    shop.modem.unplug()
    done = shop.unlock(1)
    assert (done.outcome, done.detail) == ("bus_error", "null is lost")
    assert done.total_s < 2.5


def test_unplugged_in_the_middle_of_an_unlock_the_hook_is_looked_at_afterwards():
    shop = Shop(unlock_s=0.1)
    shop.run(0.3)
    shop.world.pulse_seen = lambda slot, now: shop.modem.unplug()
    shop.submit(1)
    shop.run(0.3)
    shop.modem.plugged = True
    assert shop.run_until(lambda: "c1" in shop.done())
    assert (shop.done()["c1"].outcome, shop.done()["c1"].tries) == ("opened", 1)


def test_unplugged_between_two_bytes_of_a_write_counts_as_a_try():
    shop = Shop()
    shop.run(0.3)
    shop.modem.on_write = lambda data: shop.modem.unplug() if data[2] == UnlockRequest.command else None
    done = shop.unlock(1)
    assert (done.outcome, done.tries) == ("bus_error", 1)


def test_an_unplugged_bus_is_unknown_and_opened_again_by_itself():
    shop = Shop(boards=1)
    shop.run(0.3)
    shop.modem.unplug()
    shop.run(30.0)
    assert shop.readings(0)[-1] == ("unknown", True)
    shop.modem.plugged = True
    shop.run(2.5)
    assert shop.readings(0)[-1] == ("closed", True)
    assert shop.modem.opened == 2


def test_a_port_that_is_missing_from_the_start_is_surveyed_as_unknown():
    shop = Shop(boards=1)
    shop.modem.unplug()
    shop.run(0.5)
    assert {reading.hook for reading in shop.bus.survey()} == {"unknown"}
    assert {reading.present for reading in shop.bus.survey()} == {False}
