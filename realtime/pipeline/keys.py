"""With which body a key was used, for commands that no cart keeps.

An entity knows by its id what it has carried out, but only what came to itself: a used key with the code of
another trolley, or of none, leads elsewhere. So the keys of this process's last commands are kept with what
they were given, and one that comes with another body is refused before anything of it is looked up.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from operator import attrgetter
from typing import Any

from realtime.pipeline.timed import Timed
from realtime.problems import key_reused
from realtime.wire import Body

_MOST = 50_000


class UsedKeys:
    """Key, in the scope of its giver and its command -> what the body said; the oldest goes first."""

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._said: OrderedDict[tuple[str, str], Any] = OrderedDict()

    def check(self, user_id: str, key: str, said: object) -> None:
        """Raise the 422 if the key was used with another body."""
        before = self._said.get((user_id, key), said)
        if before != said:
            raise key_reused()

    def note(self, user_id: str, key: str, said: object) -> None:
        """Keep what an actor is asked now under that key."""
        self._said[user_id, key] = said
        if len(self._said) > self._most:
            self._said.popitem(last=False)


def sayer(body: type[Body]) -> Callable[[Any], Any]:
    """Return what gives of such a body what a repeat must say too: all but when it was given."""
    names = [name for name in body.__struct_fields__ if name not in Timed.__struct_fields__]
    return attrgetter(*names) if names else _nothing


def _nothing(body: object) -> None:
    """Say nothing."""
