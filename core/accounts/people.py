"""Names of people for screens, kept in memory so that no socket waits for the database."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterable
from typing import Any

from actors.messages.pricing import TIERS
from core.accounts.models import Grant, Role, User

_PHONE = re.compile(r"\+?[0-9]{6,15}")
_MOST = 100_000


def shown_name(username: str, phone: str | None) -> str:
    """Return the username, or for an account by phone only ``•••• 1234``."""
    if username == phone or _PHONE.fullmatch(username):
        return f"•••• {username[-4:]}"
    return username


def shown_names(user_ids: Iterable[Any]) -> dict[str, str]:
    """Return the names to show of these people, by id as text; erased accounts are left out. Blocking."""
    wanted = set(user_ids)
    if not wanted:
        return {}
    rows = User.objects.filter(pk__in=wanted).values_list("id", "username", "phone")
    return {str(user_id): shown_name(username, phone) for user_id, username, phone in rows}


class ShownNames:
    """Names to show by user id, each read once. Blocking."""

    def __init__(self) -> None:
        self._known: dict[Any, str | None] = {}

    def load(self, user_ids: Iterable[Any]) -> None:
        """Read the names of these people that are not known yet, by one query."""
        wanted = {user_id for user_id in user_ids if user_id is not None} - set(self._known)
        if wanted:
            found = shown_names(wanted)
            self._known.update((user_id, found.get(str(user_id))) for user_id in wanted)

    def of(self, user_id: Any) -> str | None:
        """Return the name; None for an unknown or erased account."""
        if user_id is not None and user_id not in self._known:
            found = User.objects.filter(pk=user_id).values_list("username", "phone").first()
            self._known[user_id] = None if found is None else shown_name(*found)
        return self._known.get(user_id)


def find_tier(user_id: str) -> str:
    """Return the tier of an account; of a deleted one, the first. Blocking."""
    return User.objects.filter(pk=user_id).values_list("tier", flat=True).first() or TIERS[0]


class People:
    """User id -> display name. Bounded: the least recently used is evicted first."""

    def __init__(self, most: int = _MOST) -> None:
        self._names: OrderedDict[str, str] = OrderedDict()
        self._most = most
        self._managers: dict[tuple[str, str | None], tuple[str, ...]] = {}
        """By chain and branch; branch None: of the whole chain."""
        self._tiers: dict[str, str] = {}
        """Of those who have a higher one than everybody."""

    def display(self, user_id: str) -> str:
        """Return the name to show, or an empty string if it is not loaded (or the account was erased)."""
        return self._names.get(user_id, "")

    def tier(self, user_id: str) -> str:
        """Return the tier of somebody's account; the first tier if the account is not loaded."""
        return self._tiers.get(user_id, TIERS[0])

    def note(self, user_id: str, username: str, tier: str = TIERS[0]) -> None:
        """Cache name and tier of an account at hand, e.g. a principal's."""
        self._keep(user_id, shown_name(username, None), tier)

    def load(self, user_ids: Iterable[str]) -> set[str]:
        """Read the names of these users; return whose there are. Blocking."""
        rows = User.objects.filter(pk__in=user_ids)
        found = set()
        for user_id, username, phone, tier in rows.values_list("id", "username", "phone", "tier"):
            found.add(str(user_id))
            self._keep(str(user_id), shown_name(username, phone), tier)
        return found

    def reload(self) -> None:
        """Reload all cached names; meanwhile they stand as they were, and others may be added. Blocking."""
        kept = list(self._names)
        for user_id in set(kept) - self.load(kept):
            self._names.pop(user_id, None)
            self._tiers.pop(user_id, None)
        self.load_managers()

    def managers(self, chain: str, branch: str) -> tuple[str, ...]:
        """Return the ids of those who run a branch: its managers and the chain's admins."""
        return self._managers.get((chain, branch), ()) + self._managers.get((chain, None), ())

    def load_managers(self) -> None:
        """Read who runs which branch. Blocking."""
        found: dict[tuple[str, str | None], set[str]] = {}
        rows = Grant.objects.filter(role__in=(Role.MANAGER, Role.CHAIN_ADMIN), user__is_active=True)
        for user_id, chain, branch in rows.values_list("user_id", "chain__slug", "branch__code"):
            found.setdefault((chain, branch), set()).add(str(user_id))
        self._managers = {place: tuple(sorted(who)) for place, who in found.items()}

    def _keep(self, user_id: str, name: str, tier: str) -> None:
        self._names[user_id] = name
        self._names.move_to_end(user_id)
        if tier != TIERS[0]:
            self._tiers[user_id] = tier
        else:
            self._tiers.pop(user_id, None)
        if len(self._names) > self._most:
            self._tiers.pop(self._names.popitem(last=False)[0], None)
