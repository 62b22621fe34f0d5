"""What the commands of one process work with, put together once."""

from __future__ import annotations

import time
from collections.abc import Callable

import msgspec

from core.accounts.people import People
from core.assistant.preferences.wants import WantsOfPeople
from core.assistant.recommendations.serving import Models
from core.catalogue.live.catalogue import Catalogue
from core.fleet.directory import Directory
from realtime.limits.attempts import Attempts
from realtime.pipeline.asking import Actors, Asking
from realtime.pipeline.keys import UsedKeys
from realtime.pipeline.lookups import Fleet, GoodsLookup, Names, Places


class Services(msgspec.Struct, frozen=True, kw_only=True):
    """The parts; each knows its own subject only."""

    asking: Asking
    fleet: Fleet
    places: Places
    goods: GoodsLookup
    names: Names
    wants: WantsOfPeople
    models: Models
    attempts: Attempts
    keys: UsedKeys
    find_session: Callable[[str], tuple[str, str, str] | None]
    """Session id -> user id, branch and chain, or None. Blocking."""
    now: Callable[[], float] = time.time


def services(
    actors: Actors,
    directory: Directory,
    catalogue: Callable[[str], Catalogue],
    people: People,
    wants: WantsOfPeople,
    *,
    attempts: Attempts,
    keys: UsedKeys,
    ask_timeout_s: float = 5.0,
    find_session: Callable[[str], tuple[str, str, str] | None],
    now: Callable[[], float] = time.time,
) -> Services:
    """Return the services over these actors and this reference data."""
    places = Places(directory, catalogue)
    names = Names(people)
    return Services(
        asking=Asking(actors, ask_timeout_s),
        fleet=Fleet(directory),
        places=places,
        goods=GoodsLookup(directory, catalogue, places, names, wants, now),
        names=names,
        wants=wants,
        models=Models(time.monotonic),
        attempts=attempts,
        keys=keys,
        find_session=find_session,
        now=now,
    )
