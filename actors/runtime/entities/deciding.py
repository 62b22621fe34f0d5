"""The processing of one envelope: decide, evolve, append; answer when it is durable."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from actors.runtime.entities.answers import (
    PENDING,
    RUNNING,
    Conclusion,
    KnownCommand,
    RepeatedAnswer,
    decoded,
    recall,
    repeated,
    reused,
)
from actors.runtime.entities.envelopes import Envelope
from actors.runtime.entities.incarnation import EntityIdentity, Incarnation
from actors.runtime.errors import Defect, Unavailable, Unstorable
from actors.runtime.journal import Kept

log = logging.getLogger("actors")


def receive(entity: EntityIdentity, incarnation: Incarnation, envelope: Envelope, now: float) -> None:
    """Take one envelope: decide, evolve, append; answer when it is durable."""
    if envelope.done:
        return
    kind = entity.kind
    body = envelope.command
    if type(body) is kind.look:
        looked = Conclusion(envelope, None, None, incarnation.state, incarnation.seq)
        if envelope.command_id is None:
            incarnation.after_commits(looked)
            _note(incarnation, envelope)
        else:
            _look_under_id(entity, incarnation, envelope.command_id, looked)
        return
    command_id = envelope.command_id
    command = None
    try:
        if command_id is None:
            command_id = entity.context.fresh_id()
        else:
            fingerprint = kind.fingerprint(body)
            if incarnation.commands is not None:
                command = incarnation.commands.get(command_id)
                if command is not None:
                    _repeat(incarnation, command, envelope, fingerprint)
                    return
            if envelope.again and incarnation.forgot:
                _ask_first(entity, envelope, command_id)
                return
            command = KnownCommand(command_id, fingerprint)
        decision = kind.decide(incarnation.state, body, kind.context(now, command_id, envelope.principal))
        if decision.pending and command is None:
            command = KnownCommand(command_id, kind.fingerprint(body))
        if decision.events:
            if kind.durable:
                incarnation.append(decision, envelope, command, now)
            else:
                incarnation.happen(decision, now)
        elif decision.memory is not None:
            incarnation.state = decision.memory
    except Unstorable as error:
        log.warning("%s", error)  # of what came in, not of the decider
        envelope.fail(error)
        return
    except Exception as error:  # noqa: BLE001 - logged and counted as a defect
        defect(entity, envelope, error)
        return
    entity.defects = 0
    _conclude(entity, incarnation, decision, envelope, command)


def _look_under_id(
    entity: EntityIdentity, incarnation: Incarnation, command_id: str, looked: Conclusion
) -> None:
    """Fail a look if anything came under its id; it leaves the id as it was."""
    if incarnation.commands is not None and command_id in incarnation.commands:
        looked.fail(reused(entity.address, command_id))
        return
    if not incarnation.forgot:
        incarnation.after_commits(looked)
        return
    entity.holds += 1

    def done(kept: Kept | None) -> None:
        entity.holds -= 1
        if incarnation.lost:
            looked.fail(Unavailable(f"{entity.address}: an earlier commit was lost"))
        elif kept is not None:
            looked.fail(reused(entity.address, command_id))
        else:
            incarnation.after_commits(looked)

    entity.context.kept(entity.address, command_id, done)


def _note(incarnation: Incarnation, envelope: Envelope) -> None:
    """Should what is not durable yet be lost, this was built on it."""
    if incarnation.tail is not None:
        incarnation.tail.taken.append(envelope)


def _ask_first(entity: EntityIdentity, envelope: Envelope, command_id: str) -> None:
    """Look a repeated tell up in the journal first: to decide it twice would cost others a conflict."""
    entity.holds += 1

    def done(kept: Kept | None) -> None:
        entity.holds -= 1
        if kept is not None:
            envelope.resolve(None)
            return
        envelope.again = False
        entity.context.deliver(entity.address, envelope)

    entity.context.kept(entity.address, command_id, done)


def defect(entity: EntityIdentity, envelope: Envelope | None, error: BaseException) -> None:
    """Count and log that a decider raised, and tell who sent the command, if one did."""
    entity.defects += 1
    what = type(envelope.command).__name__ if envelope is not None else "its deadline"
    log.error("%s: %s failed", entity.address, what, exc_info=error)
    if envelope is not None:
        envelope.fail(Defect(f"{entity.address}: {what} failed: {error!r}"))


def _conclude(
    entity: EntityIdentity,
    incarnation: Incarnation,
    decision: Any,
    envelope: Envelope,
    command: KnownCommand | None,
) -> None:
    """Answer, and settle earlier commands, once all that they rest on is durable."""
    if decision.settles:
        _settle(incarnation, decision.settles, command)
    if command is not None:
        incarnation.remember(command)
    if command is not None or envelope.listens:
        answer = decision.answer if decision.answer is not None else decision.refusal
        conclusion = Conclusion(
            envelope, command, answer, incarnation.state, incarnation.seq, decision.pending
        )
        if command is not None and incarnation.forgot and not decision.events and not envelope.is_tell:
            # It may be an old one that did make events; the journal's key cannot tell where none are written.
            _look_up(entity, incarnation, command, conclusion)
        else:
            incarnation.after_commits(conclusion)
            if not decision.events:
                _note(incarnation, envelope)
    if decision.hints:
        incarnation.hint_after_commits(decision.hints)


def _settle(
    incarnation: Incarnation, settles: Sequence[tuple[str, Any]], command: KnownCommand | None
) -> None:
    """Answer earlier commands."""
    known = incarnation.commands
    for command_id, late in settles:
        earlier = known.get(command_id) if known is not None else None
        if earlier is not None and earlier is not command:
            conclusion = Conclusion(None, earlier, late, incarnation.state, incarnation.seq)
            incarnation.after_commits(conclusion)


def _repeat(incarnation: Incarnation, command: KnownCommand, envelope: Envelope, fingerprint: int) -> None:
    """A command id that is known: the kept answer, or wait with those who wait."""
    if command.fingerprint is not None and command.fingerprint != fingerprint:
        envelope.fail(reused(incarnation.address, command.command_id))
    elif command.stage == RUNNING or (command.stage == PENDING and not envelope.is_tell):
        command.join(envelope)
    else:
        command.answer = decoded(command.answer, incarnation.kind.codec)
        outcome = repeated(command.answer, incarnation.state, command.seq, incarnation.epoch)
        incarnation.after_commits(RepeatedAnswer(envelope, outcome))


def _look_up(
    entity: EntityIdentity, incarnation: Incarnation, command: KnownCommand, conclusion: Conclusion
) -> None:
    """Ask the journal whether a command without events is an old one that was carried out."""
    entity.holds += 1

    def done(kept: Kept | None) -> None:
        entity.holds -= 1
        if incarnation.lost:
            conclusion.fail(Unavailable(f"{entity.address}: an earlier commit was lost"))
            return
        if kept is None or kept.answer is None:
            incarnation.after_commits(conclusion)
            return
        if kept.fingerprint is not None and kept.fingerprint != command.fingerprint:
            if incarnation.commands is not None:
                incarnation.commands.pop(command.command_id, None)
            conclusion.fail(reused(entity.address, command.command_id))
            return
        answer = decoded(kept.answer, entity.kind.codec)
        outcome = repeated(answer, conclusion.state, kept.seq, incarnation.epoch)
        command.settle(answer, outcome)
        if conclusion.envelope is not None:
            conclusion.envelope.resolve(outcome)

    entity.context.kept(entity.address, command.command_id, done)


def recall_from_journal(
    entity: EntityIdentity, command: KnownCommand, state: Any, otherwise: Exception
) -> None:
    """Ask the journal for the answer to a command that was in the way of itself."""
    address, codec, epoch = entity.address, entity.kind.codec, entity.context.stream_epoch

    def repeat(answer: Any, seq: int) -> Any:
        return repeated(answer, state, seq, epoch)

    entity.context.kept(
        address,
        command.command_id,
        lambda kept: recall(kept, command, address, codec, repeat, otherwise),
    )
