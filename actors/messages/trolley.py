"""Messages of ``trolley/<trolley_id>``."""

from __future__ import annotations

from typing import Literal

import msgspec

from actors.kit.command import Command as Asked

Hook = Literal["open", "closed", "unknown"]
Outcome = Literal["paid", "abandoned", "expired"]
UnlockOutcome = Literal["opened", "not_opened", "expired", "unsupported", "bus_error"]


class Place(msgspec.Struct, frozen=True):
    """A lock slot."""

    device_id: str
    slot: int
    """board address << 4 | lock number, as on the bus."""


class TrolleyRef(msgspec.Struct, frozen=True):
    """Reference data of a trolley that the edge puts into commands; the journal never needs it again."""

    trolley_id: str
    branch: str
    """Branch code, e.g. BRANCH-001."""
    chain: str
    """Chain slug."""
    cart_number: int
    currency: str
    is_active: bool = True
    place: Place | None = None
    """The slot that it belongs to. None: it has none, or the branch has no lock hardware."""
    session_timeout_s: float = 30.0
    restore_s: float = 900.0
    one_per_user: bool = True
    unlock_ttl_ms: int = 10_000


# --- commands -------------------------------------------------------------


class Claim(msgspec.Struct, Asked["Claimed"], frozen=True, kw_only=True, tag="Claim"):
    """A shopper scanned the QR. Pending until the user's side has agreed. Answer: Claimed."""

    ref: TrolleyRef
    user_id: str
    session_id: str
    rental_s: float = 7200.0
    """How long the trolley may stay out of its slot."""
    resume_s: float = 0.0
    """How long after its end by silence the session goes on with a sign of life; 0: it does not."""
    unpaid_s: float = 0.0
    """How long after its session the trolley may be out with goods that nobody has paid; 0: for ever."""


class ConfirmClaim(msgspec.Struct, frozen=True, tag="ConfirmClaim"):
    """From the cart: the user's side holds the session."""

    session_id: str
    user_id: str
    """Whose cart; needed to close a session there that the trolley has given up."""
    cart_revision: int = 0
    """Of the cart right after it agreed."""


class DenyClaim(msgspec.Struct, frozen=True, tag="DenyClaim"):
    """From the cart: the user already has another trolley."""

    session_id: str
    held_trolley_id: str
    held_session_id: str


class Heartbeat(msgspec.Struct, Asked["Alive"], frozen=True, tag="Heartbeat"):
    """Sign of life that wants an answer. Answer: Alive."""

    session_id: str


class SignOfLife(msgspec.Struct, frozen=True, tag="SignOfLife"):
    """A scan, a command, an open socket, a device report. session_id None: of its holder."""

    session_id: str | None = None


class Release(msgspec.Struct, frozen=True, tag="Release"):
    """From the cart: the shopper ended the session."""

    session_id: str
    outcome: Outcome


class NoteUnpaid(msgspec.Struct, frozen=True, tag="NoteUnpaid"):
    """From the cart: the session is over, and so many lines were put in that nobody has paid."""

    session_id: str
    user_id: str
    lines: int


class ResumeSession(msgspec.Struct, frozen=True, tag="ResumeSession"):
    """From the cart: the shopper whose session expired is back. Tells OpenSession or NotResumed."""

    session_id: str
    user_id: str


class LockReported(msgspec.Struct, frozen=True, tag="LockReported"):
    """From the device: what the slot's hardware says."""

    hook: Hook
    present: bool
    at: float
    """Grows with every change of one slot (the device sees to it); an older one is ignored."""
    ref: TrolleyRef | None = None
    """So that a trolley nobody has claimed yet knows its branch and place."""
    place: Place | None = None
    """The slot that says so; a trolley does not heed one that it does not stand in."""


class Dock(msgspec.Struct, frozen=True, tag="Dock"):
    """From the branch's returns: the trolley was pushed into this slot."""

    place: Place
    at: float


class UnlockFinished(msgspec.Struct, frozen=True, tag="UnlockFinished"):
    """From the device: how an unlock ended."""

    unlock_id: str
    outcome: UnlockOutcome
    detail: str = ""


class Unlock(msgspec.Struct, Asked["UnlockAccepted"], frozen=True, tag="Unlock"):
    """Staff opens the lock. Answer: UnlockAccepted (the outcome follows as an event)."""

    ref: TrolleyRef
    reason: str


class Lock(msgspec.Struct, frozen=True, tag="Lock"):
    """Staff closes the lock; boards that latch by themselves refuse with 409 ``unsupported``."""

    ref: TrolleyRef


class SetMaintenance(msgspec.Struct, Asked["MaintenanceSet"], frozen=True, tag="SetMaintenance"):
    """Staff takes a trolley out of service or back. Answer: MaintenanceSet."""

    ref: TrolleyRef
    on: bool
    notes: str = ""


class UseTerms(msgspec.Struct, frozen=True, tag="UseTerms"):
    """From the server: the branch's settings have changed; a session that goes on goes by them."""

    ref: TrolleyRef


class CloseRental(msgspec.Struct, Asked["RentalOver"], frozen=True, tag="CloseRental"):
    """Staff has the trolley back, though no slot has seen it. Answer: RentalOver."""

    ref: TrolleyRef
    reason: str


class SetMissing(msgspec.Struct, Asked["MissingSet"], frozen=True, tag="SetMissing"):
    """Staff does not know where the trolley is, or knows again. Answer: MissingSet."""

    ref: TrolleyRef
    on: bool
    reason: str


class ChangeRental(msgspec.Struct, Asked["RentalKept"], frozen=True, tag="ChangeRental"):
    """Staff notes something about a rental, or expects it back at another time. Answer: RentalKept."""

    ref: TrolleyRef
    rental_id: str
    notes: str | None = None
    due_at: float | None = None


# --- answers --------------------------------------------------------------


class LockState(msgspec.Struct, frozen=True):
    """Shadow of the hardware."""

    desired: Hook = "unknown"
    reported: Hook = "unknown"
    at: float | None = None


class Claimed(msgspec.Struct, frozen=True, kw_only=True, tag="Claimed"):
    """created False: the same user again, the same session."""

    session_id: str
    trolley_id: str
    user_id: str
    assigned_at: float
    expires_at: float
    lock: LockState
    created: bool
    cart_revision: int = 0
    """The cart as it was when the session began, so that a repeat can show it again; 0: as it is now."""


class Alive(msgspec.Struct, frozen=True, tag="Alive"):
    session_id: str
    expires_at: float


class UnlockAccepted(msgspec.Struct, frozen=True, tag="LockOrdered"):
    trolley_id: str
    unlock_id: str
    lock: LockState


class MaintenanceSet(msgspec.Struct, frozen=True, tag="MaintenanceSet"):
    trolley_id: str
    on: bool
    notes: str


class RentalOver(msgspec.Struct, frozen=True, tag="RentalOver"):
    trolley_id: str
    status: Literal["returned", "found"]
    at: float


class MissingSet(msgspec.Struct, frozen=True, tag="MissingSet"):
    trolley_id: str
    on: bool
    reason: str


class RentalKept(msgspec.Struct, frozen=True, tag="RentalKept"):
    rental_id: str
    notes: str | None
    due_at: float | None


# --- events ---------------------------------------------------------------


class ClaimRequested(msgspec.Struct, frozen=True, kw_only=True, tag="ClaimRequested"):
    """The trolley is kept for this user until the user's side has agreed."""

    ref: TrolleyRef
    user_id: str
    session_id: str
    claim_id: str
    """The command id that the confirmation settles."""
    at: float
    rental_s: float = 7200.0
    resume_s: float = 0.0
    unpaid_s: float = 0.0


class ClaimDenied(msgspec.Struct, frozen=True, tag="ClaimDenied"):
    """The claim came to nothing; the trolley is free again."""

    session_id: str
    user_id: str
    reason: Literal["user_has_trolley", "timeout", "released"]
    at: float


class ClaimLapsed(msgspec.Struct, frozen=True, tag="ClaimLapsed"):
    """A confirmation came for a claim given up before; changes nothing but closes it at the cart."""

    session_id: str
    user_id: str
    at: float


class TrolleyAssigned(msgspec.Struct, frozen=True, tag="TrolleyAssigned"):
    """The session exists; with lock hardware and a docked trolley an unlock is told."""

    session_id: str
    user_id: str
    unlock_id: str | None
    at: float
    due_at: float | None = None
    """Of a trolley that has no slot: its rental begins and ends with the session, expected by then."""


class SessionEnded(msgspec.Struct, frozen=True, tag="SessionEnded"):
    """The shopper ended the session (outcome paid or abandoned)."""

    session_id: str
    user_id: str
    outcome: Outcome
    at: float


class SessionExpired(msgspec.Struct, frozen=True, tag="SessionExpired"):
    """No sign of life for the branch's session timeout."""

    session_id: str
    user_id: str
    at: float


class SessionResumed(msgspec.Struct, frozen=True, tag="SessionResumed"):
    """A session that had expired goes on: nobody else has the trolley, and it is not in its slot."""

    session_id: str
    user_id: str
    since: float
    """When the session began."""
    at: float


class UnlockRequested(msgspec.Struct, frozen=True, tag="UnlockRequested"):
    """Staff wants the lock open, for a reason that is kept."""

    ref: TrolleyRef
    unlock_id: str
    reason: str
    at: float
    by: str | None = None
    """User id."""
    hold_until: float | None = None
    """Until then they may have it out of its slot; None: somebody holds it, or it is out already."""


class StaffHoldEnded(msgspec.Struct, frozen=True, tag="StaffHoldEnded"):
    """The time is over for which staff may have it out of its slot."""

    at: float


class LockOpened(msgspec.Struct, frozen=True, tag="LockOpened"):
    """The hook was seen open."""

    present: bool
    at: float
    ref: TrolleyRef | None = None
    """Only when it is news to the trolley."""


class LockClosed(msgspec.Struct, frozen=True, tag="LockClosed"):
    """The hook was seen closed."""

    present: bool
    at: float
    ref: TrolleyRef | None = None
    """Only when it is news to the trolley."""


class LockFailed(msgspec.Struct, frozen=True, tag="LockFailed"):
    """An unlock did not end in ``opened``."""

    unlock_id: str
    outcome: UnlockOutcome
    detail: str
    at: float


class TrolleyLeft(msgspec.Struct, frozen=True, tag="TrolleyLeft"):
    """The slot is empty: the rental (custody) begins."""

    user_id: str | None
    at: float
    due_at: float | None = None
    """When it is expected back; None: it left without a session."""


class TrolleyReturned(msgspec.Struct, frozen=True, tag="TrolleyReturned"):
    """Present and hooked again after it was seen to leave: custody ends."""

    user_id: str | None
    """Who took it."""
    at: float


class TrolleyPlaced(msgspec.Struct, frozen=True, tag="TrolleyPlaced"):
    """From here on it stands (or is expected back) in this slot; its lock opens there."""

    place: Place
    before: Place | None
    home: Place | None
    """The slot that it belonged to then; when that changes, the new one holds."""
    at: float


class MaintenanceStarted(msgspec.Struct, frozen=True, tag="MaintenanceStarted"):
    ref: TrolleyRef
    notes: str
    at: float


class MaintenanceEnded(msgspec.Struct, frozen=True, tag="MaintenanceEnded"):
    at: float


class TermsChanged(msgspec.Struct, frozen=True, tag="TermsChanged"):
    """The session goes by other settings of its branch from here on."""

    ref: TrolleyRef
    at: float


class RentalClosed(msgspec.Struct, frozen=True, tag="RentalClosed"):
    """Staff says that the trolley is back; where it stands nobody has seen."""

    status: Literal["returned", "found"]
    reason: str
    at: float


class TrolleyMissing(msgspec.Struct, frozen=True, tag="TrolleyMissing"):
    """Nobody knows where it is; nobody may claim it."""

    ref: TrolleyRef
    reason: str
    at: float


class TrolleyFound(msgspec.Struct, frozen=True, tag="TrolleyFound"):
    """It is not missing any more; an empty reason: a slot saw it."""

    reason: str
    at: float


class RentalNoted(msgspec.Struct, frozen=True, tag="RentalNoted"):
    rental_id: str
    notes: str
    at: float


class RentalExtended(msgspec.Struct, frozen=True, tag="RentalExtended"):
    """It is expected back at another time, later or sooner."""

    rental_id: str
    due_at: float
    at: float


class UnpaidNoted(msgspec.Struct, frozen=True, tag="UnpaidNoted"):
    """It is out of its slot after a session whose goods were not paid; an alarm, unless that changes soon."""

    session_id: str
    user_id: str
    lines: int
    at: float


Command = (
    Claim
    | ConfirmClaim
    | DenyClaim
    | Heartbeat
    | SignOfLife
    | Release
    | NoteUnpaid
    | ResumeSession
    | LockReported
    | Dock
    | UnlockFinished
    | Unlock
    | Lock
    | SetMaintenance
    | UseTerms
    | CloseRental
    | SetMissing
    | ChangeRental
)
Answer = Claimed | Alive | UnlockAccepted | MaintenanceSet | RentalOver | MissingSet | RentalKept
Event = (
    ClaimRequested
    | ClaimDenied
    | ClaimLapsed
    | TrolleyAssigned
    | SessionEnded
    | SessionExpired
    | SessionResumed
    | UnlockRequested
    | StaffHoldEnded
    | LockOpened
    | LockClosed
    | LockFailed
    | TrolleyLeft
    | TrolleyReturned
    | TrolleyPlaced
    | MaintenanceStarted
    | MaintenanceEnded
    | TermsChanged
    | RentalClosed
    | TrolleyMissing
    | TrolleyFound
    | RentalNoted
    | RentalExtended
    | UnpaidNoted
)
