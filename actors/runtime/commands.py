"""Commands that an entity knows: those being carried out, those pending, and the answers kept for repeats."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import msgspec

from actors.runtime.asks import Outcome
from actors.runtime.errors import KeyReused
from actors.runtime.journal import Kept, Loaded
from actors.runtime.kind import Codec, is_refusal
from actors.runtime.mailbox import Letter

RUNNING, PENDING, DONE = 0, 1, 2
"""Not yet durable; durable, but its answer comes later; answered."""


class Command(msgspec.Struct, gc=False):
    """One command id of one entity.

    Thousands of them are kept, so the garbage collector is spared them: what could close a
    circle, ``letters``, is emptied when they are answered or failed.
    """

    command_id: str
    fingerprint: int | None
    stage: int = RUNNING
    answer: Any = None
    """Answer or refusal, or the bytes of one as the journal has it: of thousands that are kept few are asked
    for again, and bytes are one object where an answer is a dozen."""
    seq: int = 0
    letters: list[Any] | None = None
    """Who waits for it, besides the letter that it came with while RUNNING."""

    def join(self, letter: Letter) -> None:
        """Let one more wait for the answer."""
        if self.letters is None:
            self.letters = [letter]
        else:
            self.letters.append(letter)

    def settle(self, answer: Any, outcome: Outcome[Any]) -> None:
        """The answer is there and durable."""
        self.stage = DONE
        if self.answer is None:
            self.answer = answer
        self.seq = outcome.seq
        if self.letters is not None:
            self._give(outcome)

    def pend(self, outcome: Outcome[Any]) -> None:
        """The command is durable, its answer comes later: tells have arrived, asks wait on."""
        self.stage = PENDING
        self.seq = outcome.seq
        waiting, self.letters = self.letters, None
        for letter in waiting or ():
            if letter.is_tell:
                letter.resolve(outcome)
            elif not letter.done:
                self.join(letter)

    def fail(self, error: BaseException) -> None:
        """Nobody will get an answer from this incarnation."""
        letters, self.letters = self.letters, None
        for letter in letters or ():
            letter.fail(error)

    def _give(self, outcome: Outcome[Any]) -> None:
        letters, self.letters = self.letters, None
        for letter in letters or ():
            letter.resolve(outcome)

    def awaited(self) -> bool:
        """True if somebody still waits."""
        return self.letters is not None and any(not letter.done for letter in self.letters)


class Waiting(Protocol):
    """What is to be done after a commit that it waits for, or when that was lost."""

    @property
    def letter(self) -> Letter | None:
        """The letter that hears of it."""

    @property
    def command(self) -> Command | None:
        """The command that it carries out, if a conflict may mean that it was carried out before."""

    @property
    def state(self) -> Any:
        """The entity's state beside the answer."""

    def run(self, epoch: str) -> None:
        """The commit was made."""

    def fail(self, error: BaseException) -> None:
        """The commit was lost."""


class Repeat(msgspec.Struct, frozen=True, gc=False):
    """A kept answer that waits for a commit only because the state beside it does."""

    letter: Letter
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
        self.letter.resolve(self.outcome)

    def fail(self, error: BaseException) -> None:
        """The state beside it was lost."""
        self.letter.fail(error)


class Job(msgspec.Struct, frozen=True, gc=False):
    """What is to be done for one command after the commit that it waits for.

    ``letter`` is the one it came with, or None when an earlier command is settled.
    """

    letter: Letter | None
    command: Command | None
    answer: Any
    state: Any
    seq: int
    pending: bool = False

    def outcome(self, epoch: str, replayed: bool = False) -> Outcome[Any]:
        """Return what the letter hears."""
        answer = self.answer
        if is_refusal(answer):
            return Outcome(None, answer, self.state, self.seq, epoch, replayed)
        return Outcome(answer, None, self.state, self.seq, epoch, replayed)

    def run(self, epoch: str) -> None:
        """Give the answer."""
        letter, command = self.letter, self.command
        outcome = self.outcome(epoch)
        if command is None:
            if letter is not None:
                letter.resolve(outcome)
        elif self.pending:
            if letter is not None:
                command.join(letter)
            command.pend(outcome)
        else:
            if command.letters is None:
                command.settle(self.answer, outcome)
            else:  # its own letter hears it first hand, those that joined hear a repeat
                command.settle(self.answer, self.outcome(epoch, replayed=letter is not None))
            if letter is not None:
                letter.resolve(outcome)

    def fail(self, error: BaseException) -> None:
        """The commit that it waited for was lost."""
        if self.letter is not None:
            self.letter.fail(error)
        if self.command is not None:
            self.command.fail(error)


def reused(address: Any, command_id: str) -> KeyReused:
    """Return the error for a command id that came with another body."""
    return KeyReused(f"{address}: command id {command_id} was used for another command")


def decoded(answer: Any, codec: Codec | None) -> Any:
    """Return a kept answer as a struct; ``null`` stands for done without an answer."""
    if not isinstance(answer, bytes):
        return answer
    if answer == b"null" or codec is None:
        return None
    return codec.decode_answer(answer)


def from_journal(loaded: Loaded, bound: int) -> dict[str, Command]:
    """Return the commands that a load brought along, oldest first, at most ``bound``."""
    known: dict[str, Command] = {}
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


def recalled(kept: Kept) -> Command:
    """Return a command as the journal kept it."""
    return _recall(kept.command_id, kept.fingerprint, kept.answer, kept.seq)


def _recall(command_id: str, fingerprint: int | None, answer: bytes | None, seq: int) -> Command:
    command = Command(command_id, fingerprint)
    command.stage = PENDING if answer is None else DONE
    command.answer = answer
    command.seq = seq
    return command


def _settle(known: dict[str, Command], command_id: str, answer: bytes | None, seq: int) -> None:
    command = known.get(command_id)
    if command is None:
        known[command_id] = _recall(command_id, None, answer, seq)
    else:
        command.stage, command.answer, command.seq = DONE, answer, seq


def settled_at(
    own: tuple[str, Any] | None, settles: Sequence[tuple[str, Any]], events: int
) -> list[tuple[str, Any]]:
    """Return which (command id, answer) goes on which event: earlier commands' first, then its own.

    An event has room for one. What finds no room is kept in memory only.
    """
    placed = [*settles, own] if own is not None else list(settles)
    return placed[:events]
