"""Reference data in memory that commands take along, and what is shown with it.

Everything here answers at once, but for :meth:`Names.of`, which may read an account.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple
from zoneinfo import ZoneInfo

from actors.cart import State as CartState
from actors.cart.budget import standing
from actors.kit.money import zero
from actors.messages.alarms import Alarm
from actors.messages.branch import TrolleyCard
from actors.messages.cart import Line, Offer
from actors.messages.money.amounts import Amounts, Promoted
from actors.messages.money.promotions import Deal
from actors.messages.trolley import TrolleyRef
from actors.pricing import promoted
from core.accounts.people import People
from core.accounts.principals import Principal
from core.assistant.preferences.wants import WantsOfPeople
from core.assistant.recommendations.suggesting import greener_than
from core.catalogue.labels import ScaleLabel
from core.catalogue.live.catalogue import Catalogue, CatalogueProduct
from core.catalogue.live.promotions import Active
from core.fleet.directory import BranchInfo, Directory
from core.fleet.trolleys import qr
from realtime.pipeline.asking import Asking, in_database
from realtime.problems import Problem, invalid, not_found
from realtime.views.alarm import AlarmView, alarm_view
from realtime.views.cart import CartAnswer, CartView, Items, ItemView, cart_answer, cart_view
from realtime.views.footprint import footprint

QR = ("qr_malformed", "qr_invalid")
"""Refusals of what names a trolley by its code or QR."""
_PICK_S = 5.0
"""How long a trolley that was picked is left to whoever picked it."""
_MOST_KNOWN = 100_000
"""Shoppers whose place is remembered."""


class Fleet:
    """Branches and trolleys by what people call them."""

    def __init__(self, directory: Directory) -> None:
        self.directory = directory
        self._picked: dict[str, float] = {}

    def pick(self, free: Iterable[str], now: float) -> TrolleyRef | None:
        """Return the first of these trolleys that was not picked just now, or None.

        Two who ask for the next free one at once so get two.
        """
        self._picked = {code: at for code, at in self._picked.items() if now - at < _PICK_S}
        for code in free:
            ref = self.directory.trolley(code)
            if ref is not None and code not in self._picked:
                self._picked[code] = now
                return ref
        return None

    def trolley(self, text: str) -> TrolleyRef:
        """Return the trolley of a typed code or of the address in a QR. Raises the 400 or 404."""
        return self.scanned(text)[0]

    def scanned(self, text: str) -> tuple[TrolleyRef, bool]:
        """Return the same, and whether the text had the key of the trolley's print."""
        try:
            scan = qr.read(text, self.directory.nonce)
        except qr.QrError as error:
            raise invalid("trolley_id", error.detail, code=error.code) from error
        ref = self.directory.trolley(scan.trolley_id)
        if ref is None:
            raise not_found("trolley_not_found", "There is no such trolley.")
        return ref, scan.signed

    def branch(self, code_or_id: str) -> BranchInfo:
        """Return the branch. Raises the 404."""
        branch = self.directory.find_branch(code_or_id)
        if branch is None:
            raise not_found("branch_not_found", "There is no such branch.")
        return branch

    def trolley_in(self, branch: str, number_or_code: str) -> TrolleyRef:
        """Return the trolley of a branch (code or id) with that number or code. Raises the 404."""
        info = self.directory.find_branch(branch)
        for ref in () if info is None else self.directory.trolleys(info.code):
            if str(ref.cart_number) == number_or_code or ref.trolley_id == number_or_code:
                return ref
        raise not_found("trolley_not_found", "There is no such trolley in this branch.")


class Places:
    """In which chain and branch each shopper shops, as far as this process has seen."""

    def __init__(self, directory: Directory, catalogue: Callable[[str], Catalogue]) -> None:
        self._directory = directory
        self._catalogue = catalogue
        self._known: dict[str, tuple[str, str, str]] = {}

    def remember(self, user_id: str, chain: str, branch: str, trolley_id: str = "") -> None:
        """Keep where a shopper shops; the next product comes from that chain, at that branch's price."""
        if len(self._known) >= _MOST_KNOWN:
            self._known.pop(next(iter(self._known)))
        self._known[user_id] = (chain, branch, trolley_id)

    def chain_of(self, user_id: str) -> str | None:
        """Return the chain the shopper is in, or None when this process does not know yet.

        That is also so when prices hang on the branch, and the branch is not known.
        """
        place = self._known.get(user_id)
        if place is not None:
            return place[0]
        chains = self._directory.chains()
        if len(chains) != 1 or self._catalogue(chains[0].slug).by_branch:
            return None
        return chains[0].slug

    def of(self, user_id: str) -> tuple[str | None, str]:
        """Return the chain as :meth:`chain_of` does, and the branch as :meth:`branch_of`."""
        place = self._known.get(user_id)
        return (self.chain_of(user_id), "") if place is None else place[:2]

    def branch_of(self, user_id: str) -> str:
        """Return the branch the shopper was last seen in, or an empty text."""
        place = self._known.get(user_id)
        return "" if place is None else place[1]

    def trolley_of(self, user_id: str) -> str:
        """Return the trolley the shopper was last seen with, or an empty text. For the log."""
        place = self._known.get(user_id)
        return "" if place is None else place[2]

    async def find_chain(
        self, asking: Asking, who: Principal, has: Callable[[Catalogue], bool] | None = None
    ) -> str:
        """Return the chain the shopper holds a trolley of, else the first one that ``has`` what is wanted.

        Raises the 503 while there is no chain at all.
        """
        known = self.chain_of(who.id)
        if known is not None:
            return known
        state = (await asking.look("cart", who.id, who)).state
        held = next(iter(state.sessions), None)
        if held is not None:
            self.remember(who.id, held.chain, held.branch, held.trolley_id)
            return str(held.chain)
        slugs = [chain.slug for chain in self._directory.chains()]
        if not slugs:
            raise Problem(503, "no_catalogue", "There is no catalogue yet.", retry_after=5)
        slug = next((slug for slug in slugs if has is not None and has(self._catalogue(slug))), slugs[0])
        if len(slugs) == 1:
            self.remember(who.id, slug, "")
        return slug

    def currency_of(self, user_id: str) -> str:
        """Return the currency that an empty cart of this shopper shows."""
        slug = self.chain_of(user_id)
        chain = next(iter(self._directory.chains()), None) if slug is None else self._directory.chain(slug)
        return "" if chain is None else chain.currency


class Names:
    """Names of people for screens."""

    def __init__(self, people: People) -> None:
        self.people = people
        self.display = people.display

    async def of(self, user_id: str) -> str:
        """Return a user's display name; from the database if it is not in memory."""
        name = self.display(user_id)
        if not name:
            await in_database(self.people.load, [user_id])
            name = self.display(user_id)
        return name


class _Known(NamedTuple):
    """What promotions made of a cart, of which lines, and which of them were in force."""

    lines: dict[str, Line]
    active: Active
    found: tuple[Promoted, ...]


class GoodsLookup:
    """Products as carts take them along and as screens show them."""

    def __init__(
        self,
        directory: Directory,
        catalogue: Callable[[str], Catalogue],
        places: Places,
        names: Names,
        wants: WantsOfPeople,
        now: Callable[[], float],
    ) -> None:
        self.catalogue = catalogue
        self._directory = directory
        self._places = places
        self._names = names
        self._now = now
        self._items = Items()
        self.shown = self._items.view
        """Return a line as somebody sees it who avoids those allergens, of a product just looked up."""
        self._wants = wants
        self.avoided = wants.allergens_of
        """Return the allergens that a shopper is warned of."""
        self._promoted: dict[str, _Known] = {}

    def offer(
        self,
        who: Principal,
        product: CatalogueProduct,
        variant_id: str | None = None,
        label: ScaleLabel | None = None,
    ) -> Offer:
        """Return what a command of this shopper takes along. Raises KeyError for an unknown variant."""
        chain = self._places.chain_of(who.id) or self._selling(product.product_id)
        return self.catalogue(chain).offer(
            product, variant_id, self._places.branch_of(who.id), who.tier, label
        )

    def _selling(self, product_id: str) -> str:
        slugs = (chain.slug for chain in self._directory.chains())
        return next((slug for slug in slugs if self.catalogue(slug).by_id(product_id)), "")

    def finder(self, user_id: str) -> Callable[[str], CatalogueProduct | None]:
        """Return how to look products up for this shopper's screens."""
        chain = self._places.chain_of(user_id)
        return self.catalogue(chain).finder() if chain is not None else self._anywhere

    def _anywhere(self, product_id: str) -> CatalogueProduct | None:
        found = (self.catalogue(chain.slug).by_id(product_id) for chain in self._directory.chains())
        return next((product for product in found if product is not None), None)

    def line(self, line_id: str) -> Line | None:
        """Return a line that this process has shown, or None; it may have changed or been removed since."""
        return self._items.line(line_id)

    def item(self, line: Line, user_id: str) -> ItemView:
        """Return a line as its shopper sees it."""
        return self._items.view(line, self.finder(user_id)(line.product_id), self.avoided(user_id))

    def live_cart(self, state: CartState) -> CartView:
        """Return a cart as the followers of its topic have it."""
        user_id, total = state.user_id, self.total(state)
        find, currency = self.finder(user_id), self._places.currency_of(user_id)
        avoided, now = self.avoided(user_id), standing(state, self._now())
        return cart_view(state, find, currency, self._items, total, avoided, now)

    def footprint(self, state: CartState) -> tuple[Decimal | None, int | None]:
        """Return the kilograms of CO2 equivalent of a cart's goods, and their mean score."""
        return footprint(state.lines.values(), self.finder(state.user_id))

    def cart(self, state: CartState, short: frozenset[str] = frozenset(), *, to: str = "") -> CartAnswer:
        """Return a cart as its shopper sees it; of the SKUs in ``short`` there is not enough.

        Nobody else it is shown ``to`` (their id) learns what the shopper must not eat or means to spend.
        """
        user_id = state.user_id
        find, currency = self.finder(user_id), self._places.currency_of(user_id)
        amounts = self.amounts(state)
        if to not in ("", user_id):
            return cart_answer(state, find, currency, self._items, amounts, short)
        avoided, now = self.avoided(user_id), standing(state, self._now())
        greener = self._greener(state)
        return cart_answer(state, find, currency, self._items, amounts, short, avoided, now, greener)

    def _greener(self, state: CartState) -> Callable[[str], CatalogueProduct | None]:
        """Return how to find what is greener than a product, and suits the cart's shopper."""
        catalogue, wants = self.catalogue(self._shop(state)[0]), self._wants.of(state.user_id)

        def find(product_id: str) -> CatalogueProduct | None:
            product = catalogue.by_id(product_id)
            return None if product is None else greener_than(product, catalogue, wants)

        return find

    def total(self, state: CartState) -> Decimal:
        """Return what a cart costs."""
        if not state.lines:
            return zero(state.currency or self._places.currency_of(state.user_id))
        return self.due(state, state.total)

    def due(self, state: CartState, goods: Decimal) -> Decimal:
        """Return what a cart costs whose lines were worth ``goods``: most often just that."""
        if state.checkout is not None and state.checkout.amounts is not None:
            return state.checkout.amounts.total
        sessions = state.sessions
        chain = sessions[-1].chain if sessions else self._shop(state)[0]
        catalogue = self.catalogue(chain)
        if catalogue.simple:
            return goods
        if catalogue.plain:
            saved = self.promoted(state)
            return state.total - sum(each.amount for each in saved) if saved else goods
        return self.amounts(state).total

    def deals(self, state: CartState, chain: str, branch: str) -> tuple[Deal, ...]:
        """Return the promotions that are about a cart's lines, in a branch of the chain, now."""
        catalogue = self.catalogue(chain)
        active = catalogue.promotions(branch, self._names.people.tier(state.user_id), self._now())
        return active.deals(state.lines, catalogue.finder()) if active else ()

    def promoted(self, state: CartState) -> tuple[Promoted, ...]:
        """Return what promotions make of a cart today and where it is; kept until either changes."""
        chain, branch = self._shop(state)
        catalogue = self.catalogue(chain)
        active = catalogue.promotions(branch, self._names.people.tier(state.user_id), self._now())
        if not active or not state.lines:
            return ()
        known = self._promoted.get(state.user_id)
        if known is not None and known.lines is state.lines and known.active is active:
            return known.found
        found = promoted(state.lines, active.deals(state.lines, catalogue.finder()), state.currency)
        if known is None and len(self._promoted) >= _MOST_KNOWN:
            del self._promoted[next(iter(self._promoted))]
        self._promoted[state.user_id] = _Known(state.lines, active, found)
        return found

    def amounts(self, state: CartState) -> Amounts:
        """Return what a cart amounts to: today and where it is, or as its checkout was begun."""
        if state.checkout is not None and state.checkout.amounts is not None:
            return state.checkout.amounts
        chain, branch = self._shop(state)
        currency = state.currency or self._places.currency_of(state.user_id)
        lines, today = state.lines, self.today(branch)
        return self.catalogue(chain).amounts(lines, currency, branch, today, self.promoted(state))

    def today(self, branch: str) -> date:
        """Return the date in a branch; UTC's where that is not known."""
        info = self._directory.find_branch(branch)
        return datetime.fromtimestamp(self._now(), ZoneInfo("UTC" if info is None else info.timezone)).date()

    def _shop(self, state: CartState) -> tuple[str, str]:
        """Return the chain and the branch (empty: any) in whose terms a cart is bought."""
        if state.sessions:
            held = state.sessions[-1]
            return held.chain, held.branch
        chain, branch = self._places.of(state.user_id)
        if chain is None:
            line = next(iter(state.lines.values()), None)
            chain = "" if line is None else self._selling(line.product_id)
        return chain, branch

    def within(self, state: CartState, chain: str) -> CartState:
        """Return a cart as the staff of a chain may see it: one with anything of another chain's as empty."""
        sold, held = self.catalogue(chain), state.checkout
        lines = (*state.lines.values(), *state.saved)
        branch = None if held is None else self._directory.branch(held.branch)
        ours = (
            all(each.chain == chain for each in state.sessions)
            and all(sold.by_id(line.product_id) is not None for line in lines)
            and (held is None or (branch is not None and branch.chain == chain))
            and (lines or not state.vouchers)
        )
        return state if ours else CartState(state.user_id, currency=self._places.currency_of(state.user_id))

    def alarm(self, alarm: Alarm) -> AlarmView:
        """Return an alarm as staff sees it; people's names as far as they are in memory."""
        return alarm_view(alarm, self._names.display, self._sku)

    def _sku(self, sku: str) -> str:
        product_id, _, variant_id = sku.partition("/")
        product = self._anywhere(product_id)
        if product is None:
            return ""
        variant = next((each for each in product.variants if each.variant_id == variant_id), None)
        return product.name if variant is None else f"{product.name} {variant.name}"


def people_of(alarm: Alarm) -> tuple[str, ...]:
    """Return the ids of the people whose names the alarm shows."""
    shown = (alarm.about.user_id, alarm.assignee, alarm.acknowledged_by, alarm.snoozed_by)
    return tuple({each for each in shown if each})


def holders_of(card: TrolleyCard) -> tuple[str, ...]:
    """Return the ids of the people whose names the trolley's card shows."""
    return tuple({each for each in (card.user_id, card.staff_id) if each})
