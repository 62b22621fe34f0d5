"""A world per test, stopped at its end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.runtime.harness import World


@pytest.fixture
def make() -> Iterator[Callable[..., World]]:
    """Return a maker of worlds; all are stopped when the test is over."""
    made: list[World] = []

    def build(*args: Any, **options: Any) -> World:
        made.append(World(*args, **options))
        return made[-1]

    yield build
    for world in made:
        world.stop()


@pytest.fixture
def world(make: Callable[..., World]) -> World:
    """Return a world with the usual options."""
    return make()
