"""The Pi's process, composed of the other folders' parts."""

from __future__ import annotations


def main(argv: list[str] | None = None) -> int:
    """Run the agent; return its exit status.

    Every version of this software has this function: an installed one starts another by it.
    """
    from devicegw.agent import process

    return process.main(argv)
