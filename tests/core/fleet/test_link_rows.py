"""Databases of before the links' rows were written for links only."""

from __future__ import annotations

import importlib
import uuid

import pytest
from django.apps import apps

from core.fleet.models import DeviceShadow
from core.journal.models import Event

pytestmark = pytest.mark.django_db


def happened(device_id: uuid.UUID, *names: str) -> None:
    Event.objects.bulk_create(
        Event(
            entity=f"device/{device_id}",
            seq=seq,
            name=name,
            version=1,
            data="{}",
            principal="",
            at=0.0,
            epoch=1,
        )
        for seq, name in enumerate(names, 1)
    )


def test_a_links_row_is_numbered_by_the_last_event_of_the_link() -> None:
    seen, never = uuid.uuid4(), uuid.uuid4()
    happened(seen, "DeviceConnected", "SlotChanged", "DeviceDisconnected", "UnlockQueued", "UnlockDone")
    happened(never, "UnlockQueued", "UnlockDone")
    for device_id, seq in ((seen, 5), (never, 2)):
        DeviceShadow.objects.create(device_id=device_id, online=False, seq=seq)
    importlib.import_module("core.fleet.migrations.0007_link_rows").renumber(apps, None)
    assert list(DeviceShadow.objects.values_list("device_id", "seq")) == [(seen, 3)]
