"""An entity at work: take a letter, decide, evolve, append, go on; answer when it is durable."""

from __future__ import annotations

import logging
from collections import deque
from typing import Any

from actors.runtime.commands import (
    DONE,
    PENDING,
    RUNNING,
    Command,
    Job,
    Repeat,
    Waiting,
    decoded,
    reused,
    settled_at,
)
from actors.runtime.errors import Conflict, Defect, Unavailable
from actors.runtime.journal import Recorded
from actors.runtime.kind import Numbered, Publication
from actors.runtime.life import DEFECTS_IN_A_ROW, Life
from actors.runtime.mailbox import Letter
from actors.runtime.pooled import ACTIVE
from actors.runtime.writer import Chunk

log = logging.getLogger("actors")

HISTORY_EVENTS = 1000
HISTORY_S = 600.0


class Entity(Life):
    """One address in memory. Everything here happens on the dispatcher."""

    __slots__ = ()

    def run(self) -> None:
        """Have a turn of up to ``turn`` letters."""
        if self.status != ACTIVE:
            self.not_ready()
            return
        engine = self.engine
        now = self.used = engine.now()
        engine.lru.move_to_end(self)
        mailbox = self.mailbox
        before = self.state
        left = engine.turn
        while mailbox and left:
            self._receive(mailbox.pop(0), now)
            left -= 1
            if self.defects:
                break
        if self.state is not before or self.fired is not None:
            self._look_at_deadline(now)
        if self.defects >= DEFECTS_IN_A_ROW:
            self.park(f"its decider raised {self.defects} times in a row")
        elif mailbox:
            engine.submit(self)
        else:
            self.scheduled = False
            if mailbox:
                self.schedule()

    def _look_at_deadline(self, now: float) -> None:
        try:
            self.deadline = self.kind.deadline(self.state)
        except Exception as error:  # noqa: BLE001 - logged and counted as a defect
            self._defect(None, error)
        self.arm(now)

    def _receive(self, letter: Letter, now: float) -> None:
        if letter.done:
            return
        kind = self.kind
        body = letter.command
        if type(body) is kind.look:
            self._after_commits(Job(letter, None, None, self.state, self.seq))
            return
        command_id = letter.command_id
        command = None
        try:
            if command_id is None:
                command_id = self.engine.fresh_id()
            else:
                fingerprint = kind.fingerprint(body)
                if self.commands is not None:
                    command = self.commands.get(command_id)
                    if command is not None:
                        self._repeat(command, letter, fingerprint)
                        return
                if letter.again and self.forgot:
                    self._ask_first(letter, command_id)
                    return
                command = Command(command_id, fingerprint)
            decision = kind.decide(self.state, body, kind.context(now, command_id, letter.principal))
            if decision.pending and command is None:
                command = Command(command_id, kind.fingerprint(body))
            if decision.events:
                if kind.durable:
                    self._append(decision, letter, command, now)
                else:
                    self._happen(decision, now)
            elif decision.memory is not None:
                self.state = decision.memory
        except Exception as error:  # noqa: BLE001 - logged and counted as a defect
            self._defect(letter, error)
            return
        self.defects = 0
        self._conclude(decision, letter, command)

    def _ask_first(self, letter: Letter, command_id: str) -> None:
        """A tell told again, and memory is short: to decide it twice would cost others a conflict."""
        self.holds += 1

        def done(kept: Any) -> None:
            self.holds -= 1
            if kept is not None:
                letter.resolve(None)
                return
            letter.again = False
            self.engine.deliver(self.address, letter)

        self.engine.ask_journal(self.address, command_id, done)

    def _defect(self, letter: Letter | None, error: BaseException) -> None:
        self.defects += 1
        what = type(letter.command).__name__ if letter is not None else "its deadline"
        log.error("%s: %s failed", self.address, what, exc_info=error)
        if letter is not None:
            letter.fail(Defect(f"{self.address}: {what} failed: {error!r}"))

    # --- events --------------------------------------------------------------

    def _append(self, decision: Any, letter: Letter, command: Command | None, now: float) -> None:
        """Evolve and put the events into this round's chunk. Raises before anything has changed."""
        kind = self.kind
        events = decision.events
        state = self.state if decision.memory is None else decision.memory
        seq = self.seq
        places = self._places(decision, letter, command, len(events))
        command_id = fingerprint = None
        if command is not None:
            command_id, fingerprint = command.command_id, command.fingerprint
        principal = letter.principal
        records: list[Recorded] = []
        effects: list[tuple[int, Any]] | None = None
        for event in events:
            seq += 1
            state = kind.evolve(state, event)
            tells = kind.tells(state, event)
            if tells:
                if effects is None:
                    effects = []
                effects.append((seq, tells))
            name, version = kind.event_name(event)
            data = kind.encode_event(event)
            settles = answer = None
            if places:
                settles, answer = places.pop(0)
                if command is not None and settles == command.command_id:
                    command.answer = answer
            records.append(
                Recorded(seq, name, version, data, command_id, fingerprint, settles, answer, principal, now)
            )
            command_id = fingerprint = None
        chunk = self.open_chunk()
        if type(letter.command) not in kind.patient:
            chunk.patient = False
        chunk.records += records
        chunk.decoded += events
        self.state = chunk.state = state
        self.seq = chunk.seq = seq
        if effects is not None:
            for place, tells in effects:
                self.expect(place, tells)
            chunk.tells = effects if chunk.tells is None else chunk.tells + effects

    def _places(
        self, decision: Any, letter: Letter, command: Command | None, events: int
    ) -> list[tuple[str, bytes]]:
        """Return which answers are written with the events, encoded."""
        own = None
        if command is not None and not decision.pending:
            answer = decision.answer if decision.answer is not None else decision.refusal
            if answer is not None or not letter.is_tell:
                own = (command.command_id, answer)
        encode = self.kind.encode_answer
        if not decision.settles:
            if own is None:
                return []
            return [(own[0], b"null" if own[1] is None else encode(own[1]))]
        return [
            (command_id, b"null" if answer is None else encode(answer))
            for command_id, answer in settled_at(own, decision.settles, events)
        ]

    def _happen(self, decision: Any, now: float) -> None:
        """The events of a volatile entity: numbered, remembered and published at once."""
        kind = self.kind
        state = self.state if decision.memory is None else decision.memory
        seq = self.seq
        numbered: list[Numbered] = []
        effects: list[tuple[int, Any]] = []
        for event in decision.events:
            seq += 1
            state = kind.evolve(state, event)
            tells = kind.tells(state, event)
            if tells:
                effects.append((seq, tells))
            numbered.append(Numbered(seq, event, now))
        self.state, self.seq = state, seq
        if self.history is None:
            self.history = deque(maxlen=HISTORY_EVENTS)
        history = self.history
        history.extend(numbered)
        while history[0].at < now - HISTORY_S:
            history.popleft()
        self.engine.publish(Publication(self.address, self.epoch, state, tuple(numbered)))
        for _, tells in effects:
            self.hint(tells)

    # --- answers -------------------------------------------------------------

    def _conclude(self, decision: Any, letter: Letter, command: Command | None) -> None:
        """Answer, and settle earlier commands, once all that they rest on is durable."""
        state, seq = self.state, self.seq
        answer = decision.answer if decision.answer is not None else decision.refusal
        for command_id, late in decision.settles:
            earlier = self.commands.get(command_id) if self.commands is not None else None
            if earlier is not None and earlier is not command:
                self._after_commits(Job(None, earlier, late, state, seq))
        if command is not None:
            self._remember(command)
        job = Job(letter, command, answer, state, seq, decision.pending)
        if command is None:
            if letter.listens:
                self._after_commits(job)
        elif self.forgot and not decision.events and not letter.is_tell:
            # It may be an old one that did make events; the journal's key cannot tell where none are written.
            self.holds += 1
            self.engine.look_up(self, command, job)
        else:
            self._after_commits(job)
        if decision.hints:
            if self.tail is None:
                self.hint(decision.hints)
            elif self.tail.hints is None:
                self.tail.hints = list(decision.hints)
            else:
                self.tail.hints.extend(decision.hints)

    def _after_commits(self, job: Waiting) -> None:
        tail = self.tail
        if tail is None:
            job.run(self.epoch)
        else:
            tail.jobs.append(job)

    def _remember(self, command: Command) -> None:
        commands = self.commands
        if commands is None:
            commands = self.commands = {}
        commands[command.command_id] = command
        # Up to two at a time: so their number falls again where some had to stay.
        for _ in range(min(len(commands) - self.kind.kept, 2)):
            oldest = next(iter(commands))
            first = commands.pop(oldest)
            if first.stage == RUNNING or first.awaited():
                commands[oldest] = first  # still needed: the youngest now
            else:
                self.forgot = True

    def _repeat(self, command: Command, letter: Letter, fingerprint: int) -> None:
        """A command id that is known: the kept answer, or wait with those who wait."""
        if command.fingerprint is not None and command.fingerprint != fingerprint:
            letter.fail(reused(self.address, command.command_id))
        elif command.stage == RUNNING or (command.stage == PENDING and not letter.is_tell):
            command.join(letter)
        else:
            command.answer = decoded(command.answer, self.kind.codec)
            outcome = Job(None, None, command.answer, self.state, command.seq).outcome(self.epoch, True)
            if self.tail is None:
                letter.resolve(outcome)
            else:
                self.tail.jobs.append(Repeat(letter, outcome))

    def looked_up(self, command: Command, job: Job, kept: Command | None) -> None:
        """The journal has said whether a command without events is an old one that was carried out."""
        self.holds -= 1
        if kept is None or kept.stage != DONE:
            self._after_commits(job)
            return
        if kept.fingerprint is not None and kept.fingerprint != command.fingerprint:
            if self.commands is not None:
                self.commands.pop(command.command_id, None)
            job.fail(reused(self.address, command.command_id))
            return
        answer = decoded(kept.answer, self.kind.codec)
        outcome = Job(None, None, answer, job.state, kept.seq).outcome(self.epoch, True)
        command.settle(answer, outcome)
        if job.letter is not None:
            job.letter.resolve(outcome)

    # --- after the commit -------------------------------------------------------

    def committed(self, chunk: Chunk) -> None:
        """The chunk is durable: publish, answer, tell."""
        if self.tail is chunk:
            self.tail = None
        self.losses = 0
        if chunk.records:
            self.shown = chunk.seq
            events = tuple(
                [
                    Numbered(record.seq, event, record.at)
                    for record, event in zip(chunk.records, chunk.decoded, strict=True)
                ]
            )
            self.engine.publish(Publication(self.address, self.epoch, chunk.state, events))
        for job in chunk.jobs:
            job.run(self.epoch)
        if chunk.tells is not None:
            self.send(chunk.tells)
        if chunk.hints is not None:
            self.hint(chunk.hints)

    def refused(self, chunks: list[Chunk], why: Exception) -> None:
        """The journal refused this entity's write: everything since is lost.

        If it was for a conflict, a command may be an old one that was forgotten here: the journal is asked.
        """
        error = Unavailable(f"{self.address}: the commit was refused: {why}")
        failed: list[Waiting] = []
        for job in [job for chunk in chunks for job in chunk.jobs]:
            command = job.command
            if isinstance(why, Conflict) and command is not None and job.letter is not None:
                command.join(job.letter)
                if self.commands is not None and self.commands.get(command.command_id) is command:
                    del self.commands[command.command_id]
                self.engine.recall(self, command, job.state, error)
            else:
                failed.append(job)
        if chunks[-1].life == self.life:
            self.discard(error)
        for job in failed:
            job.fail(error)
