"""Letting Daphne keep to the limits: its own command line is how many start it."""

from __future__ import annotations

import sys
from typing import Any


def install() -> None:
    """Let Daphne serve with limits, if this is a process of Daphne's; called as the application is made."""
    module: Any = sys.modules.get("daphne.server")
    if module is not None and not getattr(module.HTTPFactory, "limited", False):
        from realtime.limits.twisted_protocol import LimitedFactory

        module.HTTPFactory = LimitedFactory
