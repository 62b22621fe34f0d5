"""Why a value of a message does not fit: a code and its values, for pages that have words for them."""

from __future__ import annotations

import re
from typing import Any

_KINDS = (
    (re.compile(r"Expected `(?:str|bytes)` of length >= (?P<limit_value>\d+)"), "min_length"),
    (re.compile(r"Expected `(?:str|bytes)` of length <= (?P<limit_value>\d+)"), "max_length"),
    (re.compile(r"Expected `\w+` of length <= (?P<most>\d+)"), "too_many"),
    (re.compile(r"Expected `(?:int|float|decimal)` >= (?P<limit_value>-?[\d.]+)"), "min_value"),
    (re.compile(r"Expected `(?:int|float|decimal)` <= (?P<limit_value>-?[\d.]+)"), "max_value"),
    (re.compile(r"Invalid enum value"), "invalid_choice"),
    (re.compile(r"Expected `[^`]*`, got `(?P<got>[^`]*)`"), "wrong_type"),
)
"""Of msgspec's sentences, as its own tests have them: https://github.com/jcrist/msgspec."""


def reason(sentence: str) -> dict[str, Any]:
    """Return ``{"code", "values"}`` of a sentence of msgspec; ``unfit`` of one that is none of these."""
    for pattern, code in _KINDS:
        if match := pattern.match(sentence):
            return {"code": code, "values": {name: _number(text) for name, text in match.groupdict().items()}}
    return {"code": "unfit", "values": {}}


def _number(text: str) -> int | float | str:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
