"""Messages of a branch's returns (``yard/<branch code>``): trolleys that are out, slots that ask."""

from __future__ import annotations

import msgspec

from actors.kit.command import Command as Asked
from actors.messages.trolley import Place

# --- commands -------------------------------------------------------------


class NoteCustody(msgspec.Struct, frozen=True, kw_only=True, tag="NoteCustody"):
    """From a trolley: whether it is out of its slot, and who has it."""

    trolley_id: str
    seq: int
    """Journal place at the trolley; an older note changes nothing."""
    out: bool
    holder: str | None = None
    """User id of the present session."""
    taken_by: str | None = None
    """User id of whoever took it out."""


class SlotFilled(msgspec.Struct, frozen=True, tag="SlotFilled"):
    """From a device: a slot that was empty holds a trolley, latched, and does not know which."""

    place: Place
    at: float


class SlotEmptied(msgspec.Struct, frozen=True, tag="SlotEmptied"):
    """From a device: a slot whose trolley nobody knew is empty."""

    place: Place
    at: float


class SlotKnown(msgspec.Struct, frozen=True, tag="SlotKnown"):
    """From a device: the branch has said which trolley belongs into the slot, so nobody needs to be asked."""

    place: Place
    at: float


class ReturnScanned(msgspec.Struct, Asked["ReturnPlaced"], frozen=True, tag="ReturnScanned"):
    """Somebody says which trolley came back; without a place, into the one slot that asks.

    Answer: ReturnPlaced.
    """

    trolley_id: str
    place: Place | None
    by: str
    staff: bool
    """Staff may say so of any trolley and any slot, others of the trolley that they took."""


# --- answers --------------------------------------------------------------


class ReturnPlaced(msgspec.Struct, frozen=True, tag="ReturnPlaced"):
    trolley_id: str
    place: Place


# --- events ---------------------------------------------------------------


class CustodyNoted(msgspec.Struct, frozen=True, kw_only=True, tag="CustodyNoted"):
    trolley_id: str
    seq: int
    out: bool
    holder: str | None
    taken_by: str | None


class SlotWaits(msgspec.Struct, frozen=True, tag="SlotWaits"):
    """More than one trolley can be meant: somebody is asked for a scan."""

    place: Place
    at: float


class SlotDropped(msgspec.Struct, frozen=True, tag="SlotDropped"):
    """The question about the slot is closed: it is empty again, or a trolley belongs in it now."""

    place: Place
    at: float


class TrolleyMatched(msgspec.Struct, frozen=True, tag="TrolleyMatched"):
    """It is known which trolley the slot holds."""

    trolley_id: str
    place: Place
    at: float
    by: str | None
    """User id of whoever said so; None: only this one could be meant."""


Command = NoteCustody | SlotFilled | SlotEmptied | SlotKnown | ReturnScanned
Answer = ReturnPlaced
Event = CustodyNoted | SlotWaits | SlotDropped | TrolleyMatched
