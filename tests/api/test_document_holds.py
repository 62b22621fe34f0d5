"""The API does what its OpenAPI document says: schemathesis against a server, as who may do everything.

Coverage tries every limit of every field, thousands of requests; whoever may least is refused before any
field is looked at, so it is this one's alone. The others' run stands in a file of its own, for another lane.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.api.running import answers_as_documented
from tests.system.store import Store


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("phases", ["coverage", "examples,fuzzing,stateful"])
def test_answers_are_as_the_document_says(store: Store, phases: str, tmp_path: Path) -> None:
    answers_as_documented(store, "admin", phases, tmp_path)
