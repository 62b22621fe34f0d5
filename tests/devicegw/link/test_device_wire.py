"""The messages of the device link: closed, and errors that name the field."""

from __future__ import annotations

import json

import pytest

from devicegw import mqtt_wire, wire

AT = wire.utc(1_800_000_000.1239)

FROM_DEVICE = [
    wire.Hello(
        device_id="d",
        boot_id="b",
        firmware="1",
        buses=(wire.BusInfo(port="/dev/ttyUSB0", protocol="kerong", boards=(0, 1)),),
        slots=(wire.SlotState(slot=17, hook="closed", present=True, at=AT),),
    ),
    wire.Received(id="u"),
    wire.Result(seq=1, id="u", outcome="opened", detail=""),
    wire.Report(seq=2, slot=17, hook="open", present=False, at=AT),
    wire.Telemetry(seq=3, at=AT, data={"buses": []}),
    wire.FirmwareState(seq=5, rollout_id="r", state="failed", detail="No space."),
    wire.Scan(seq=4, trolley_id="TROLLEY_01", barcode="123"),
    wire.Heartbeat(),
]
FROM_SERVER = [
    wire.Welcome(desired=(wire.DesiredLock(slot=1, lock="closed"),), last_seq=9),
    wire.Command(id="u", slot=17, op="unlock", ttl_ms=10_000),
    wire.Firmware(
        rollout_id="r", version="2.0.1", url="https://x/f", size=9, sha256="ab" * 32, signature="c2ln"
    ),
    wire.FirmwareCancel(rollout_id="r"),
    wire.Ack(seq=3),
    wire.Problem(code="c", detail="d", seq=None),
    wire.Heartbeat(),
]


@pytest.mark.parametrize("message", FROM_DEVICE)
def test_what_a_device_says_survives_the_wire(message):
    assert wire.decode_from_device(wire.encode(message)) == message


@pytest.mark.parametrize("message", FROM_SERVER)
def test_what_a_server_says_survives_the_wire(message):
    assert wire.decode_from_server(wire.encode(message)) == message


def test_firmware_is_spoken_of_by_its_names():
    assert json.loads(wire.encode(FROM_DEVICE[5]))["type"] == "firmware_state"
    assert [json.loads(wire.encode(each))["type"] for each in FROM_SERVER[2:4]] == [
        "firmware",
        "firmware_cancel",
    ]
    with pytest.raises(wire.WireError, match="sha256"):
        wire.decode_from_server(wire.encode(FROM_SERVER[2]).replace("abab", "ABAB"))


def test_a_report_on_the_wire_is_what_the_contract_writes():
    assert json.loads(wire.encode(FROM_DEVICE[3])) == {
        "type": "report",
        "seq": 2,
        "slot": 17,
        "hook": "open",
        "present": False,
        "at": "2027-01-15T08:00:00.124000Z",
    }


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('{"type": "raport"}', "'raport' - at `$.type`"),
        ('{"type": "received", "id": "x", "colour": 1}', "`colour`"),
        ('{"type": "received", "id": 5}', "`$.id`"),
        ('{"type": "received"}', "`id`"),
        ('{"type": "report", "seq": 1, "slot": 1, "hook": "ajar", "present": true, "at": "x"}', "`$.hook`"),
        ('{"type": "scan", "seq": -1, "trolley_id": "T", "barcode": "1"}', "`$.seq`"),
        ('{"id": "x"}', "`type`"),
        ("[1]", "object"),
        ("{", "truncated"),
        (b"\xff\xfe", "JSON"),
        ("x" * (wire.MAX_MESSAGE + 1), "65536"),
    ],
)
def test_a_wrong_message_is_refused_with_what_is_wrong(text, named):
    with pytest.raises(wire.WireError, match=r".*") as caught:
        wire.decode_from_device(text)
    assert named in str(caught.value)


def test_the_number_of_a_refused_message_can_still_be_read():
    assert wire.seq_of('{"type": "raport", "seq": 7, "x": []}') == 7
    assert wire.seq_of('{"type": "received"}') is None
    assert wire.seq_of("{") is None


@pytest.mark.parametrize(("place", "slot"), [((0, 0, 0), 0), ((0, 2, 11), 0x2B), ((1, 15, 15), 0x1FF)])
def test_a_slot_is_bus_board_and_lock(place, slot):
    assert wire.slot_number(*place) == slot
    assert wire.slot_place(slot) == place


@pytest.mark.parametrize("data", ["[" * 30_000, '{"type":"scan","seq":7,"x":' + "[" * 30_000])
def test_a_message_nested_without_end_is_refused_like_any_other_nonsense(data):
    for decode in (wire.decode_from_device, wire.decode_from_server):
        with pytest.raises(wire.WireError):
            decode(data)
    assert wire.seq_of(data) is None
    assert mqtt_wire.type_of(data.encode()) == ""
