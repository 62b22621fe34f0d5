"""Tells shoppers whose cart is open that the promotions of their shop have changed.

What a cart costs after promotions is worked out when it is read, so no event of the cart tells of it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable

from actors.messages.notify import Notice, Notify
from actors.runtime import Address, AskError, System
from core.catalogue.live.catalogue import Catalogue
from core.catalogue.live.promotions import Offered
from realtime.pipeline.services import Services

log = logging.getLogger("realtime")


class PriceNotices:
    """Compares the chains' promotions with what they were at the last look.

    Changes that come close together are reloaded together, and so they are one notice. What begins or ends by
    the clock is not told: no row changes then.
    """

    def __init__(
        self,
        actors: System,
        catalogue: Callable[[str], Catalogue],
        followed: Callable[[], Iterable[Address]],
        services: Services,
    ) -> None:
        self._actors = actors
        self._directory = services.fleet.directory
        self._catalogue = catalogue
        self._followed = followed
        self._chain_of = services.places.chain_of
        self._now = services.now
        self._known: dict[str, tuple[Offered, ...]] = {}

    def look(self) -> None:
        """Tell who follows a cart in the chains whose promotions have changed."""
        now = {each.slug: self._catalogue(each.slug).offered for each in self._directory.chains()}
        changed = {slug for slug, offered in now.items() if self._known.get(slug, offered) != offered}
        self._known = now
        if not changed:
            return
        for stream in self._followed():
            # Of whom nobody knows here in which chain they are, it may be this one.
            if stream.kind == "cart" and self._chain_of(stream.key) in (None, *changed):
                self._tell(stream.key)

    def _tell(self, user_id: str) -> None:
        try:
            self._actors.tell(
                Address("notify", user_id), Notify(Notice("PricesChanged", "info", "", self._now()))
            )
        except AskError as error:
            log.warning("notify/%s does not hear of promotions: %r", user_id, error)
