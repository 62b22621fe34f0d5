"""How an entity comes and goes: load, deadlines, parking, passivation, and loss."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from actors.runtime.address import Address
from actors.runtime.commands import Command
from actors.runtime.errors import Unavailable
from actors.runtime.kind import Kind, Publication
from actors.runtime.loader import Standing
from actors.runtime.mailbox import Note
from actors.runtime.pooled import ACTIVE, COLD, GONE, LOADING, PARKED
from actors.runtime.teller import Teller
from actors.runtime.timers import Call
from actors.runtime.writer import Chunk

if TYPE_CHECKING:
    from actors.runtime.engine import Engine

log = logging.getLogger("actors")

NO_STATE: Any = object()
DEFECTS_IN_A_ROW = 5
"""An address whose decider raises so often without one success between is parked."""
_FIRST_PARK_S = 1.0
_LONGEST_PARK_S = 60.0
_FIRST_RELOAD_S = 0.1
_STUCK_DEADLINE_S = 1.0
"""A deadline that its own message does not move is tried again after this long."""


class Due:
    """A deadline on its way through the timers. It names the address, so it keeps no entity in memory."""

    __slots__ = ("_address", "_engine", "_when")

    def __init__(self, engine: Engine, address: Address, when: float) -> None:
        self._engine = engine
        self._address = address
        self._when = when

    def run(self) -> None:
        """Bring the entity its time, waking it if need be."""
        entity = self._engine.entity(self._address)
        if entity.status in (COLD, LOADING):
            entity.schedule()
        else:
            entity.due(self._when)


class Life(Teller):
    """The part of an entity that is loaded, parked, passivated and lost."""

    __slots__ = (
        "armed", "commands", "deadline", "defects", "epoch", "fired", "forgot", "history", "holds", "losses",
        "seq", "shown", "snapshot_seq", "state", "tail",
    )  # fmt: skip

    def __init__(self, engine: Engine, kind: Kind, address: Address) -> None:
        super().__init__(engine, kind, address)
        self.state = NO_STATE
        self.seq = 0
        self.snapshot_seq = 0
        self.epoch = ""
        self.shown: int | None = None
        """Up to which seq its events were published, once it has been loaded; outlives a loss."""
        self.tail: Chunk | None = None
        """The last chunk that is not durable yet; what must wait for all commits waits for it."""
        self.commands: dict[str, Command] | None = None
        self.forgot = False
        """True if the journal may know commands that ``commands`` does not."""
        self.deadline: float | None = None
        self.armed: float | None = None
        """When the timers will call."""
        self.fired: float | None = None
        """The deadline whose message has just been sent."""
        self.defects = 0
        self.losses = 0
        """Incarnations lost since the last commit that succeeded."""
        self.holds = 0
        """Reasons from outside to stay in memory."""
        self.history: Any = None

    # --- coming --------------------------------------------------------------

    def not_ready(self) -> None:
        """Have a turn while not active."""
        if self.status == COLD:
            self.status = LOADING
            self.scheduled = True  # nobody need submit until the load is through
            self.used = self.engine.now()
            self.engine.load(self)
        elif self.status == PARKED:
            self.scheduled = False
            self.refuse_all(Unavailable(f"{self.address} is parked after repeated failures"))
        elif self.status == GONE:
            self.move_letters()

    def install(self, standing: Standing) -> None:
        """Stand up with what the loader brought."""
        now = self.engine.now()
        try:
            state = self.kind.awake(standing.state, now)
            self.deadline = self.kind.deadline(state)
        except Exception as error:  # noqa: BLE001 - logged there
            self.load_failed(error)
            return
        self.state = state
        self.seq = standing.seq
        self.snapshot_seq = standing.snapshot_seq
        self.told = standing.told
        self.commands = standing.commands
        self.forgot = standing.snapshot_seq > 0 or len(standing.commands or ()) >= self.kind.kept
        self.epoch = self.engine.stream_epoch if self.kind.durable else self.engine.fresh_epoch()
        if self.woken is False:
            self.woken = self.engine.was_woken(self.address)
        self.defects = 0
        self.shown = standing.seq
        self.status = ACTIVE
        self.fired = self.armed = None
        self.arm(now)
        if standing.missed:
            missed = tuple(standing.missed)
            self.engine.publish(Publication(self.address, self.epoch, standing.state, missed))
        for seq, tells in standing.tells:
            self.expect(seq, tells)
        self.send(standing.tells, hints=False)
        self.engine.came(self)
        self.run()

    def load_failed(self, error: BaseException) -> None:
        """Nothing can be answered; try again after a while, by itself: there may be a deadline in it."""
        log.error("%s cannot be loaded", self.address, exc_info=error)
        self.defects += 1
        self.park(f"cannot be loaded: {error}")

    # --- deadlines -----------------------------------------------------------

    def arm(self, now: float) -> None:
        """See to it that the timers call at the deadline; one that moved away is looked at when it fires."""
        when = self.deadline
        if when is None:
            self.fired = None
            return
        if when <= now and when == self.fired:
            when = now + _STUCK_DEADLINE_S
        self.fired = None
        if self.armed is None or when < self.armed:
            self.armed = when
            self.engine.timers.at(when, Due(self.engine, self.address, when))

    def due(self, when: float) -> None:
        """A deadline's time has come, unless it has moved meanwhile."""
        if self.armed != when or self.status != ACTIVE:
            return
        self.armed = None
        now = self.engine.now()
        if self.deadline is not None and self.deadline <= now:
            self.fired = self.deadline
            self.mailbox.append(Note(self.kind.on_deadline, None, str(self.address)))
            self.schedule()
        else:
            self.arm(now)

    # --- going ---------------------------------------------------------------

    def park(self, why: str) -> None:
        """Refuse everything for a while, growing with each failure."""
        wait = min(_FIRST_PARK_S * 2.0 ** max(0, self.defects - DEFECTS_IN_A_ROW), _LONGEST_PARK_S)
        self.status = PARKED
        self.engine.alarm(self.address, f"parked for {wait:.0f} s: {why}")
        self.engine.timers.at(self.engine.now() + wait, Call(self.unpark))
        self.not_ready()

    def unpark(self) -> None:
        """Try again."""
        if self.status != PARKED:
            return
        if self.state is NO_STATE:
            self.status = COLD
            self.schedule()
        else:
            self.status = ACTIVE
            self.arm(self.engine.now())

    def refuse_all(self, error: BaseException) -> None:
        """Fail every letter in the mailbox."""
        mailbox = self.mailbox
        while mailbox:
            mailbox.pop(0).fail(error)

    def discard(self, error: BaseException) -> None:
        """Throw the incarnation away: what it knew was built on events that are lost.

        Chunks of it that are still under way are dropped by the writer and fail when they come back.
        """
        to_do = bool(self.telling or self.woken is not False)
        self.life += 1
        self.lost = max(self.lost, self.life - 1)
        commands, self.commands = self.commands, None
        self.state, self.seq, self.tail, self.telling = NO_STATE, 0, None, None
        self.deadline = self.armed = self.fired = None
        self.woken = None if self.woken is not False else False
        if self.status == ACTIVE:
            self.status = COLD
        for command in (commands or {}).values():
            command.fail(error)
        self.losses += 1
        if self.mailbox:
            self.schedule()
        elif to_do:
            # By itself, but not at once: while commits fail, what it does first may be what fails again.
            wait = min(_FIRST_RELOAD_S * 2.0**self.losses, _LONGEST_PARK_S)
            self.engine.timers.at(self.engine.now() + wait, Call(self.schedule))

    def may_rest(self) -> bool:
        """True if nothing is under way and nobody waits."""
        return (
            self.status == ACTIVE
            and not self.mailbox
            and not self.scheduled
            and self.tail is None
            and self.telling is None
            and not self.holds
            and self.deadline is None  # a load would give it a fresh timeout
            and not any(command.awaited() for command in (self.commands or {}).values())
        )

    def rest(self) -> bool:
        """Leave memory; False if the journal must be told first that there is nothing to wake for."""
        if self.kind.durable and self.woken is not False and self.deadline is None:
            self.open_chunk()
            self.engine.ring()
            return False
        self.status = GONE
        self.engine.went(self)
        self.move_letters()
        return True

    def move_letters(self) -> None:
        """Give letters that came at the very end to the next incarnation, before younger ones."""
        self.scheduled = False
        if self.mailbox:
            heir = self.engine.entity(self.address)
            letters = self.mailbox[:]
            heir.mailbox[:0] = letters
            del self.mailbox[: len(letters)]
            heir.schedule()

    # --- chunks --------------------------------------------------------------

    def open_chunk(self) -> Chunk:
        """Return the chunk that this round's events go into."""
        chunk = self.tail
        if chunk is None or chunk.sealed:
            chunk = self.tail = Chunk(self, self.life, self.state, self.seq)  # type: ignore[arg-type]
            self.engine.outbox.append(chunk)
        return chunk

    def seal(self, chunk: Chunk) -> None:
        """The round is over: decide on snapshot, wake flag and watermark. The flag is cleared lazily."""
        chunk.sealed = True
        if chunk.life != self.life:
            return
        need = self.telling is not None or self.deadline is not None
        if need and self.woken is not True:
            self.woken = chunk.wake = True
        due = chunk.seq - self.snapshot_seq >= self.kind.snapshot_every
        if due and (self.telling is None or chunk.seq - self.snapshot_seq >= 4 * self.kind.snapshot_every):
            chunk.snapshot = True
            self.snapshot_seq = chunk.seq
            self.forgot = True
        if chunk.snapshot or not chunk.records:
            self.told = chunk.told = self.watermark(chunk.seq)
            if not need and self.woken is not False:
                self.woken = chunk.wake = False
