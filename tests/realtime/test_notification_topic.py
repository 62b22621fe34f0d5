"""A person's open pages hear that something new is in their list, and nobody else's do."""

from __future__ import annotations

import asyncio

from core.notifications.dispatch import notify
from core.notifications.models import Notification
from realtime.server import Server
from realtime.testing import trolley_client
from tests.realtime.conftest import World


async def test_an_open_page_hears_of_what_its_person_is_told(world: World, server: Server) -> None:
    token = await asyncio.to_thread(world.token, "mia")
    other = await asyncio.to_thread(world.token, "ben")
    async with trolley_client(server, token) as page, trolley_client(server, other) as another:
        await page.subscribe("notifications")
        await another.subscribe("notifications")
        user, ben = world.user("mia"), world.user("ben")
        data = {"place": "Own", "role": "staff"}
        assert await asyncio.to_thread(notify, user.pk, "role_given", data, "occasion")
        event = await page.event("notifications")
        row = await asyncio.to_thread(Notification.objects.get)
        assert (event["name"], event["data"]["notification"]) == ("NotificationPosted", str(row.pk))
        assert not await asyncio.to_thread(notify, user.pk, "role_given", data, "occasion")
        assert await asyncio.to_thread(notify, ben.pk, "role_given", data, "another")
        mine = await asyncio.to_thread(Notification.objects.get, user=ben)
        heard = await another.event("notifications")
        assert heard["data"]["notification"] == str(mine.pk), "the first it hears is its own"
