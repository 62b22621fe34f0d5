"""Messages that are acknowledged to the broker when they are dealt with, not when they have come.

Until then the broker keeps them, and brings them again to whoever takes up the session: so
nothing is lost with a process that is killed. Acknowledgements go out in the order in
which the messages came, as MQTT wants it (version 5, 4.6).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import aiomqtt


class Acknowledgements:
    """The open messages of one client; made before it connects."""

    def __init__(self, client: aiomqtt.Client) -> None:
        # The library acknowledges by itself; the one that it stands on can leave that to us.
        self._client = client._client
        self._client.manual_ack_set(True)
        self._open: dict[int, bool] = {}
        """Message id, and whether it is dealt with; oldest first."""

    def came(self, message: aiomqtt.Message) -> Callable[[], None]:
        """Note a message; return what is to be called when it is dealt with."""
        if message.qos:
            self._open[message.mid] = False
        return partial(self._dealt_with, message.mid)

    def _dealt_with(self, number: int) -> None:
        if number in self._open:
            self._open[number] = True
        for first, done in list(self._open.items()):
            if not done:
                return
            del self._open[first]
            self._client.ack(first, 1)

    def close(self) -> None:
        """The connection is over: what is open comes again on the next."""
        self._open.clear()
