"""Reading what strangers send: JSON, ids, secrets."""

from __future__ import annotations

import json
import uuid
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.rest.fields import local_moment, moment, rfc3339
from core.wire import ids, secrets
from core.wire.json import DEEPEST, InvalidJSON, check, decode

BAD = [
    (b"", "Expecting value"),
    (b"{", "Expecting property name"),
    (b'{"a":1} x', "Extra data"),
    (b"\xff", "UTF-8"),
    (b'{"a":"\xed\xa0\x80"}', "UTF-8"),
    (b"\xef\xbb\xbf{}", "BOM"),
    ('{"a":1}'.encode("utf-16"), "UTF-8"),
    (b'{"a":NaN}', "NaN"),
    (b'{"a":-Infinity}', "-Infinity"),
    (b'{"a":' + b"1" * 1_000_000 + b"}", "at most 64 characters, got 1000000"),
    (b'{"a":0.' + b"1" * 1_000_000 + b"}", "at most 64 characters"),
    (b'{"a":1e999999999}', "below 1e308, got 1e999999999"),
    (b'{"a":1,"b":2,"a":3}', "a: expected once"),
    (b'{"c":[{"a":1,"\\u0061":3}]}', "a: expected once"),
    (b'{"a":"\\ud800"}', "a: expected Unicode text, got the lone surrogate d800"),
    (b'{"a":["x",{"b":"\\udc00\\ud800"}]}', "a[1].b: expected Unicode"),
    (b'{"\\ud800":1}', "A name: expected Unicode"),
    (b'{"a":"x\\u0000y"}', "a: expected text without NUL"),
    (b'{"a":{"\\u0000":1}}', "a name in a: expected text without NUL"),
    (b'"\\u0000"', "The text: expected text without NUL"),
    (b'{"a":"x\ty"}', "control character"),
    (b"[" * 100_000 + b"]" * 100_000, "at most 32 levels"),
    (b'{"a":' * 9_000 + b"1" + b"}" * 9_000, "at most 32 levels"),
    (b"[" * 1_000_000, "at most 32 levels"),
]


@pytest.mark.parametrize(("data", "why"), BAD, ids=range(len(BAD)))
def test_what_is_no_json_of_ours_is_refused_and_said_why(data: bytes, why: str) -> None:
    for read in (decode, check):
        with pytest.raises(InvalidJSON) as raised:
            read(data)
        assert why in str(raised.value)
        assert len(str(raised.value)) < 300
        str(raised.value).encode()


def test_it_is_caught_like_every_error_of_decoding() -> None:
    assert issubclass(InvalidJSON, msgspec.DecodeError)


def test_brackets_in_text_are_no_levels() -> None:
    text = '[{"' * 100 + '\\"'
    assert decode(json.dumps({"a": text}).encode()) == {"a": text}
    deep = b"[" * DEEPEST + b"]" * DEEPEST
    check(deep)
    assert decode(b"[" + b"[]," * 1000 + b"[]]") == [[]] * 1001


def test_a_megabyte_of_open_quotes_is_looked_at_once() -> None:
    for data in (
        b'"\\' * 500_000,
        b'[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["' + b'\\"' * 500_000,
        b'[{"' * 300_000,
    ):
        with pytest.raises(InvalidJSON):
            decode(data)


def test_numbers_keep_their_digits() -> None:
    value = decode(b'{"a":500.00,"b":1e2,"c":12345678901234567890}')
    assert [str(each) for each in value.values()] == ["500.00", "1E+2", "12345678901234567890"]
    assert isinstance(value["a"], Decimal)


_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.text(st.characters(codec="utf-8", exclude_characters="\0")),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=20,
)


@given(_values, st.booleans())
def test_whatever_is_json_is_read_as_it_was_written(value: Any, plain: bool) -> None:
    data = json.dumps(value, ensure_ascii=plain).encode()
    if "\0" in json.dumps(value, ensure_ascii=False) or b"\\u0000" in data:
        return
    check(data)
    assert decode(data) == value


@given(st.binary(max_size=60) | st.text('{}[]":,\\u0d8e+-1 ', max_size=60).map(str.encode))
def test_any_bytes_are_json_or_refused_alike_by_both(data: bytes) -> None:
    outcomes = []
    for read in (decode, check):
        try:
            read(data)
            outcomes.append("taken")
        except InvalidJSON as error:
            outcomes.append(str(error))
    assert outcomes[0] == outcomes[1]


def test_an_id_is_read_as_rfc_9562_writes_it() -> None:
    one = uuid.uuid4()
    assert ids.parse(str(one)) == ids.parse(str(one).upper()) == one
    assert ids.canonical(str(one).upper()) == str(one)


@pytest.mark.parametrize(
    "text", ["", "abc", "{id}", "urn:uuid:{id}", "{hex}", "{id} ", "x{id}", "null,null", "\ud800"]
)
def test_everything_else_is_no_id(text: str) -> None:
    one = uuid.uuid4()
    with pytest.raises(ids.InvalidId, match="Expected an id") as raised:
        ids.parse(
            text.replace("{id}", str(one)).replace("{hex}", one.hex) if text != "{id}" else f"{{{one}}}"
        )
    str(raised.value).encode()


def test_secrets_of_any_text_are_compared() -> None:
    assert secrets.same("é", "é")
    assert secrets.same(b"abc", "abc")
    assert not secrets.same("é", "e")
    assert not secrets.same("\udce9", "abc")
    assert not secrets.same("", "abc")


@pytest.mark.parametrize(
    ("given", "utc"),
    [
        ("2026-01-31T12:00:00Z", "2026-01-31T12:00:00.000Z"),
        ("2026-01-31t23:59:60.5+05:30", "2026-01-31T18:29:59.500Z"),
        ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59.000Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z"),
    ],
)
def test_a_moment_is_read_as_rfc_3339_has_it(given: str, utc: str) -> None:
    assert rfc3339(moment(given)) == utc


@pytest.mark.parametrize(
    "given",
    [
        "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+00:01", "2026-02-30T00:00:00Z", "2026-01-01",
        "2026-01-01T00:00:00", "2026-01-01T24:00:00Z", "2026-01-01T00:00:00+24:00", "",
    ],
)  # fmt: skip
def test_what_is_no_moment_of_any_calendar_is_refused(given: str) -> None:
    with pytest.raises(ValueError, match="Expected a time such as"):
        moment(given)


def test_what_some_zone_cannot_show_is_refused_where_a_zone_shows_it() -> None:
    for text in ("9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z"):
        with pytest.raises(ValueError, match="Expected a time from 0001-01-02"):
            local_moment(text)
    assert rfc3339(local_moment("9999-12-30T01:00:00+02:00")) == "9999-12-29T23:00:00.000Z"
