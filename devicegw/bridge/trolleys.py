"""The topics of a branch's trolleys on the broker.

Below ``{prefix}/{chain}/{branch}/carts/{trolley}/``: ``unlock`` and ``lock`` take a TrolleyCommand,
``status`` holds a TrolleyStatus, retained.
"""

from __future__ import annotations


class TrolleyTopics:
    """The topics of one trolley."""

    def __init__(self, prefix: str, chain: str, branch: str, trolley_id: str) -> None:
        base = f"{prefix}/{chain}/{branch}/carts/{trolley_id}"
        self.status = f"{base}/status"
        self.unlock = f"{base}/unlock"
        self.lock = f"{base}/lock"
