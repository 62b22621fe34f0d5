"""After a refused write: which commands of it fail, and which are decided once more.

A store refuses what it cannot keep, entity by entity: a value that a column does not take, a projection
that raises. It cannot say which command of a round that was. So all of the round are decided again, each in
a commit of its own, and only the one that is refused there fails; what came after is not lost with it.
"""

from __future__ import annotations

from collections.abc import Sequence

from actors.runtime.entities.chunks import Chunk
from actors.runtime.entities.envelopes import Envelope
from actors.runtime.errors import Conflict


def blames(why: Exception, own: bool) -> bool:
    """Return whether it was for what the entity wrote. Of a conflict the journal knows more than we do."""
    return own and not isinstance(why, Conflict)


def to_decide_again(chunks: Sequence[Chunk], own: bool, timer: object) -> list[Envelope]:
    """Return the envelopes of lost chunks that are to be decided again, and take their jobs from the chunks.

    With ``own`` it was these chunks that were refused: if one command made all of it, that one fails, and so
    does everything if no command made it. Else they were built on what was refused. The deadline's message
    (``timer``) comes again by itself.
    """
    makers = {id(envelope) for chunk in chunks for envelope in chunk.makers}
    if own and not makers:
        return []
    culprits = makers if own and len(makers) == 1 else set()
    found = [
        envelope
        for chunk in chunks
        for envelope in chunk.taken
        if id(envelope) not in culprits and envelope.command is not timer
    ]
    again = {id(envelope) for envelope in found}
    for chunk in chunks:
        chunk.jobs = [job for job in chunk.jobs if id(job.envelope) not in again]
    return found
