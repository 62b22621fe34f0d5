"""What the runs of schemathesis check and do besides what it brings: loaded by it as its hooks."""

from __future__ import annotations

from collections import Counter
from typing import Any

import schemathesis

from core.wire.json import LONGEST_NUMBER

REFUSALS = "x-refusals"


@schemathesis.check
def refusals_are_declared(ctx: Any, response: Any, case: Any) -> None:
    """A well-formed request is refused with a 400 only by a code that the operation lists.

    schemathesis' own check knows statuses alone, and here a 400 may be a rule of the shop (an empty
    cart, a name that is taken).
    """
    meta = case.meta
    if response.status_code != 400 or meta is None or not meta.generation.mode.is_positive:
        return
    told = case.operation.definition.raw.get(REFUSALS, [])
    problem = response.json()
    if problem["code"] == "invalid_json" and f"at most {LONGEST_NUMBER} characters" in problem["detail"]:
        return  # JSON Schema has no word for how many digits a number is read with
    assert problem["code"] in told, f"refused: {problem['code']}: {problem['detail']}; listed: {told}"


_tried: Counter[tuple[object, ...]] = Counter()
_OF_A_KIND = 1


@schemathesis.hook
def filter_case(context: Any, case: Any) -> bool:
    """Try each limit of each field of each operation, but not five wrong types in place of one.

    Of the coverage phase's cases that say the same of the same field of an operation one is enough: half of
    them go, no field, limit or check does.
    """
    data = case.meta.phase.data if case.meta is not None else None
    scenario = getattr(data, "scenario", None)
    if scenario is None:
        return True
    label = case.operation.label
    kind = (label, scenario, data.parameter_location, data.parameter, data.description, data.location)
    _tried[kind] += 1
    return _tried[kind] <= _OF_A_KIND


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    """Write whole numbers without a fraction.

    To JSON Schema 1.0 is a whole number; here an amount of things that is written as a fraction is
    refused as mistyped.
    """
    if isinstance(case.body, dict | list):
        case.body = _whole(case.body)


def _whole(value: Any) -> Any:
    match value:
        case dict():
            return {name: _whole(each) for name, each in value.items()}
        case list():
            return [_whole(each) for each in value]
        case float() if value.is_integer():
            return int(value)
        case float() if abs(value) < _SMALLEST:
            return 0
    return value


_SMALLEST = 1e-300
"""Below is what no JSON reader is bound to keep (RFC 8259, section 6)."""
