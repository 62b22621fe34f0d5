"""Snapshot and events of the topic ``chain:{slug}``."""

from __future__ import annotations

from realtime.views.base import View
from realtime.views.branch import CountersView


class ChainFacts(View, frozen=True):
    """What is known of a chain."""

    slug: str
    name: str
    currency: str


class BranchInChain(View, frozen=True):
    """A branch in its chain's overview."""

    code: str
    name: str
    counters: CountersView


class ChainSnapshot(View, frozen=True):
    """The chain and its branches."""

    chain: ChainFacts
    branches: tuple[BranchInChain, ...]


class BranchNoted(View, frozen=True):
    """The counters of a branch have changed."""

    code: str
    counters: CountersView


Event = BranchNoted
