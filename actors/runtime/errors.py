"""What can go wrong with an ask. Refusals are not here: they are answers."""

from __future__ import annotations


class AskError(Exception):
    """Base of everything an ask can raise."""


class Overloaded(AskError):
    """The mailbox is full; refused at once. The edge says 503 with Retry-After."""


class Unavailable(AskError):
    """The commit failed, the entity is recovering or parked, or the system is stopping. 503."""


class AskTimeout(AskError):
    """No answer within the asker's time; the command may still have been carried out. 503."""


class Defect(AskError):
    """The decider raised: ours to mend. State untouched. 500."""


class Unstorable(Defect):
    """What was decided cannot be written anywhere, e.g. for a NUL character. Only this command failed."""


class KeyReused(AskError):
    """The same command id came with another body. 422."""


class Fenced(Exception):
    """Another owner took the partition with a higher epoch; this one may not write any more."""


class Conflict(Exception):
    """One entity's write was refused by the journal (seq taken, or command id known)."""


class NoSuchKind(LookupError):
    """A tell or ask names a kind that the system does not have."""
