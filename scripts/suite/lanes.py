"""Which lane runs which file of tests next.

A lane keeps to its room (a folder of tests) while there is work in it, for what a room shares, such
as a store and a browser, is made once by each lane that enters it. A free lane enters the room with
the most work left that nobody is in; long files come first, so that no lane is left alone with one
at the end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from xdist.scheduler import LoadScopeScheduling

from scripts.suite.durations import UNKNOWN_S

LONG_S = 15.0
"""A file that takes longer comes in the order of its length; the others come as they were shuffled."""


_AHEAD = 3
"""A lane runs a test only when it knows the next; with fewer ahead it gets another file."""


def file_of(test: str) -> str:
    """The file of a test's id."""
    return test.partition("::")[0]


def room_of(file: str) -> str:
    """The folder whose tests share what is costly: ``tests/<room>``."""
    return "/".join(file.split("/")[:2])


def choose(waiting: Sequence[str], durations: Mapping[str, float], own: str | None, taken: set[str]) -> str:
    """The file that a lane in room ``own`` runs next, while others are in the rooms ``taken``."""
    left: dict[str, float] = {}
    for file in waiting:
        left[room_of(file)] = left.get(room_of(file), 0.0) + durations.get(file, UNKNOWN_S)
    room = own if own in left else max(left, key=lambda name: (name not in taken, left[name]))
    inside = [file for file in waiting if room_of(file) == room]
    longest = max(inside, key=lambda file: durations.get(file, UNKNOWN_S))
    return longest if durations.get(longest, UNKNOWN_S) > LONG_S else inside[0]


class Lanes(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """xdist's scheduler by files, with an order of our own, and a crash that costs one test."""

    def __init__(self, config: Any, log: Any, durations: Mapping[str, float]) -> None:
        super().__init__(config, log)
        config.option.loadscopereorder = False
        self._durations = durations
        self._rooms: dict[Any, str] = {}

    def _split_scope(self, nodeid: str) -> str:
        return file_of(nodeid)

    def _assign_work_unit(self, node: Any) -> None:
        taken = {room for other, room in self._rooms.items() if other is not node}
        file = choose(list(self.workqueue), self._durations, self._rooms.get(node), taken)
        self._rooms[node] = room_of(file)
        self.workqueue.move_to_end(file, last=False)
        super()._assign_work_unit(node)

    def _reschedule(self, node: Any) -> None:
        """Give a lane so much that it always knows what comes next, or tell it that nothing does."""
        if node.shutting_down:
            return
        while self.workqueue and self._pending_of(self.assigned_work[node]) < _AHEAD:
            self._assign_work_unit(node)
        if not self.workqueue:
            node.shutdown()

    def remove_node(self, node: Any) -> str | None:
        """Return the test that crashed a lane; it counts as run, or it would crash the next lane too."""
        self._rooms.pop(node, None)
        units = self.assigned_work.pop(node)
        crashed = next((test for unit in units.values() for test, done in unit.items() if not done), None)
        if crashed is not None:
            units[file_of(crashed)][crashed] = True
        self.workqueue.update({file: unit for file, unit in units.items() if not all(unit.values())})
        for other in self.assigned_work:
            self._reschedule(other)
        return crashed
