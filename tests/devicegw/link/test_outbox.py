"""The outbox: what is in it comes out, whatever happens to the process."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from devicegw import wire
from devicegw.link.outbox import Outbox

ROOT = Path(__file__).resolve().parents[3]
AT = wire.utc(1_800_000_000)


def report(slot: int) -> wire.Report:
    return wire.Report(seq=0, slot=slot, hook="open", present=True, at=AT)


def result(name: str) -> wire.Result:
    return wire.Result(seq=0, id=name, outcome="opened")


def telemetry() -> wire.Telemetry:
    return wire.Telemetry(seq=0, at=AT, data={"n": 1})


@pytest.fixture
def path(tmp_path):
    return tmp_path / "state" / "outbox.sqlite3"


@pytest.fixture
def outbox(path):
    outbox = Outbox(path, limit=5)
    yield outbox
    outbox.close()


def test_messages_are_numbered_in_order_and_kept_until_acknowledged(outbox):
    sent = outbox.append([report(1), result("a"), telemetry()])
    assert [message.seq for message in sent] == [1, 2, 3]
    outbox.acknowledge([2])
    assert outbox.pending() == [sent[0], sent[2]]


def test_numbers_grow_over_a_restart_even_when_everything_was_acknowledged(path):
    first = Outbox(path)
    first.append([report(1), report(2)])
    first.acknowledge([1, 2])
    first.close()
    second = Outbox(path)
    assert second.append([report(3)])[0].seq == 3
    second.close()


def test_a_full_outbox_drops_telemetry_first_then_old_reports_and_results_last(outbox):
    outbox.append([result("a"), telemetry(), report(1), report(2), report(3)])
    outbox.append([report(4)])
    assert [type(message).__name__ for message in outbox.pending()] == ["Result"] + ["Report"] * 4
    outbox.append([report(5), report(6)])
    assert [message.slot for message in outbox.pending()[1:]] == [3, 4, 5, 6]
    outbox.append([result(name) for name in "bcdef"])
    assert [message.id for message in outbox.pending()] == list("bcdef")
    assert outbox.dropped == 8


def test_a_young_outbox_is_lifted_above_the_servers_memory(outbox):
    outbox.append([report(1), report(2)])
    assert outbox.raise_above(41)
    assert [(message.seq, message.slot) for message in outbox.pending()] == [(42, 1), (43, 2)]


def test_an_outbox_that_came_further_than_the_server_keeps_its_numbers(outbox):
    outbox.append([report(1), report(2)])
    assert not outbox.raise_above(1)
    assert [message.seq for message in outbox.pending()] == [1, 2]


def test_a_command_is_known_until_it_has_ended_and_long_after(outbox):
    outbox.note_command("a")
    outbox.note_command("a")
    assert outbox.commands() == {"a": None}
    outbox.append([result("a")])
    assert outbox.commands() == {"a": result("a")}


def test_ended_commands_are_forgotten_when_there_are_very_many(outbox, monkeypatch):
    monkeypatch.setattr("devicegw.link.outbox.KEPT_COMMANDS", 30)
    for number in range(50):
        outbox.note_command(f"c{number}")
        if number != 3:
            outbox.append([result(f"c{number}")])
    commands = outbox.commands()
    assert len(commands) == 30 + 1
    assert commands["c3"] is None, "one under way is never forgotten"


def test_commands_interrupted_by_a_crash_end_in_bus_error(outbox):
    outbox.note_command("a")
    outbox.note_command("b")
    outbox.append([result("a")])
    ended = outbox.end_interrupted()
    assert [(message.id, message.outcome) for message in ended] == [("b", "bus_error")]
    assert outbox.end_interrupted() == []


WRITER = """
import sys
from pathlib import Path
from devicegw import wire
from devicegw.link.outbox import Outbox
outbox = Outbox(Path(sys.argv[1]), limit=1_000_000)
for slot in range(1_000_000):
    report = wire.Report(seq=0, slot=slot % 256, hook="open", present=True, at=wire.utc(slot))
    print(outbox.append([report])[0].seq, flush=True)
"""


def test_what_was_kept_survives_kill_9(path):
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert writer.stdout is not None
    said = [int(writer.stdout.readline()) for _ in range(50)]
    writer.send_signal(signal.SIGKILL)
    said += [int(line) for line in writer.stdout.read().splitlines()]
    writer.wait()
    writer.stdout.close()
    again = Outbox(path)
    seqs = [message.seq for message in again.pending()]
    assert seqs == list(range(1, len(seqs) + 1))
    # One more than was said may be there: killed between the commit and the word.
    assert len(said) <= len(seqs) <= len(said) + 1
    again.close()


def test_a_damaged_outbox_is_put_aside_and_a_new_one_begun(path, caplog):
    path.parent.mkdir()
    path.write_bytes(b"SQLite format 3\x00" + b"\xff" * 5000)
    outbox = Outbox(path)
    assert outbox.append([report(1)])[0].seq == 1
    outbox.close()
    assert path.with_suffix(".damaged").exists()
    assert "outbox damaged" in caplog.text
