"""Commands that an entity knows: those being carried out, those pending, and the answers kept for repeats."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import msgspec

from actors.runtime.address import Address
from actors.runtime.asks import Outcome
from actors.runtime.entities.envelopes import Envelope
from actors.runtime.errors import KeyReused
from actors.runtime.journal import Kept, Loaded
from actors.runtime.kind import REFUSING, Codec, is_refusal

RUNNING, PENDING, DONE = 0, 1, 2
"""Not yet durable; durable, but its answer comes later; answered."""


class KnownCommand(msgspec.Struct, gc=False):
    """One command id of one entity.

    Thousands of them are kept, so the garbage collector is spared them: what could close a
    circle, ``envelopes``, is emptied when they are answered or failed.
    """

    command_id: str
    fingerprint: int | None
    stage: int = RUNNING
    answer: Any = None
    """Answer or refusal, or the bytes of one as the journal has it: of thousands that are kept few are asked
    for again, and bytes are one object where an answer is a dozen."""
    seq: int = 0
    envelopes: list[Any] | None = None
    """Who waits for it, besides the envelope that it came with while RUNNING."""

    def join(self, envelope: Envelope) -> None:
        """Let one more wait for the answer."""
        if self.envelopes is None:
            self.envelopes = [envelope]
        else:
            self.envelopes.append(envelope)

    def settle(self, answer: Any, outcome: Outcome[Any]) -> None:
        """The answer is there and durable."""
        self.stage = DONE
        if self.answer is None:
            self.answer = answer
        self.seq = outcome.seq
        if self.envelopes is not None:
            self._give(outcome)

    def pend(self, outcome: Outcome[Any]) -> None:
        """The command is durable, its answer comes later: tells have arrived, asks wait on."""
        self.stage = PENDING
        self.seq = outcome.seq
        waiting, self.envelopes = self.envelopes, None
        for envelope in waiting or ():
            if envelope.is_tell:
                envelope.resolve(outcome)
            elif not envelope.done:
                self.join(envelope)

    def fail(self, error: BaseException) -> None:
        """Fail every pending answer of this incarnation."""
        envelopes, self.envelopes = self.envelopes, None
        for envelope in envelopes or ():
            envelope.fail(error)

    def _give(self, outcome: Outcome[Any]) -> None:
        envelopes, self.envelopes = self.envelopes, None
        for envelope in envelopes or ():
            envelope.resolve(outcome)

    def awaited(self) -> bool:
        """True if an answer is pending."""
        return self.envelopes is not None and any(not envelope.done for envelope in self.envelopes)


class AfterCommit(Protocol):
    """What is to be done after a commit that it waits for, or when that was lost."""

    @property
    def envelope(self) -> Envelope | None:
        """The envelope to answer."""

    @property
    def command(self) -> KnownCommand | None:
        """The command that it carries out, if a conflict may mean that it was carried out before."""

    @property
    def state(self) -> Any:
        """The entity's state, returned with the answer."""

    def run(self, epoch: str) -> None:
        """The commit was made."""

    def fail(self, error: BaseException) -> None:
        """The commit was lost."""


class RepeatedAnswer(msgspec.Struct, frozen=True, gc=False):
    """A kept answer that waits for a commit only because the state returned with it does."""

    envelope: Envelope
    outcome: Outcome[Any]

    @property
    def command(self) -> None:
        """Nothing is carried out."""

    @property
    def state(self) -> Any:
        """The state that waits."""
        return self.outcome.state

    def run(self, epoch: str) -> None:
        """Give it."""
        self.envelope.resolve(self.outcome)

    def fail(self, error: BaseException) -> None:
        """The state that was to be returned with it was lost."""
        self.envelope.fail(error)


class Conclusion(msgspec.Struct, frozen=True, gc=False):
    """What is to be done for one command after the commit that it waits for.

    ``envelope`` is the one it came with, or None when an earlier command is settled.
    """

    envelope: Envelope | None
    command: KnownCommand | None
    answer: Any
    state: Any
    seq: int
    pending: bool = False

    def outcome(self, epoch: str, replayed: bool = False) -> Outcome[Any]:
        """Return the outcome for the envelope."""
        answer = self.answer
        refusing = REFUSING.get(type(answer))
        if refusing or (refusing is None and is_refusal(answer)):
            return Outcome(None, answer, self.state, self.seq, epoch, replayed)
        return Outcome(answer, None, self.state, self.seq, epoch, replayed)

    def run(self, epoch: str) -> None:
        """Give the answer."""
        envelope, command = self.envelope, self.command
        outcome = self.outcome(epoch)
        if command is None:
            if envelope is not None:
                envelope.resolve(outcome)
        elif self.pending:
            if envelope is not None:
                command.join(envelope)
            command.pend(outcome)
        else:
            if command.envelopes is None:
                command.settle(self.answer, outcome)
            else:  # its own envelope hears it first hand, those that joined hear a repeat
                command.settle(self.answer, self.outcome(epoch, replayed=envelope is not None))
            if envelope is not None:
                envelope.resolve(outcome)

    def fail(self, error: BaseException) -> None:
        """The commit that it waited for was lost."""
        if self.envelope is not None:
            self.envelope.fail(error)
        if self.command is not None:
            self.command.fail(error)


def reused(address: Address, command_id: str) -> KeyReused:
    """Return the error for a command id that came with another body."""
    return KeyReused(f"{address}: command id {command_id} was used for another command")


def decoded(answer: Any, codec: Codec | None) -> Any:
    """Return a kept answer as a struct; ``null`` stands for done without an answer."""
    if not isinstance(answer, bytes):
        return answer
    if answer == b"null" or codec is None:
        return None
    return codec.decode_answer(answer)


def known_commands(loaded: Loaded, bound: int) -> dict[str, KnownCommand]:
    """Return the commands that a load brought along, oldest first, at most ``bound``."""
    known: dict[str, KnownCommand] = {}
    for kept in loaded.kept:
        known[kept.command_id] = recalled(kept)
    for record in loaded.events:
        if record.command_id is not None:
            known[record.command_id] = _recall(record.command_id, record.fingerprint, None, record.seq)
        if record.settles is not None:
            _settle(known, record.settles, record.answer, record.seq)
        elif record.answer is not None and record.command_id is not None:
            _settle(known, record.command_id, record.answer, record.seq)
    for command_id in list(known)[: max(0, len(known) - bound)]:
        del known[command_id]
    return known


def recalled(kept: Kept) -> KnownCommand:
    """Return a command as the journal kept it."""
    return _recall(kept.command_id, kept.fingerprint, kept.answer, kept.seq)


def _recall(command_id: str, fingerprint: int | None, answer: bytes | None, seq: int) -> KnownCommand:
    command = KnownCommand(command_id, fingerprint)
    command.stage = PENDING if answer is None else DONE
    command.answer = answer
    command.seq = seq
    return command


def _settle(known: dict[str, KnownCommand], command_id: str, answer: bytes | None, seq: int) -> None:
    command = known.get(command_id)
    if command is None:
        known[command_id] = _recall(command_id, None, answer, seq)
    else:
        command.stage, command.answer, command.seq = DONE, answer, seq


def repeated(answer: Any, state: Any, seq: int, epoch: str) -> Outcome[Any]:
    """Return the outcome of a command that had been carried out before."""
    return Conclusion(None, None, answer, state, seq).outcome(epoch, replayed=True)


def recall(
    kept: Kept | None,
    command: KnownCommand,
    address: Address,
    codec: Codec | None,
    repeat: Callable[[Any, int], Outcome[Any]],
    otherwise: Exception,
) -> None:
    """After a conflict: give all who wait the answer that the journal kept, if it did, else the error.

    ``repeat`` makes an outcome of the answer and the seq of its event.
    """
    if kept is None:
        command.fail(otherwise)
    elif kept.fingerprint is not None and kept.fingerprint != command.fingerprint:
        command.fail(reused(address, command.command_id))
    elif kept.answer is None and any(not envelope.is_tell for envelope in command.envelopes or ()):
        command.fail(otherwise)
    else:
        answer = decoded(kept.answer, codec)
        command.settle(answer, repeat(answer, kept.seq))


def settled_at(
    own: tuple[str, Any] | None, settles: Sequence[tuple[str, Any]], events: int
) -> list[tuple[str, Any]]:
    """Return which (command id, answer) goes on which event: earlier commands' first, then its own.

    An event has room for one. What finds no room is kept in memory only.
    """
    placed = [*settles, own] if own is not None else list(settles)
    return placed[:events]


def written_answers(
    decision: Any, envelope: Envelope, command: KnownCommand | None, encode: Callable[[Any], bytes]
) -> Sequence[tuple[str, bytes]]:
    """Return which answers are written with a decision's events, one an event, encoded."""
    own = None
    if command is not None and not decision.pending:
        answer = decision.answer if decision.answer is not None else decision.refusal
        if answer is not None:
            if not decision.settles:
                return ((command.command_id, encode(answer)),)
            own = (command.command_id, answer)
        elif not envelope.is_tell:
            own = (command.command_id, None)
    return [
        (command_id, b"null" if answer is None else encode(answer))
        for command_id, answer in settled_at(own, decision.settles, len(decision.events))
    ]


def forget(commands: dict[str, KnownCommand], bound: int) -> bool:
    """Forget the oldest commands over the bound; True if one was forgotten."""
    forgot = False
    # Up to two at a time: so their number falls again where some had to stay.
    for _ in range(min(len(commands) - bound, 2)):
        oldest = next(iter(commands))
        first = commands.pop(oldest)
        if first.stage == RUNNING or first.awaited():
            commands[oldest] = first  # still needed: the youngest now
        else:
            forgot = True
    return forgot
