"""With which body an idempotency key came first, for commands that no cart keeps.

An entity knows by its id what it has carried out, but only what came to itself: a used key with the code of
another trolley, or of none, leads elsewhere. So a key is claimed for its body before anything of the command
is looked up, and one that comes with another body is refused. Where there is Redis all processes claim there,
and a restart forgets nothing; without it for a while, each process knows its own.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from operator import attrgetter
from typing import Any, Protocol

from django.conf import settings
from redis.asyncio import Redis
from redis.exceptions import RedisError

from core.rest.idempotency import KEPT
from realtime.pipeline.timed import Timed
from realtime.problems import key_reused
from realtime.wire import Body, encode

log = logging.getLogger("realtime")

_MOST = 50_000
_RETRY_S = 5.0


class KeyStore(Protocol):
    """Names of keys, each with the digest of the body that claimed it."""

    async def get(self, name: str) -> str | None:
        """Return the digest, None if the key is not claimed."""

    async def claim(self, name: str, digest: str) -> str | None:
        """Keep the digest unless there is one; return the one that was there."""

    async def release(self, name: str) -> None:
        """Forget the key."""

    async def close(self) -> None:
        """Close connections."""


class MemoryKeys:
    """The last ``most`` keys of this process; the oldest goes first."""

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._digests: OrderedDict[str, str] = OrderedDict()

    async def get(self, name: str) -> str | None:
        """See KeyStore."""
        return self._digests.get(name)

    async def claim(self, name: str, digest: str) -> str | None:
        """See KeyStore."""
        before = self._digests.get(name)
        if before is None:
            self._digests[name] = digest
            if len(self._digests) > self._most:
                self._digests.popitem(last=False)
        return before

    async def release(self, name: str) -> None:
        """See KeyStore."""
        self._digests.pop(name, None)

    async def close(self) -> None:
        """See KeyStore."""


class RedisKeys:
    """Keys of all processes, kept for as long as the answers of Django's REST.

    One connection, so that commands of one socket go on in the order in which they came. While Redis does
    not answer, it is not asked again for some seconds and this process knows its own keys only.
    """

    def __init__(self, url: str, prefix: str, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._redis = Redis.from_url(
            url,
            single_connection_client=True,
            decode_responses=True,
            socket_timeout=2,
            socket_connect_timeout=2,
        )
        self._prefix = f"{prefix}:keys:"
        self._own = MemoryKeys()
        self._monotonic = monotonic
        self._lost_until = float("-inf")

    async def get(self, name: str) -> str | None:
        """See KeyStore."""
        shared = await self._ask(lambda: self._redis.get(self._prefix + name))
        return shared or await self._own.get(name)

    async def claim(self, name: str, digest: str) -> str | None:
        """See KeyStore."""
        before = await self._ask(
            lambda: self._redis.set(self._prefix + name, digest, nx=True, get=True, ex=KEPT)
        )
        return before or await self._own.claim(name, digest)

    async def release(self, name: str) -> None:
        """See KeyStore."""
        await self._ask(lambda: self._redis.delete(self._prefix + name))
        await self._own.release(name)

    async def close(self) -> None:
        """See KeyStore."""
        await self._redis.aclose()

    async def _ask(self, send: Callable[[], Awaitable[Any]]) -> Any:
        """Return Redis' answer, None where it has none or is not there."""
        if self._monotonic() < self._lost_until:
            return None
        try:
            answer = await send()
        except (RedisError, OSError) as error:
            if self._lost_until == float("-inf"):
                log.warning("idempotency keys are known to each process alone: %s", error)
            self._lost_until = self._monotonic() + _RETRY_S
            return None
        if self._lost_until != float("-inf"):
            log.info("idempotency keys are known to all processes again")
            self._lost_until = float("-inf")
        return answer


class UsedKeys:
    """Whether a key comes with the body that it came with first."""

    def __init__(self, store: KeyStore | None = None) -> None:
        self._store = store or MemoryKeys()

    async def claim(self, user_id: str, key: str, content: object) -> bool:
        """Claim the key for this body; return whether it is new. Raises the 422."""
        digest = _digest(content)
        before = await self._store.claim(_name(user_id, key), digest)
        if before is not None and before != digest:
            raise key_reused()
        return before is None

    async def used(self, user_id: str, key: str) -> bool:
        """Return whether the key has been claimed."""
        return await self._store.get(_name(user_id, key)) is not None

    async def release(self, user_id: str, key: str) -> None:
        """Release a key whose command was refused before it reached an actor."""
        await self._store.release(_name(user_id, key))

    async def close(self) -> None:
        """Close the store."""
        await self._store.close()


def content_reader(body: type[Body]) -> Callable[[Any], Any]:
    """Return what gives of such a body what a repeat must say too: all but when it was given."""
    names = [name for name in body.__struct_fields__ if name not in Timed.__struct_fields__]
    return attrgetter(*names) if names else _empty


def _empty(body: object) -> None:
    """Return the content of a body without fields."""


def _name(user_id: str, key: str) -> str:
    return f"{user_id}:{key}"


def _digest(content: object) -> str:
    """Return a keyed digest: a body may hold a code that could be guessed from a plain one."""
    return hmac.digest(settings.SIGNING_KEY.encode(), encode(content), hashlib.sha256).hex()
