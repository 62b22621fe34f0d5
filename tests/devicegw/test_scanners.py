"""Barcode readers: what they send becomes scans, kept until the server has them, once each, in order."""

from __future__ import annotations

import os
import queue
import tty
from pathlib import Path

import pytest

from devicegw import wire
from devicegw.scanners.config import ScannerConfig
from devicegw.scanners.keymap import EVENT, EventParser, LineParser, ReportParser
from devicegw.scanners.port import Source, scanner_port
from devicegw.scanners.scanners import Scanner
from tests.devicegw.process import running, write_config
from tests.devicegw.server import FakeServer

DEADLINE = 60.0
CODES = {"1": 2, "2": 3, "3": 4, "a": 30, "-": 12, "\n": 28}


def event(code: int, value: int, kind: int = 1) -> bytes:
    return EVENT.pack(1_800_000_000, 0, kind, code, value)


def typed(text: str) -> bytes:
    """Press and release every key, as a reader does, with the sync events between."""
    sync = event(0, 0, kind=0)
    return b"".join(event(CODES[letter], 1) + sync + event(CODES[letter], 0) + sync for letter in text)


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        (b"4006381333931\r\n", ["4006381333931"]),
        (b"1\r2\n3\r\n", ["1", "2", "3"]),
        (b"\r\n\r\n", []),
        (b"  42 \x02\x03\r", ["42"]),
        (b"9" * (wire.LONGEST_SCAN + 1) + b"\r7\r", ["7"]),
        (b"9" * wire.LONGEST_SCAN + b"\r", ["9" * wire.LONGEST_SCAN]),
        (b"]C1010950110153000310AB\x1d3103000532\r", ["]C1010950110153000310AB\x1d3103000532"]),
        (b"unfinished", []),
    ],
)
def test_text_up_to_a_line_end_is_a_barcode(sent, read):
    assert LineParser().feed(sent) == read
    parser = LineParser()
    assert [found for byte in sent for found in parser.feed(bytes((byte,)))] == read


def test_a_pause_ends_a_barcode_without_a_line_end():
    parser = LineParser()
    assert parser.feed(b"12") == []
    assert parser.idle() == ["12"]
    assert parser.idle() == []


def test_keys_up_to_enter_are_a_barcode_however_the_events_are_cut():
    parser = EventParser()
    data = typed("12-a3\n")
    found = [barcode for n in range(0, len(data), 7) for barcode in parser.feed(data[n : n + 7])]
    assert found == ["12-a3"]


def test_shift_and_repeats_are_read_as_a_keyboard_would():
    parser = EventParser()
    shifted = event(42, 1) + event(30, 1) + event(30, 2) + event(30, 0) + event(42, 0) + event(30, 1)
    assert parser.feed(shifted + event(96, 1)) == ["Aa"]


def test_the_separator_of_a_gs1_message_is_typed_as_control_and_a_bracket():
    control = event(29, 1) + event(27, 1) + event(27, 0) + event(29, 0)
    assert EventParser().feed(event(2, 1) + control + event(3, 1) + event(28, 1)) == ["1\x1d2"]
    none = bytes(8)
    reports = b"\0\0\x1e\0\0\0\0\0" + none + b"\x01\0\x30\0\0\0\0\0" + none + b"\0\0\x1f\0\0\0\0\0"
    assert ReportParser().feed(reports + none + b"\0\0\x28\0\0\0\0\0") == ["1\x1d2"]


def test_reports_give_each_key_once_while_it_is_held():
    parser = ReportParser()
    one, one_and_two, none = b"\0\0\x1e\0\0\0\0\0", b"\0\0\x1e\x1f\0\0\0\0", bytes(8)
    shift_a, enter = b"\x02\0\x04\0\0\0\0\0", b"\0\0\x28\0\0\0\0\0"
    data = one + one + one_and_two + none + one + none + shift_a + none + enter
    assert parser.feed(data[:11]) + parser.feed(data[11:]) == ["121A"]


@pytest.mark.parametrize(
    ("port", "kind"),
    [
        ("/dev/ttyACM0", "serial"),
        ("/dev/serial/by-id/usb-Reader", "serial"),
        ("/dev/input/by-id/usb-Reader-event-kbd", "keyboard"),
        ("/dev/hidraw0", "hidraw"),
    ],
)
def test_the_kind_of_a_reader_is_told_by_its_port(port, kind):
    assert ScannerConfig(port, "TROLLEY_01").reads_as == kind
    assert ScannerConfig(port, "TROLLEY_01", kind="keyboard").reads_as == "keyboard"


class Reader:
    """A fifo that stands for an input device."""

    def __init__(self, path: Path) -> None:
        self.path = path
        os.mkfifo(path)
        # Opened for reading too, so that opening does not wait and the other end never sees an end.
        self.fd = os.open(path, os.O_RDWR)

    def send(self, data: bytes) -> None:
        os.write(self.fd, data)


@pytest.fixture
def reader(tmp_path):
    reader = Reader(tmp_path / "event0")
    yield reader
    os.close(reader.fd)


@pytest.fixture
def scans():
    return queue.Queue()


def test_a_reader_that_plays_a_keyboard_is_read_from_its_device(reader, scans):
    scanner = Scanner(ScannerConfig(str(reader.path), "T", kind="keyboard"), scans.put)
    scanner.start()
    reader.send(typed("1\n2\n"))
    assert [scans.get(timeout=DEADLINE), scans.get(timeout=DEADLINE)] == ["1", "2"]
    assert scanner.health() == {"port": str(reader.path), "trolley": "T", "open": True, "scans": 2}
    scanner.stop()


def test_a_serial_reader_is_found_again_after_it_was_unplugged(tmp_path, scans, monkeypatch):
    monkeypatch.setattr("devicegw.scanners.scanners.REOPEN_S", 0.01)
    opened: queue.Queue[Source] = queue.Queue()

    def open_and_tell(config: ScannerConfig) -> Source:
        source = scanner_port(config)
        opened.put(source)
        return source

    monkeypatch.setattr("devicegw.scanners.scanners.scanner_port", open_and_tell)
    link = tmp_path / "reader"
    scanner = Scanner(ScannerConfig(str(link), "T", kind="serial"), scans.put)
    scanner.start()
    for barcode in ("11", "22"):
        master, slave = os.openpty()
        tty.setraw(slave)
        link.symlink_to(os.ttyname(slave))
        opened.get(timeout=DEADLINE)
        os.write(master, barcode.encode() + b"\r\n")
        assert scans.get(timeout=DEADLINE) == barcode
        link.unlink()
        os.close(master)
        os.close(slave)
    scanner.stop()


async def test_scans_made_while_the_link_is_down_arrive_later_once_each_in_order(tmp_path, reader):
    server = FakeServer()
    await server.open()
    scanners = [{"port": str(reader.path), "trolley_id": "TROLLEY_01", "kind": "keyboard"}]
    buses = [{"port": "simulated", "protocol": "simulator", "boards": [{"address": 0}]}]
    config = write_config(tmp_path, server.url, "", buses=buses, scanners=scanners)
    async with running(config) as agent:
        await server.next(wire.Hello)
        reader.send(typed("1\n"))
        first = await server.next(wire.Scan)
        assert (first.trolley_id, first.barcode) == ("TROLLEY_01", "1")
        server.acknowledging = False
        await server.close()
        reader.send(typed("2\n3\n12\n"))
        # Stopped as well: what was read and written down outlives the agent.
        await agent.until_logged("link down")
        await agent.stop()
    server.acknowledging = True
    await server.open()
    async with running(config):
        await server.next(wire.Hello)
        await server.until(lambda: len([m for m in server.heard if isinstance(m, wire.Scan)]) == 3)
        scans = [message for message in server.heard if isinstance(message, wire.Scan)]
        assert [scan.barcode for scan in scans] == ["2", "3", "12"]
        assert len({scan.id for scan in [first, *scans]}) == 4
    await server.close()
