"""One address: its mailbox and turns, and how it comes and goes."""

from __future__ import annotations

import logging

from actors.runtime.address import Address
from actors.runtime.entities.answers import AfterCommit
from actors.runtime.entities.chunks import Chunk
from actors.runtime.entities.context import EntityContext
from actors.runtime.entities.deciding import defect, recall_from_journal, receive
from actors.runtime.entities.envelopes import Envelope, OneWay
from actors.runtime.entities.incarnation import Incarnation
from actors.runtime.entities.loading import LoadedEntity
from actors.runtime.errors import Conflict, Unavailable
from actors.runtime.kind import Kind, Publication
from actors.runtime.turns.timers import TimedCall

log = logging.getLogger("actors")

COLD, LOADING, ACTIVE, PARKED, PASSIVATED = range(5)
"""Not loaded; being loaded; takes turns; refuses everything for a while; gone from memory."""
DEFECTS_IN_A_ROW = 5
"""An address whose decider raises so often without one success between is parked."""
_FIRST_PARK_S = 1.0
_LONGEST_WAIT_S = 60.0
_FIRST_RELOAD_S = 0.1


class Entity:
    """One address. It has an incarnation while it is in memory. Everything here happens on the dispatcher."""

    __slots__ = (
        "address", "careful", "context", "defects", "holds", "incarnation", "kind", "losses", "mailbox",
        "scheduled", "shown", "status", "used", "woken",
    )  # fmt: skip

    def __init__(self, context: EntityContext, kind: Kind, address: Address) -> None:
        self.context = context
        self.kind = kind
        self.address = address
        self.mailbox: list[Envelope] = []
        """Mostly empty, and a deque's first block is 600 bytes an actor; envelopes are few enough to move."""
        self.scheduled = False
        """True while a turn is queued, or will be when the load is through."""
        self.status = COLD
        self.used = 0.0
        """When it had its last turn."""
        self.incarnation: Incarnation | None = None
        self.shown: int | None = None
        """Up to which seq its events were published, once it has been loaded."""
        self.woken: bool | None = False
        """The journal's wake flag; None if a lost commit left it unknown."""
        self.defects = 0
        """Turns in a row whose decider raised, and loads that failed."""
        self.careful = 0
        """How many of the first in the mailbox have a commit of their own: one of them was refused."""
        self.losses = 0
        """Incarnations lost since the last commit that succeeded."""
        self.holds = 0
        """Reasons to stay in memory: somebody watches it, or a lookup for it is under way."""

    def __str__(self) -> str:
        return str(self.address)

    # --- turns ---------------------------------------------------------------

    def schedule(self) -> None:
        """See to it that there will be a turn; from any thread.

        Append first, then look at ``scheduled``; a turn that ends clears ``scheduled`` first, then looks
        at the mailbox. So one of the two sees the other. Scheduled twice does no harm.
        """
        if not self.scheduled:
            self.scheduled = True
            self.context.submit(self)

    def run(self) -> None:
        """Have a turn of up to ``turn`` envelopes."""
        incarnation = self.incarnation
        if incarnation is None or self.status != ACTIVE:
            self._run_inactive()
            return
        context = self.context
        now = self.used = context.now()
        context.used(self)
        mailbox = self.mailbox
        before = incarnation.state
        left = context.turn
        if self.careful:
            if incarnation.tail is not None:
                self.scheduled = False  # until that is durable
                return
            self.careful -= 1
            left = 1
        while mailbox and left:
            receive(self, incarnation, mailbox.pop(0), now)
            left -= 1
            if self.defects:
                break
        if incarnation.state is not before or incarnation.fired is not None:
            self._look_at_deadline(incarnation, now)
        if self.defects >= DEFECTS_IN_A_ROW:
            self._park(f"its decider raised {self.defects} times in a row")
        elif mailbox:
            context.submit(self)
        else:
            self.scheduled = False
            if mailbox:
                self.schedule()

    def _run_inactive(self) -> None:
        if self.status == COLD:
            self.status = LOADING
            self.scheduled = True  # nobody need submit until the load is through
            self.used = self.context.now()
            self.context.load(self.kind, self.address, self.shown, self._activate, self._load_failed)
        elif self.status == PARKED:
            self.scheduled = False
            self.refuse_all(Unavailable(f"{self.address} is parked after repeated failures"))
        elif self.status == PASSIVATED:
            self.context.succeed(self)

    def _look_at_deadline(self, incarnation: Incarnation, now: float) -> None:
        try:
            incarnation.deadline = self.kind.deadline(incarnation.state)
        except Exception as error:  # noqa: BLE001 - logged and counted as a defect
            defect(self, None, error)
        if incarnation.deadline is not None or incarnation.fired is not None:
            incarnation.arm(now)

    # --- coming ----------------------------------------------------------------

    def _activate(self, loaded: LoadedEntity) -> None:
        """Go to work with what was loaded."""
        context = self.context
        now = context.now()
        try:
            incarnation = Incarnation(self, loaded, now)
        except Exception as error:  # noqa: BLE001 - logged there
            self._load_failed(error)
            return
        self.incarnation = incarnation
        if self.woken is False:
            self.woken = context.was_woken(self.address)
        self.defects = 0
        self.shown = loaded.seq
        self.status = ACTIVE
        incarnation.arm(now)
        if loaded.missed:
            missed = tuple(loaded.missed)
            context.publish(Publication(self.address, incarnation.epoch, loaded.state, missed))
        for seq, tells in loaded.tells:
            incarnation.deliveries.expect(seq, tells)
        incarnation.deliveries.send(loaded.tells, str(self.address), hints=False)
        context.activated(self)
        self.run()

    def _load_failed(self, error: Exception) -> None:
        """Nothing can be answered; try again after a while, by itself: there may be a deadline in it."""
        log.error("%s cannot be loaded", self.address, exc_info=error)
        self.defects += 1
        self._park(f"cannot be loaded: {error}")

    def due(self, when: float) -> None:
        """A deadline's time has come, unless it has moved meanwhile."""
        if self.status in (COLD, LOADING):
            self.schedule()
        elif self.status == ACTIVE and self.incarnation is not None and self.incarnation.due(when):
            self.mailbox.append(OneWay(self.kind.on_deadline, None, str(self.address)))
            self.schedule()

    # --- parking ---------------------------------------------------------------

    def _park(self, why: str) -> None:
        """Refuse everything for a while, growing with each failure."""
        wait = min(_FIRST_PARK_S * 2.0 ** max(0, self.defects - DEFECTS_IN_A_ROW), _LONGEST_WAIT_S)
        self.status = PARKED
        self.context.alarm(self.address, f"parked for {wait:.0f} s: {why}")
        self.context.at(self.context.now() + wait, TimedCall(self._unpark))
        self._run_inactive()

    def _unpark(self) -> None:
        if self.status != PARKED:
            return
        if self.incarnation is None:
            self.status = COLD
            self.schedule()
        else:
            self.status = ACTIVE
            self.incarnation.arm(self.context.now())

    def refuse_all(self, error: BaseException) -> None:
        """Fail every envelope in the mailbox."""
        mailbox = self.mailbox
        while mailbox:
            mailbox.pop(0).fail(error)

    # --- going -------------------------------------------------------------------

    def refused(self, incarnation: Incarnation, chunks: list[Chunk], why: Exception) -> None:
        """The journal refused this entity's write: everything since is lost.

        If it was for a conflict, a command may be an old one that was forgotten here: the journal is asked.
        """
        error = Unavailable(f"{self.address}: the commit was refused: {why}")
        failed: list[AfterCommit] = []
        for job in [job for chunk in chunks for job in chunk.jobs]:
            command = job.command
            if isinstance(why, Conflict) and command is not None and job.envelope is not None:
                command.join(job.envelope)
                known = incarnation.commands
                if known is not None and known.get(command.command_id) is command:
                    del known[command.command_id]
                recall_from_journal(self, command, job.state, error)
            else:
                failed.append(job)
        if incarnation is self.incarnation:
            self.discard(error)
        for job in failed:
            job.fail(error)

    def take_again(self, envelopes: list[Envelope]) -> None:
        """Decide these before everything else, each in a commit of its own."""
        self.mailbox[self.careful : self.careful] = envelopes
        self.careful += len(envelopes)
        self.schedule()

    def discard(self, error: BaseException, again: bool = True) -> None:
        """Drop the incarnation: what it knew was built on events that are lost.

        With ``again`` it is loaded afresh if somebody waits for it or it has something to do.
        """
        incarnation, self.incarnation = self.incarnation, None
        to_do = self.woken is not False
        if incarnation is not None:
            incarnation.lost = incarnation.deliveries.cancelled = True
            to_do = to_do or incarnation.deliveries.under_way is not None
            if incarnation.proven:
                self.losses = 0
            for command in (incarnation.commands or {}).values():
                command.fail(error)
        self.woken = None if self.woken is not False else False
        if self.status == ACTIVE:
            self.status = COLD
        self.losses += 1
        if not again:
            return
        if self.mailbox:
            self.schedule()
        elif to_do:
            # By itself, but not at once: while commits fail, what it does first may be what fails again.
            wait = min(_FIRST_RELOAD_S * 2.0**self.losses, _LONGEST_WAIT_S)
            self.context.at(self.context.now() + wait, TimedCall(self.schedule))

    def idle(self) -> bool:
        """True if nothing is under way and no answer is pending."""
        incarnation = self.incarnation
        return (
            incarnation is not None
            and self.status == ACTIVE
            and not self.mailbox
            and not self.scheduled
            and incarnation.tail is None
            and incarnation.deliveries.under_way is None
            and not self.holds
            and incarnation.deadline is None  # a load would give it a fresh timeout
            and not any(command.awaited() for command in (incarnation.commands or {}).values())
        )

    def passivate(self) -> bool:
        """Leave memory; False if the journal must first record that there is nothing to wake for."""
        incarnation = self.incarnation
        if incarnation is not None and self.kind.durable and self.woken is not False:
            incarnation.open_chunk()
            return False
        self.status = PASSIVATED
        self.context.succeed(self)
        return True
