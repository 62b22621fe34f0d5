"""Checks open sockets again when a role, an account or a login was taken away, wherever that was done."""

from __future__ import annotations

import asyncio
import logging

from django.db import DatabaseError

from realtime.shared import Shared

_AGAIN_S = 1.0
log = logging.getLogger("realtime")


async def recheck(shared: Shared) -> None:
    """Re-read the principal of every open socket: close those whose login has ended, update others' roles."""
    while sockets := list(shared.people):
        try:
            standing = await shared.authenticator.standing(socket.identity.login for socket in sockets)
        except DatabaseError:
            log.warning("the open sockets cannot be looked at again yet", exc_info=True)
            await asyncio.sleep(_AGAIN_S)
            continue
        for socket in sockets:
            # One that was opened or renewed meanwhile has been read later than this.
            if socket in shared.people and socket.identity.login in standing:
                socket.stand(standing[socket.identity.login])
            elif socket in shared.people:
                socket.stand(None)
        return
