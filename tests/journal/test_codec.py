"""Messages as bytes: exact, named, versioned, and readable for ever."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from actors import cart, trolley
from actors.kit.decider import Refusal
from actors.messages.cart import AddItem, ItemPut
from actors.messages.trolley import Claim, SignOfLife
from core.entities import ENTITIES
from core.journal.codec import JsonCodec, UnknownEvent
from tests.journal.examples import EXAMPLES, GOLDEN, Golden, GoldenState, golden_states, schema_of
from tests.journal.shop import Shop, offer, ref, user

CURRENT = [
    (entity.name, name, version)
    for entity in ENTITIES.values()
    for name, version, _ in entity.codec.schemas()
]
FILES = sorted(path.name for path in GOLDEN.glob("*.json"))


def golden(file: str) -> Golden:
    """Return a golden file."""
    return msgspec.json.decode((GOLDEN / file).read_bytes(), type=Golden)


def without_nulls(data: bytes) -> Any:
    """Return what was written without the fields that hold nothing, which may as well be left out."""

    def some(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: some(each) for key, each in value.items() if each is not None}
        return [some(each) for each in value] if isinstance(value, list) else value

    return some(msgspec.json.decode(data))


@pytest.mark.parametrize(("entity", "name", "version"), CURRENT)
def test_every_version_of_every_event_has_its_golden_file(entity: str, name: str, version: int) -> None:
    for each in range(1, version + 1):
        path = GOLDEN / f"{name}.v{each}.json"
        assert path.exists(), f"no {path.name}: add an example and run python -m tests.journal.examples"
        assert golden(path.name).entity == entity


@pytest.mark.parametrize(("entity", "name", "version"), CURRENT)
def test_a_changed_schema_has_a_higher_version(entity: str, name: str, version: int) -> None:
    released = golden(f"{name}.v{version}.json")
    assert schema_of(ENTITIES[entity].codec, name) == released.schema, (
        f"{name} version {version} is released; a changed event needs version {version + 1} and an upcaster"
    )


@pytest.mark.parametrize("file", FILES)
def test_what_was_ever_released_can_still_be_read(file: str) -> None:
    was = golden(file)
    assert file == f"{was.name}.v{was.version}.json"
    codec = ENTITIES[was.entity].codec
    event = codec.decode_event(was.name, was.version, bytes(was.data))
    name, version = codec.event_name(event)
    assert name == codec.name_today(was.name)
    if version == was.version:
        data = codec.encode_event(event)
        recorded = {**without_nulls(bytes(was.data)), "type": name}
        assert without_nulls(data) == recorded
        assert codec.decode_event(name, version, data) == event


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: type(example).__name__)
def test_an_event_comes_back_as_it_went(example: Any) -> None:
    [codec] = [entity.codec for entity in ENTITIES.values() if type(example) in entity.codec.events]
    name, version = codec.event_name(example)
    assert codec.decode_event(name, version, codec.encode_event(example)) == example


def test_decimals_keep_their_digits() -> None:
    shop = Shop()
    decision = shop.send("cart", user(1), AddItem(offer(1, "500.00"), 10))
    codec = ENTITIES["cart"].codec
    data = codec.encode_event(decision.events[0])
    assert b'"unit_price":500.00,"line_total":5000.00' in data
    total = codec.decode_event("ItemAdded", 1, data).line.line_total
    assert (total, str(total)) == (Decimal(5000), "5000.00")


def test_an_unknown_event_raises() -> None:
    codec = ENTITIES["cart"].codec
    with pytest.raises(UnknownEvent, match="got Vanished version 1"):
        codec.decode_event("Vanished", 1, b"{}")
    with pytest.raises(UnknownEvent, match="got ItemAdded version 5"):
        codec.decode_event("ItemAdded", 5, b"{}")
    with pytest.raises(UnknownEvent, match="SignOfLife"):
        codec.event_name(SignOfLife())


def test_an_event_that_had_another_name_is_read_under_both() -> None:
    codec = ENTITIES["trolley"].codec
    was = golden("UnlockOrdered.v1.json")
    event = codec.decode_event("UnlockOrdered", 1, bytes(was.data))
    name, version = codec.event_name(event)
    assert name == "UnlockRequested"
    assert codec.decode_event("UnlockRequested", version, codec.encode_event(event)) == event
    assert codec.name_today("UnlockRequested") == "UnlockRequested"


@pytest.mark.parametrize("renamed", [{"Weighed": "Weighed"}, {"Measured": "Counted"}])
def test_a_name_of_old_stands_for_one_of_today(renamed: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="expected names of old"):
        scale_codec(renamed=renamed)


# --- versions -------------------------------------------------------------------


class Weighed(msgspec.Struct, frozen=True, tag="Weighed"):
    """An event that has had three versions: pounds; grams; grams with a scale."""

    grams: Decimal
    scale: str


class Scale(msgspec.Struct, frozen=True):
    """A state."""

    key: str


UPCASTERS = {
    ("Weighed", 1): lambda fields: {"grams": fields["pounds"] * Decimal("453.59237")},
    ("Weighed", 2): lambda fields: {**fields, "scale": "main"},
}


def scale_codec(**changes: Any) -> JsonCodec[Scale]:
    """Return a codec of one event with three versions."""
    kwargs: dict[str, Any] = {
        "events": Weighed,
        "answers": ItemPut,
        "state": Scale,
        "state_version": 1,
        "versions": {"Weighed": 3},
        "upcasters": UPCASTERS,
    }
    return JsonCodec(**{**kwargs, **changes})


def test_an_old_event_passes_every_upcaster_and_stays_exact() -> None:
    codec = scale_codec()
    assert codec.decode_event("Weighed", 1, b'{"pounds":2.50}') == Weighed(Decimal("1133.9809250"), "main")
    assert codec.decode_event("Weighed", 2, b'{"grams":0.1}') == Weighed(Decimal("0.1"), "main")
    assert codec.event_name(Weighed(Decimal(1), "x")) == ("Weighed", 3)


@pytest.mark.parametrize("upcasters", [{}, {("Weighed", 1): dict}, {**UPCASTERS, ("Weighed", 3): dict}])
def test_a_codec_wants_one_upcaster_for_each_old_version(upcasters: Any) -> None:
    with pytest.raises(ValueError, match="one upcaster for each old version"):
        scale_codec(upcasters=upcasters)


def test_a_codec_knows_no_version_of_an_event_it_does_not_have() -> None:
    with pytest.raises(ValueError, match="versions of known events"):
        scale_codec(versions={"Waved": 2})


# --- state, answers, fingerprints -------------------------------------------------


@pytest.mark.parametrize(
    ("path", "state"), list(golden_states()), ids=lambda each: getattr(each, "entity", "")
)
def test_a_changed_state_has_a_higher_version(path: Path, state: GoldenState) -> None:
    assert path.exists(), f"no {path.name}: run python -m tests.journal.examples"
    released = msgspec.json.decode(path.read_bytes(), type=GoldenState)
    assert state.schema == released.schema, (
        f"the {state.entity}'s state changed: snapshots of version {state.version} do not fit any more,"
        " so raise its state_version in core/entities.py"
    )


def test_a_snapshot_of_another_version_is_ignored() -> None:
    codec = ENTITIES["cart"].codec
    state = cart.State(user(1))
    assert codec.decode_state(codec.encode_state(state), codec.state_version) == state
    assert codec.decode_state(b"anything", codec.state_version + 1) is None


def test_a_snapshot_leaves_out_what_is_in_memory_only() -> None:
    codec = ENTITIES["trolley"].codec
    state = trolley.State("TROLLEY_01", heard_at=5.0, joiners=("a",))
    assert codec.decode_state(codec.encode_state(state), codec.state_version) == trolley.State("TROLLEY_01")


def test_answers_and_refusals_come_back_as_they_went() -> None:
    codec = ENTITIES["cart"].codec
    refusal = Refusal(409, "session_ended", "This session is over.", {"session_id": "s"})
    assert codec.decode_answer(codec.encode_answer(refusal)) == refusal
    answer = Shop().send("cart", user(1), AddItem(offer(1), 2)).answer
    assert codec.decode_answer(codec.encode_answer(answer)) == answer


def test_a_fingerprint_is_of_what_the_sender_said_and_the_same_everywhere() -> None:
    codec = ENTITIES["cart"].codec
    first = codec.fingerprint(AddItem(offer(1, "10.00"), 1, None, "line-1"))
    assert first == 1_659_594_832
    assert codec.fingerprint(AddItem(offer(1, "12.00"), 1, None, "line-2")) == first
    assert codec.fingerprint(AddItem(offer(1, "10.00"), 2, None, "line-1")) != first
    assert codec.fingerprint(AddItem(offer(2, "10.00"), 1, None, "line-1")) != first
    trolleys = ENTITIES["trolley"].codec
    claim = trolleys.fingerprint(Claim(ref=ref(1), user_id=user(1), session_id="session-1"))
    assert trolleys.fingerprint(Claim(ref=ref(1), user_id=user(1), session_id="session-2")) == claim
    assert trolleys.fingerprint(Claim(ref=ref(1), user_id=user(2), session_id="session-1")) != claim
