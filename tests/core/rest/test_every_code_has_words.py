"""Whatever the server can refuse, pages say in every language that they are in."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rest_framework import serializers

from core import problems
from core.rest.fields import ClosedSerializer, CodedErrors, Money, StrictText
from realtime.commands.table import TABLE
from realtime.server import Server
from tests.core.support import Api, World

ROOT = Path(__file__).resolve().parents[3]
LANGUAGES = ("en", "he")
_PLACES = {
    "Problem": 1,
    "refuse": 1,
    "rule": 0,
    "not_found": 0,
    "told": 1,
    "ErrorDetail": 1,
    "ValidationError": 1,
    "CellRefused": 1,
    "_problem": 2,
    "SheetRow": 3,
    "BarcodeError": 0,
}
"""Where calls that refuse have their code."""
_FIELDS = frozenset(_PLACES) - {"Problem", "refuse", "not_found"}
_CODE = re.compile(r"[a-z][a-z0-9_]*")


def words(language: str) -> set[str]:
    text = (ROOT / f"frontend_static/i18n/{language}.js").read_text(encoding="utf-8")
    return set(re.findall(r'^  "?([\w.]+)"?:', text, re.M))


def _refusals() -> Iterator[tuple[str, str]]:
    """Yield how each refusal in the server's source is called, and its code."""
    for floor in ("actors", "core", "realtime"):
        for file in (ROOT / floor).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call):
                    name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                    place = _PLACES.get(name)
                    given = [] if place is None else node.args[place : place + 1]
                    given += [each.value for each in node.keywords if each.arg == "code"]
                    for part in (inner for each in given for inner in ast.walk(each)):
                        if isinstance(part, ast.Constant) and _CODE.fullmatch(str(part.value)):
                            yield name, str(part.value)


@functools.cache
def all_refusals() -> set[str]:
    found = {code for name, code in _refusals() if name in ("Problem", "refuse", "not_found", "invalid")}
    return (
        found
        | set(problems._CODES.values())
        | problems.RULES
        | {code for row in TABLE for code in row.refusals}
    )


@functools.cache
def all_field_codes() -> set[str]:
    found = {code for name, code in _refusals() if name in _FIELDS}
    return found | problems.RULES | {code for body in _bodies(ClosedSerializer) for code in _codes(body())}


def _bodies(kind: type[ClosedSerializer]) -> Iterator[type[ClosedSerializer]]:
    for each in kind.__subclasses__():
        yield each
        yield from _bodies(each)


def _codes(field: Any) -> Iterator[str]:
    yield from (code for code in field.error_messages if code != "bad_format")
    yield from (each.code for each in field.validators if isinstance(getattr(each, "code", None), str))
    for part in (*getattr(field, "fields", {}).values(), *filter(None, [getattr(field, "child", None)])):
        yield from _codes(part)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_refusal_has_its_words(language: str) -> None:
    assert len(all_refusals()) > 150
    assert all_refusals() - {key.removeprefix("problem.") for key in words(language)} == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_error_in_a_field_has_its_words(language: str) -> None:
    assert Server is not None  # every app and command is loaded, and with them every body
    assert len(all_field_codes()) > 30
    assert all_field_codes() - {key.removeprefix("field.") for key in words(language)} == set()


class Priced(ClosedSerializer):
    """A body such as those of the API."""

    name = StrictText(max_length=3)
    price = Money(max_digits=6, decimal_places=2, min_value=2)


@pytest.mark.parametrize(
    ("name", "value", "code", "values"),
    [
        ("name", "long", "max_length", {"limit_value": 3}),
        ("name", "", "blank", {}),
        ("name", 5, "wrong_type", {}),
        ("name", None, "null", {}),
        ("price", "1.50", "min_value", {"limit_value": 2}),
        ("price", "5.001", "too_many_digits", {"max_decimal_places": 2}),
        ("price", "50000.01", "too_many_digits", {"max_digits": 6}),
        ("price", "five", "invalid_amount", {}),
        ("colour", "red", "unknown_field", {}),
    ],
)
def test_an_error_tells_its_code_and_its_values(
    name: str, value: Any, code: str, values: dict[str, Any]
) -> None:
    body = Priced(data={"name": "Tea", "price": "5", name: value})
    with pytest.raises(serializers.ValidationError) as refused:
        body.is_valid(raise_exception=True)
    assert problems.error_codes(refused.value.detail)[name] == [{"code": code, "values": values}]
    assert issubclass(StrictText, CodedErrors)


def test_a_problem_has_the_codes_beside_the_sentences(world: World, people: Any) -> None:
    answer = Api(people["manager"]).post("/api/products", {"barcode": "77", "name": "Tea", "price": "1.005"})
    assert (answer.status_code, answer.json()["code"]) == (400, "too_many_digits")
    assert answer.json()["errors"]["price"] == ["INR has 2 decimals, got 1.005."]
    told = {"code": "too_many_digits", "values": {"currency": "INR", "max_decimal_places": 2}}
    assert answer.json()["error_codes"]["price"] == [told]
