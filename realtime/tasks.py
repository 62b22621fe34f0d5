"""Ending tasks for certain."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any


async def end(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel the tasks and wait until they have ended.

    Again and again: ``asyncio.wait_for``, which clients of services use, swallows a
    cancellation that meets a result (fixed in Python 3.12).
    """
    for task in tasks:
        while not task.done():
            task.cancel()
            await asyncio.wait((task,), timeout=0.2)
