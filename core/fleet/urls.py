"""Routes of devices."""

from __future__ import annotations

from django.urls import URLPattern, path

from core.fleet.devices import api as devices
from core.fleet.devices import controllers as places
from core.fleet.devices import registration

device_api: list[URLPattern] = [
    path("api/branches/<str:branch_id>/claim-codes", registration.ClaimCodesView.as_view()),
    path("api/devices", devices.DevicesView.as_view()),
    path("api/devices/register", registration.RegisterDeviceView.as_view()),
    path("api/devices/heartbeat", devices.OwnHeartbeatView.as_view()),
    path("api/devices/<id:device_id>", devices.DeviceView.as_view()),
    path("api/devices/<id:device_id>/status", devices.DeviceStatusView.as_view()),
    path("api/devices/<id:device_id>/heartbeat", devices.NamedHeartbeatView.as_view()),
    path("api/devices/<id:device_id>/rotate-token", registration.RotateTokenView.as_view()),
    path("api/devices/<id:device_id>/revoke", registration.RevokeView.as_view()),
    path("api/devices/<id:device_id>/slots", places.SlotsView.as_view()),
    path("api/devices/<id:device_id>/controllers", places.ControllersView.as_view()),
    path("api/devices/<id:device_id>/controllers/<number:controller_id>", places.ControllerView.as_view()),
]
