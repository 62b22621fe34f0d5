"""Branches, trolleys and devices in memory: the reference data that the edge puts into commands."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import msgspec
from django.db.models import QuerySet

from actors.messages.trolley import Place, TrolleyRef
from core.fleet.models import Controller, Device, Trolley
from core.tenancy.models import Branch, Chain


class BranchSettings(msgspec.Struct, frozen=True):
    """What a branch decides for its trolleys."""

    session_timeout_s: float
    restore_s: float
    one_trolley_per_user: bool
    resumes_sessions: bool
    rental_minutes: int
    returns_anywhere: bool = False
    signed_qr_only: bool = False
    conflict_display: str = "name"
    """What others are told of who holds a trolley: name, masked or nothing."""
    check_rate: int = 0
    """Of a hundred orders, so many are checked at the exit."""
    unpaid_minutes: int = 0
    """After so long a trolley that is out with goods that nobody has paid is an alarm; 0: never."""


class BranchInfo(msgspec.Struct, frozen=True):
    """A branch as the edge needs it."""

    id: str
    code: str
    name: str
    city: str
    chain: str
    """Chain slug."""
    currency: str
    is_active: bool
    settings: BranchSettings
    floor_plan: dict[str, Any]
    timezone: str = "UTC"


class ChainInfo(msgspec.Struct, frozen=True):
    """A chain as the edge needs it."""

    id: str
    slug: str
    name: str
    currency: str
    is_active: bool


class ControllerInfo(msgspec.Struct, frozen=True):
    """A lock board's place and dialect."""

    port: str
    address: int
    baudrate: int
    protocol: str
    polarity: str


class DeviceInfo(msgspec.Struct, frozen=True):
    """A Pi and its boards."""

    id: str
    name: str
    branch: str
    """Branch code."""
    chain: str
    is_revoked: bool
    token_version: int
    controllers: tuple[ControllerInfo, ...]


class _Plan(msgspec.Struct, frozen=True):
    chains: dict[str, ChainInfo] = {}
    branches: dict[str, BranchInfo] = {}
    branches_by_id: dict[str, BranchInfo] = {}
    branches_of: dict[str, tuple[BranchInfo, ...]] = {}
    trolleys: dict[str, tuple[TrolleyRef, str]] = {}
    """With what each one's printed QR must have signed."""
    codes: dict[str, str] = {}
    """Codes that are not in capitals, by the code in capitals."""
    trolleys_of: dict[str, tuple[TrolleyRef, ...]] = {}
    devices: dict[str, DeviceInfo] = {}
    slots: dict[str, dict[int, str]] = {}
    shortest_timeout_s: float = 30.0


class Directory:
    """All reference data of the fleet. Readable from any thread: a reload replaces everything at once."""

    def __init__(self) -> None:
        self._plan = _Plan()

    def trolley(self, trolley_id: str) -> TrolleyRef | None:
        """Return the trolley with that public code, in capitals or not, or None."""
        plan = self._plan
        found = plan.trolleys.get(trolley_id)
        if found is None:
            capitals = trolley_id.upper()
            found = plan.trolleys.get(plan.codes.get(capitals, capitals))
        return None if found is None else found[0]

    def trolleys(self, branch: str) -> tuple[TrolleyRef, ...]:
        """Return the trolleys of a branch by number."""
        return self._plan.trolleys_of.get(branch, ())

    def nonce(self, trolley_id: str) -> str | None:
        """Return what the trolley's printed QR must have signed, or None for an unknown trolley."""
        found = self._plan.trolleys.get(trolley_id)
        return None if found is None else found[1]

    def branch(self, code: str) -> BranchInfo | None:
        """Return the branch with that code, or None."""
        return self._plan.branches.get(code)

    def find_branch(self, code_or_id: str) -> BranchInfo | None:
        """Return the branch with that code or id, or None."""
        found = self._plan.branches.get(code_or_id)
        return self._plan.branches_by_id.get(code_or_id.lower()) if found is None else found

    def branches(self, chain: str | None = None) -> tuple[BranchInfo, ...]:
        """Return the branches of a chain, or of all, by code."""
        if chain is None:
            return tuple(self._plan.branches.values())
        return self._plan.branches_of.get(chain, ())

    def chain(self, slug: str) -> ChainInfo | None:
        """Return the chain with that slug, or None."""
        return self._plan.chains.get(slug)

    def chains(self) -> tuple[ChainInfo, ...]:
        """Return every chain by slug."""
        return tuple(self._plan.chains.values())

    def device(self, device_id: str) -> DeviceInfo | None:
        """Return the device with that id, or None."""
        return self._plan.devices.get(device_id)

    def devices(self) -> tuple[DeviceInfo, ...]:
        """Return every device, also those that are revoked."""
        return tuple(self._plan.devices.values())

    def slots(self, device_id: str) -> Mapping[int, str]:
        """Return slot -> trolley code for a device."""
        return self._plan.slots.get(device_id, {})

    def shortest_timeout_s(self) -> float:
        """Return the shortest session timeout of any branch, in seconds."""
        return self._plan.shortest_timeout_s

    def reload(self, between: Callable[[], None] | None = None) -> None:
        """Read everything from the database; with many trolleys ``between`` is called now and then. Blocking.

        ``between`` may call :meth:`reload_branches`, for settings that somebody waits for.
        """
        rows = _branch_rows()
        devices = {str(row.pk): _device(row) for row in _devices()}
        trolleys: dict[str, tuple[TrolleyRef, str]] = {}
        slots: dict[str, dict[int, str]] = {}
        for count, (ref, nonce) in enumerate(_trolleys(rows, devices, Trolley.objects.all())):
            if between is not None and count % _AT_ONCE == 0:
                between()
            trolleys[ref.trolley_id] = (ref, nonce)
            if ref.place is not None:
                slots.setdefault(ref.place.device_id, {})[ref.place.slot] = ref.trolley_id
        plan = _Plan(
            trolleys=trolleys,
            codes={code.upper(): code for code in trolleys if code != code.upper()},
            trolleys_of=_by_branch(ref for ref, _ in trolleys.values()),
            devices=devices,
            slots=slots,
        )
        # What branches have decided while their trolleys were read is not taken back.
        self._plan = _caught_up(plan)

    def reload_branches(self) -> None:
        """Read chains and branches, and only those trolleys whose branch has other terms now. Blocking.

        Trolleys and devices that have changed themselves wait for :meth:`reload`.
        """
        self._plan = _caught_up(self._plan)


_AT_ONCE = 5000


def _caught_up(plan: _Plan) -> _Plan:
    """Return the plan with chains and branches as they are now, and the terms of those branches' trolleys."""
    rows = _branch_rows()
    changed = [row for row in rows if _other_terms(plan.trolleys_of.get(row.code), _shared(row))]
    if changed:
        among = Trolley.objects.filter(branch__in=changed)
        read = {ref.trolley_id: (ref, nonce) for ref, nonce in _trolleys(changed, plan.devices, among)}
        kept = {code: read[code] for code in read if code in plan.trolleys}
        by_branch = _by_branch(ref for ref, _ in kept.values())
        plan = msgspec.structs.replace(
            plan, trolleys={**plan.trolleys, **kept}, trolleys_of={**plan.trolleys_of, **by_branch}
        )
    return _with_branches(plan, rows)


def _branch_rows() -> list[Branch]:
    return list(Branch.objects.select_related("chain").order_by("code"))


def _with_branches(plan: _Plan, rows: list[Branch]) -> _Plan:
    """Return the plan with these branches and all chains."""
    chains = {chain.slug: _chain(chain) for chain in Chain.objects.order_by("slug")}
    branches = {row.code: _branch(row) for row in rows}
    of_chain: dict[str, list[BranchInfo]] = {slug: [] for slug in chains}
    for branch in branches.values():
        of_chain.setdefault(branch.chain, []).append(branch)
    return msgspec.structs.replace(
        plan,
        chains=chains,
        branches=branches,
        branches_by_id={branch.id: branch for branch in branches.values()},
        branches_of={slug: tuple(them) for slug, them in of_chain.items()},
        shortest_timeout_s=min((each.settings.session_timeout_s for each in branches.values()), default=30.0),
    )


def _other_terms(refs: tuple[TrolleyRef, ...] | None, terms: _Shared) -> bool:
    """Return whether the trolleys of a branch may have been sent other terms than these."""
    if not refs:
        return False
    first = refs[0]
    told = (first.chain, first.currency, first.session_timeout_s, first.restore_s, first.one_per_user)
    now = (terms.chain, terms.currency, terms.session_timeout_s, terms.restore_s, terms.one_per_user)
    return told != now or any(ref.is_active for ref in refs) != terms.is_active


def _trolleys(
    branches: Iterable[Branch], devices: Mapping[str, DeviceInfo], among: QuerySet[Trolley]
) -> Iterator[tuple[TrolleyRef, str]]:
    """Yield the trolleys of these rows as ``ref_of`` would have them, and their nonces, by branch and number.

    What trolleys of one branch share is one object: there are tens of thousands of them. The branch comes by
    its code, for making an id of what the database says costs more than all the rest.
    """
    shared = {row.code: _shared(row) for row in branches}
    by_id = {key: device.id for key, device in devices.items() if not device.is_revoked}
    rows = among.order_by("branch__code", "cart_number").values_list(
        "trolley_id", "branch__code", "cart_number", "is_active", "qr_nonce", "place_device_id", "place_slot"
    )
    for code, branch, number, is_active, nonce, device, slot in rows.iterator(_AT_ONCE):
        terms = shared.get(branch)
        if terms is None:
            continue  # Its branch has come since the branches were read, and the next reload with it.
        device_id = by_id.get(str(device))
        place = None if device_id is None or slot is None else Place(device_id, slot)
        yield (
            TrolleyRef(
                trolley_id=code,
                branch=terms.code,
                chain=terms.chain,
                cart_number=number,
                currency=terms.currency,
                is_active=is_active and terms.is_active,
                place=place,
                session_timeout_s=terms.session_timeout_s,
                restore_s=terms.restore_s,
                one_per_user=terms.one_per_user,
            ),
            nonce,
        )


class _Shared(NamedTuple):
    code: str
    chain: str
    currency: str
    is_active: bool
    session_timeout_s: float
    restore_s: float
    one_per_user: bool


def _shared(row: Branch) -> _Shared:
    return _Shared(
        code=row.code,
        chain=row.chain.slug,
        currency=row.chain.currency,
        is_active=row.is_active and row.chain.is_active,
        session_timeout_s=float(row.session_timeout_s),
        restore_s=float(row.restore_s),
        one_per_user=row.one_trolley_per_user,
    )


def ref_of(row: Trolley) -> TrolleyRef:
    """Return the reference data of a trolley row; its branch, chain and device should be selected with it.

    A trolley that belongs into a slot has a lock; with the slot's device revoked it has none.
    """
    branch = row.branch
    place = None
    device = row.place_device
    if device is not None and row.place_slot is not None and not device.is_revoked:
        place = Place(str(device.pk), row.place_slot)
    return TrolleyRef(
        trolley_id=row.trolley_id,
        branch=branch.code,
        chain=branch.chain.slug,
        cart_number=row.cart_number,
        currency=branch.chain.currency,
        is_active=row.is_active and branch.is_active and branch.chain.is_active,
        place=place,
        session_timeout_s=float(branch.session_timeout_s),
        restore_s=float(branch.restore_s),
        one_per_user=branch.one_trolley_per_user,
    )


def _devices() -> QuerySet[Device]:
    return Device.objects.select_related("branch__chain").prefetch_related("controllers")


def _by_branch(refs: Iterable[TrolleyRef]) -> dict[str, tuple[TrolleyRef, ...]]:
    found: dict[str, list[TrolleyRef]] = {}
    for ref in refs:
        found.setdefault(ref.branch, []).append(ref)
    return {code: tuple(them) for code, them in found.items()}


def _chain(row: Chain) -> ChainInfo:
    return ChainInfo(str(row.pk), row.slug, row.name, row.currency, row.is_active)


def _branch(row: Branch) -> BranchInfo:
    return BranchInfo(
        id=str(row.pk),
        code=row.code,
        name=row.name,
        city=row.city,
        chain=row.chain.slug,
        currency=row.chain.currency,
        is_active=row.is_active and row.chain.is_active,
        settings=BranchSettings(
            session_timeout_s=float(row.session_timeout_s),
            restore_s=float(row.restore_s),
            one_trolley_per_user=row.one_trolley_per_user,
            resumes_sessions=row.resumes_sessions,
            rental_minutes=row.rental_minutes,
            returns_anywhere=row.returns_anywhere,
            signed_qr_only=row.signed_qr_only,
            conflict_display=row.conflict_display,
            check_rate=row.check_rate,
            unpaid_minutes=row.unpaid_minutes,
        ),
        floor_plan=row.floor_plan,
        timezone=row.timezone,
    )


def _device(row: Device) -> DeviceInfo:
    return DeviceInfo(
        id=str(row.pk),
        name=row.name,
        branch=row.branch.code,
        chain=row.branch.chain.slug,
        is_revoked=row.is_revoked,
        token_version=row.token_version,
        controllers=tuple(_controller(one) for one in row.controllers.all()),
    )


def _controller(row: Controller) -> ControllerInfo:
    return ControllerInfo(row.port, row.address, row.baudrate, row.protocol, row.polarity)
