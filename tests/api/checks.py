"""What the runs of schemathesis check and do besides what it brings: loaded by it as its hooks."""

from __future__ import annotations

from typing import Any

import schemathesis

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
    assert problem["code"] in told, f"refused: {problem['code']}: {problem['detail']}; listed: {told}"
