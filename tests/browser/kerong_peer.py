"""A KERONG lock board as its protocol describes it, on a pty; it shares no code with the product's own.

Requests are ``02 ADDR CMD 03 SUM`` with SUM the sum of the bytes before it mod 256 and ADDR =
board << 4 | lock. To 0x30 the board answers ``02 ADDR 35 hooks1-8 hooks9-16 ir1-8 ir9-16 03 SUM``; 0x31
pulses one lock and is answered by nothing, for nobody may trust that answer. A latch that was
pulsed stays open until a trolley is pushed in. Here a shut hook is bit 1, a trolley present bit 1.
"""

from __future__ import annotations

import os
import pty
import threading
import tty
from pathlib import Path

STX, ETX = 0x02, 0x03
STATUS, UNLOCK, ANSWER = 0x30, 0x31, 0x35
LOCKS = 16


class KerongBoard:
    """One board at one address, with trolleys in some of its slots."""

    def __init__(self, link: Path, address: int, trolleys: set[int]) -> None:
        self._address = address
        self._lock = threading.Lock()
        self.shut = set(range(LOCKS))
        self.present = set(trolleys)
        self.pulsed: list[int] = []
        """Every lock that was pulsed, in order."""
        self.asked = 0
        """Status requests answered."""
        self._line, self._far_end = pty.openpty()
        tty.setraw(self._far_end)
        link.symlink_to(os.ttyname(self._far_end))
        self._thread = threading.Thread(target=self._serve, name="kerong board", daemon=True)
        self._thread.start()

    def pull(self, lock: int) -> None:
        """Take the trolley out of an open latch."""
        with self._lock:
            assert lock not in self.shut, f"lock {lock} is shut"
            self.present.remove(lock)

    def push_in(self, lock: int) -> None:
        """Push a trolley in until it clicks."""
        with self._lock:
            self.present.add(lock)
            self.shut.add(lock)

    def close(self) -> None:
        """Unplug: the thread ends with the line."""
        os.write(self._far_end, b"\0")  # wakes the reader
        self._stopping = True
        os.write(self._far_end, b"\0")
        self._thread.join(10)
        os.close(self._far_end)
        os.close(self._line)

    _stopping = False

    def _serve(self) -> None:
        heard = b""
        while not self._stopping:
            heard += os.read(self._line, 256)
            while len(heard) >= 5:
                frame = heard[:5]
                if frame[0] == STX and frame[3] == ETX and frame[4] == sum(frame[:4]) % 256:
                    heard = heard[5:]
                    self._take(frame[1], frame[2])
                else:
                    heard = heard[1:]

    def _take(self, address: int, command: int) -> None:
        board, lock = address >> 4, address & 0x0F
        if board != self._address:
            return
        with self._lock:
            if command == UNLOCK:
                self.pulsed.append(lock)
                self.shut.discard(lock)
            elif command == STATUS:
                self.asked += 1
                os.write(self._line, self._status(address))

    def _status(self, address: int) -> bytes:
        hooks = sum(1 << lock for lock in self.shut)
        sensors = sum(1 << lock for lock in self.present)
        body = bytes([STX, address, ANSWER, hooks & 255, hooks >> 8, sensors & 255, sensors >> 8, ETX])
        return body + bytes([sum(body) % 256])
