"""Frames: closed schemas, and errors that name what is wrong."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from realtime import wire
from realtime.commands.table import FRAMES, TABLE
from realtime.problems import Problem
from realtime.sockets.people import FIELDS, read


@pytest.mark.parametrize(
    ("text", "code", "field"),
    [
        ("{", "invalid_json", None),
        ("not json", "invalid_json", None),
        ("[1]", "invalid_message", None),
        ('{"id":"a"}', "missing_field", "type"),
        ('{"id":"a","type":"cart.steal"}', "unknown_type", "type"),
        ('{"type":"cart.clear"}', "missing_field", "id"),
        ('{"id":1,"type":"cart.clear"}', "invalid_field", "id"),
        ('{"id":"","type":"cart.clear"}', "invalid_field", "id"),
        ('{"id":"trolley/1:2","type":"cart.clear"}', "invalid_field", "id"),
        ('{"id":"a","type":"cart.clear","all":true}', "unknown_field", "all"),
        ('{"id":"a","type":"cart.remove"}', "missing_field", "item_id"),
        ('{"id":"a","type":"cart.set_quantity","item_id":"x","quantity":"3"}', "invalid_field", "quantity"),
        ('{"id":"a","type":"cart.add","barcode":"1","quantity":0}', "invalid_field", "quantity"),
        ('{"id":"a","type":"cart.add","barcode":"1","quantity":1000}', "invalid_field", "quantity"),
        ('{"id":"a","type":"session.end","session_id":"s","outcome":"stolen"}', "invalid_field", "outcome"),
        ('{"id":"a","type":"subscribe","topic":"cart","offset":-1}', "invalid_field", "offset"),
    ],
)
def test_a_wrong_frame_is_refused_by_the_name_of_what_is_wrong(
    text: str, code: str, field: str | None
) -> None:
    with pytest.raises(msgspec.DecodeError) as raised:
        read(text)
    problem = wire.decode_problem(raised.value)
    assert (problem.status, problem.code) == (400, code)
    assert problem.extra.get("errors", {}).keys() == ({field} if field else set())


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"id":"a","type":"cart.add","barcode":"1","quantity":1000}', ("max_value", {"limit_value": 999})),
        ('{"id":"a","type":"cart.add","barcode":"1","quantity":0}', ("min_value", {"limit_value": 1})),
        ('{"id":"a","type":"cart.add","barcode":"1","quantity":"3"}', ("wrong_type", {"got": "str"})),
        ('{"id":"","type":"cart.clear"}', ("min_length", {"limit_value": 1})),
        ('{"id":"a","type":"session.end","session_id":"s","outcome":"stolen"}', ("invalid_choice", {})),
        ('{"id":"a","type":"cart.remove"}', ("missing_field", {})),
    ],
)
def test_what_is_wrong_with_a_field_is_told_by_a_code_and_the_values_in_it(
    text: str, why: tuple[str, dict[str, object]]
) -> None:
    with pytest.raises(msgspec.DecodeError) as raised:
        read(text)
    ((told,),) = wire.decode_problem(raised.value).extra["error_codes"].values()
    assert (told["code"], told["values"]) == why


def test_an_unknown_field_is_refused_with_those_that_are_known() -> None:
    text = '{"id":"a","type":"cart.clear","all":true}'
    with pytest.raises(msgspec.DecodeError) as raised:
        read(text)
    problem = wire.decode_problem(raised.value, FIELDS.get(wire.head_of(text).type))
    assert problem.extra["errors"] == {"all": ["This field is not known. Expected: id, type."]}


def test_null_for_an_optional_field_is_the_same_as_leaving_it_out() -> None:
    given = read('{"id":"a","type":"cart.add","barcode":"1","quantity":null,"session_id":null}')
    assert given == read('{"id":"a","type":"cart.add","barcode":"1"}')


def test_money_keeps_its_digits_on_the_wire() -> None:
    assert wire.encode({"price": Decimal("500.00")}) == b'{"price":500.00}'


def test_times_are_utc_with_milliseconds() -> None:
    assert wire.rfc3339(1_767_225_600.5) == "2026-01-01T00:00:00.500Z"
    assert wire.maybe_time(None) is None


def test_the_id_is_found_in_a_frame_that_is_otherwise_wrong() -> None:
    assert wire.head_of('{"id":"a","type":"nope","x":[1]}') == wire.FrameHead("a", "nope")
    assert wire.head_of('{"id":7,"type":"nope"}') == wire.head_of("{") == wire.FrameHead()


def test_every_command_of_the_table_has_a_name_of_its_own_and_one_frame() -> None:
    names = [command.name for command in TABLE]
    assert len(set(names)) == len(names)
    assert len(FRAMES) == sum(command.socket for command in TABLE)


TEXTS = ("reason", "note", "notes", "words")
WRITTEN = [
    pytest.param(row.body, name, id=f"{row.name} {name}")
    for row in TABLE
    for name in row.body.__struct_fields__
    if name in TEXTS
]


def written(kind: type[wire.Body], name: str, text: str) -> str:
    """Return the text as a command of that kind keeps it."""
    read = wire.body_reader(kind)
    assert read is not None
    ids = dict.fromkeys(wire.id_fields(kind), "0b6ff4ac-6d5c-4a3e-9c5a-1d2f3a4b5c6d")
    body = kind(**{**dict.fromkeys(kind.__struct_fields__, "1"), **ids, name: text})
    read(body)
    kept: str = getattr(body, name)
    return kept


@pytest.mark.parametrize(("kind", "name"), WRITTEN)
def test_what_people_write_is_kept_in_one_form_whatever_the_command(kind: type[wire.Body], name: str) -> None:
    assert written(kind, name, " Cafe\u0301\u00a0 au\u200b lait ") == "Caf\u00e9 au lait"
    for wrong in ("a\u202eb", "a\x00b", "a\x1b[31m", "a\u2028b", "a\tb"):
        with pytest.raises(Problem) as refused:
            written(kind, name, wrong)
        assert refused.value.document()["errors"][name][0].startswith("Expected one line of visible text")


def test_only_a_note_on_a_rental_has_several_lines() -> None:
    kinds = {row.name: row.body for row in TABLE}
    assert written(kinds["rental.change"], "notes", "one \r\n two\u0301\n") == "one\ntw\u00f3"
    with pytest.raises(Problem):
        written(kinds["trolley.maintenance"], "notes", "one\ntwo")
