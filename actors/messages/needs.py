"""Messages of ``cart/<user_id>`` about approvals: requests to staff, and their decisions."""

from __future__ import annotations

from typing import Literal

import msgspec

from actors.kit.command import Command as Asked
from actors.messages.cart import Line, Offer
from actors.messages.restriction import Restriction

NeedKind = Literal["age", "check", "weigh"]
"""Somebody looks how old the shopper is, takes a security tag off, weighs."""
NeedState = Literal["waiting", "approved", "refused"]


class Need(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody of the staff has to decide before a cart can be paid."""

    need_id: str
    kind: NeedKind
    line_id: str
    """The line that asks; of an age the first one that does, for all others of that age."""
    product_id: str
    name: str
    """Of the product."""
    session_id: str
    """Empty without a trolley."""
    branch: str
    """Empty without a trolley."""
    raised_at: float
    age: int = 0
    """Of an age: years."""
    state: NeedState = "waiting"
    units: int = 0
    """Of the line, when it was decided."""
    by: str = ""
    """User id of whoever decided."""
    reason: str = ""


# --- commands -------------------------------------------------------------


class SettleNeed(msgspec.Struct, Asked["NeedStands"], frozen=True, kw_only=True, tag="SettleNeed"):
    """Staff has decided; may be decided otherwise later. Answer: NeedStands."""

    need_id: str
    approve: bool
    branch: str
    """Where somebody decides."""
    by: str
    reason: str = ""
    weighed: Offer | None = None
    """Of a weighing that is approved: the offer of what was weighed, with its weight."""


class NoteRestrictions(msgspec.Struct, Asked[None], frozen=True, tag="NoteRestrictions"):
    """From the edge, before a checkout: goods are restricted otherwise than when they were put in."""

    restricted: dict[str, Restriction | None]
    """By the line's key; None: not any more."""


# --- answers --------------------------------------------------------------


class NeedStands(msgspec.Struct, frozen=True, tag="NeedStands"):
    need: Need


# --- events ---------------------------------------------------------------


class NeedsRaised(msgspec.Struct, frozen=True, tag="NeedsRaised"):
    """Goods came in that need somebody; the branch is told."""

    needs: tuple[Need, ...]
    at: float


class NeedsWithdrawn(msgspec.Struct, frozen=True, tag="NeedsWithdrawn"):
    """The goods or their shopper have left; the branch is notified."""

    needs: tuple[Need, ...]
    at: float


class NeedSettled(msgspec.Struct, frozen=True, tag="NeedSettled"):
    """``need`` as it was decided. ``line``: what was weighed, in the place of the line that asked."""

    need: Need
    at: float
    line: Line | None = None


Command = SettleNeed | NoteRestrictions
Answer = NeedStands
Event = NeedsRaised | NeedsWithdrawn | NeedSettled
