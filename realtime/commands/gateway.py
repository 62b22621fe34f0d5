"""Between a client's command and the actors: reference data, permissions, asking.

A handler of the command table gets the gateway, the principal, the body and the
key. What it begins it begins at once, so that a socket's commands start in order;
it returns either a :class:`Direct` (an ask and how to shape its outcome, the hot
path, no task) or a coroutine that ends in an :class:`Answer`. It raises Problem.
"""

from __future__ import annotations

import hashlib
import os
import re
import time
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from actors.cart.decider import State as CartState
from actors.kit.decider import Look
from actors.messages.alarms import Alarm
from actors.messages.cart import Line, Offer
from actors.messages.trolley import TrolleyRef
from actors.runtime.address import Address
from core.accounts.principals import Principal, may
from core.catalogue.live.catalogue import Catalogue, CatalogueProduct
from core.database import in_thread
from core.fleet.directory import BranchInfo, Directory
from core.fleet.trolleys import qr
from realtime.problems import Problem, forbidden, from_error, from_refusal, invalid, not_found
from realtime.views.alarm import AlarmView, alarm_view
from realtime.views.cart import CartView, Items, ItemView, cart_view

if TYPE_CHECKING:
    from core.accounts.people import People


class Actors(Protocol):
    """The actor system, in this process or at the other end of Redis; see the runtime's System.

    What an ask returns can be awaited, or takes ``add_done_callback``; it gives an Outcome.
    """

    def ask(
        self,
        address: Address,
        command: Any,
        command_id: str | None = None,
        principal: str = "",
        timeout: float = 5.0,
    ) -> Any:
        """Send a command; never waits."""

    def tell(
        self, address: Address, command: Any, command_id: str | None = None, principal: str = ""
    ) -> None:
        """Send a command and hear nothing."""

    def since(self, address: Address, epoch: str, offset: int) -> Any:
        """Return a reply of what a stream has had since, or of None."""

    def state_at(self, address: Address, seq: int) -> Any:
        """Return a reply of the state after event ``seq``."""


class Answer(msgspec.Struct, frozen=True, gc=False):
    """What a command answers: data of its reply, HTTP status, and the state behind it for more views."""

    data: Any
    status: int = 200
    outcome: Any = None


class Direct(msgspec.Struct, frozen=True, gc=False):
    """One ask; ``shape`` turns its accepted outcome into the Answer."""

    pending: Any
    shape: Callable[[Any], Answer]


Begun = Direct | Coroutine[Any, Any, Answer]

_MOST_KNOWN = 100_000
"""Shoppers whose place is remembered."""
_KEY = re.compile(r"[A-Za-z0-9_-]{1,64}")


_ids: list[str] = []
_IDS_AT_ONCE = 256


def new_id() -> str:
    """Return a random UUID (version 4) as text.

    The randomness of many is fetched at once: a call of the system for each costs a microsecond, and
    gives up the interpreter lock in the middle of a command.
    """
    try:
        return _ids.pop()
    except IndexError:
        dice = os.urandom(16 * _IDS_AT_ONCE).hex()
        _ids.extend(_uuid(dice[at : at + 32]) for at in range(0, len(dice), 32))
        return _ids.pop()


def _uuid(hexes: str) -> str:
    return f"{hexes[:8]}-{hexes[8:12]}-4{hexes[13:16]}-a{hexes[17:20]}-{hexes[20:]}"


class Gateway:
    """What command handlers work with. Everything but :meth:`blocking` is in memory.

    ``find_session`` is the blocking read-model lookup: session id to (user id, branch, chain) or None.
    """

    def __init__(
        self,
        actors: Actors,
        directory: Directory,
        catalogue: Callable[[str], Catalogue],
        people: People,
        *,
        ask_timeout_s: float = 5.0,
        find_session: Callable[[str], tuple[str, str, str] | None],
        now: Callable[[], float] = time.time,
    ) -> None:
        self.actors = actors
        self.directory = directory
        self.catalogue = catalogue
        self.people = people
        self.now = now
        self._timeout = ask_timeout_s
        self._find_session = find_session
        self._places: dict[str, tuple[str, str]] = {}
        self._items = Items()

    # --- asking ---------------------------------------------------------------

    def ask(self, kind: str, key: str, command: Any, who: Principal, command_id: str | None = None) -> Any:
        """Ask the entity; the command id is scoped to the principal. Returns the pending reply."""
        if command_id is not None and key != who.id:
            command_id = f"{who.id}:{command_id}"
        return self.actors.ask(Address(kind, key), command, command_id, f"{who.kind}:{who.id}", self._timeout)

    async def outcome(self, pending: Any) -> Any:
        """Return the accepted outcome of an ask. Raises Problem for refusals and failures."""
        try:
            outcome = await pending
        except Exception as error:
            raise from_error(error) from error
        if outcome.refusal is not None:
            raise from_refusal(outcome.refusal)
        return outcome

    async def name_of(self, user_id: str) -> str:
        """Return the name shown of somebody; read from the database if it is not in memory."""
        name = self.people.display(user_id)
        if not name:
            await self.blocking(self.people.load, [user_id])
            name = self.people.display(user_id)
        return name

    async def look(self, kind: str, key: str, who: Principal) -> Any:
        """Return the outcome of a Look: the state after every earlier commit."""
        return await self.outcome(self.ask(kind, key, Look(), who))

    async def blocking(self, function: Callable[..., Any], *args: Any) -> Any:
        """Run something that may touch the database in a thread."""
        return await in_thread(function)(*args)

    # --- reference data ---------------------------------------------------------

    def trolley_code(self, text: str) -> str:
        """Return the trolley id of a typed code or of the address in a QR. Raises the 400."""
        try:
            return qr.parse(text, self.directory.nonce)
        except qr.QrError as error:
            raise invalid("trolley_id", error.detail, code=error.code) from error

    def trolley(self, trolley_id: str) -> TrolleyRef:
        """Return the trolley's reference data. Raises the 404."""
        ref = self.directory.trolley(trolley_id)
        if ref is None:
            raise not_found("trolley_not_found", "There is no such trolley.")
        return ref

    def branch(self, code: str) -> BranchInfo:
        """Return the branch. Raises the 404."""
        branch = self.directory.branch(code)
        if branch is None:
            raise not_found("branch_not_found", "There is no such branch.")
        return branch

    def remember_place(self, user_id: str, chain: str, branch: str) -> None:
        """Keep where a shopper shops; the next product comes from that chain, at that branch's price."""
        if len(self._places) >= _MOST_KNOWN:
            self._places.pop(next(iter(self._places)))
        self._places[user_id] = (chain, branch)

    def chain_of(self, user_id: str) -> str | None:
        """Return the chain the shopper is in, or None when this process does not know yet.

        That is also so when prices hang on the branch, and the branch is not known.
        """
        place = self._places.get(user_id)
        if place is not None:
            return place[0]
        chains = self.directory.chains()
        if len(chains) != 1 or self.catalogue(chains[0].slug).by_branch:
            return None
        return chains[0].slug

    def branch_of(self, user_id: str) -> str:
        """Return the branch the shopper was last seen in, or an empty text."""
        place = self._places.get(user_id)
        return "" if place is None else place[1]

    def offer(self, who: Principal, product: CatalogueProduct, variant_id: str | None = None) -> Offer:
        """Return what a command of this shopper takes along. Raises KeyError for an unknown variant."""
        place = self._places.get(who.id)
        if place is None:
            chain, branch = self.chain_of(who.id) or self._selling(product.product_id), ""
        else:
            chain, branch = place
        return self.catalogue(chain).offer(product, variant_id, branch, who.tier)

    def _selling(self, product_id: str) -> str:
        slugs = (chain.slug for chain in self.directory.chains())
        return next((slug for slug in slugs if self.catalogue(slug).by_id(product_id)), "")

    def line(self, line_id: str) -> Line | None:
        """Return a line that this process has shown, or None; it may have changed or gone since."""
        return self._items.line(line_id)

    def finder(self, user_id: str) -> Callable[[str], CatalogueProduct | None]:
        """Return how to look products up for this shopper's screens."""
        chain = self.chain_of(user_id)
        return self.catalogue(chain).finder() if chain is not None else self._anywhere

    def _anywhere(self, product_id: str) -> CatalogueProduct | None:
        found = (self.catalogue(chain.slug).by_id(product_id) for chain in self.directory.chains())
        return next((product for product in found if product is not None), None)

    def item(self, line: Line, user_id: str) -> ItemView:
        """Return a line as its shopper sees it."""
        return self._items.view(line, self.finder(user_id)(line.product_id))

    def shown(self, line: Line, product: CatalogueProduct) -> ItemView:
        """Return a line as its shopper sees it, of a product that was just looked up."""
        return self._items.view(line, product)

    def cart(self, state: CartState, short: frozenset[str] = frozenset()) -> CartView:
        """Return a cart as its shopper sees it; of the SKUs in ``short`` there is not enough."""
        user_id = state.user_id
        return cart_view(state, self.finder(user_id), self.currency_of(user_id), self._items, short)

    def alarm(self, alarm: Alarm) -> AlarmView:
        """Return an alarm as staff sees it."""
        return alarm_view(alarm, self.people.display, self._goods)

    def _goods(self, sku: str) -> str:
        product_id, _, variant_id = sku.partition("/")
        product = self._anywhere(product_id)
        if product is None:
            return ""
        variant = next((each for each in product.variants if each.variant_id == variant_id), None)
        return product.name if variant is None else f"{product.name} {variant.name}"

    def currency_of(self, user_id: str) -> str:
        """Return the currency that an empty cart of this shopper shows."""
        slug = self.chain_of(user_id)
        chain = next(iter(self.directory.chains()), None) if slug is None else self.directory.chain(slug)
        return "" if chain is None else chain.currency

    async def find_chain(self, who: Principal, has: Callable[[Catalogue], bool] | None = None) -> str:
        """Return the chain the shopper holds a trolley of, else the first one that ``has`` what is wanted.

        Raises the 503 while there is no chain at all.
        """
        state = (await self.look("cart", who.id, who)).state
        held = next(iter(state.sessions), None)
        if held is not None:
            self.remember_place(who.id, held.chain, held.branch)
            return str(held.chain)
        slugs = [chain.slug for chain in self.directory.chains()]
        if not slugs:
            raise Problem(503, "no_catalogue", "There is no catalogue yet.", retry_after=5)
        slug = next((slug for slug in slugs if has is not None and has(self.catalogue(slug))), slugs[0])
        if len(slugs) == 1:
            self.remember_place(who.id, slug, "")
        return slug

    # --- permissions --------------------------------------------------------------

    def require(self, who: Principal, permission: str, chain: str, branch: str | None, missing: str) -> None:
        """Raise unless ``who`` may: 403, or 404 with code ``missing`` for another tenant's thing."""
        if may(who, permission, chain, branch):
            return
        if who.grants and not any(grant.chain == chain for grant in who.grants):
            raise not_found(missing, "There is no such thing here.")
        raise forbidden()

    async def session_owner(self, who: Principal, session_id: str) -> str:
        """Return whose session it is, if ``who`` works in its branch. Raises the 404 or 403."""
        found = await self.blocking(self._find_session, session_id)
        gone = not_found("session_not_found", "There is no such session.")
        if found is None:
            raise gone
        owner, branch, chain = found
        if owner != who.id and not may(who, "session.for_others", chain, branch):
            raise gone
        return str(owner)


def scoped_key(text: str) -> str:
    """Return an Idempotency-Key as a command id: itself if it is plain, else a digest of it."""
    if _KEY.fullmatch(text):
        return text
    return f"k{hashlib.sha256(text.encode()).hexdigest()[:40]}"
