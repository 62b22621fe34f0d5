"""The same for whoever may less, and for nobody: what they are refused is in the document too."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.api.running import answers_as_documented
from tests.system.store import Store


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("who", ["manager", "shopper", None])
def test_answers_are_as_the_document_says(store: Store, who: str | None, tmp_path: Path) -> None:
    answers_as_documented(store, who, "examples,fuzzing,stateful", tmp_path)
