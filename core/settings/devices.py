"""Devices: their messages, telemetry, firmware and broker."""

from __future__ import annotations

from core.settings.base import DATA_DIR, env

DEVICE_HEARTBEAT_S = env.integer("DEVICE_HEARTBEAT_S", 30, 1)
DEVICE_MESSAGES_PER_SECOND = env.integer("DEVICE_MESSAGES_PER_SECOND", 200, 1)
TELEMETRY_RAW_DAYS = env.integer("TELEMETRY_RAW_DAYS", 10, 1)
TELEMETRY_5M_DAYS = env.integer("TELEMETRY_5M_DAYS", 90, 1)
"""How long samples and five-minute buckets are kept; hours are kept for ever."""
DEVICE_TELEMETRY_S = env.integer("DEVICE_TELEMETRY_S", 60, 1)
FIRMWARE_DIR = env.path("FIRMWARE_DIR", DATA_DIR / "firmware")
FIRMWARE_PUBLIC_KEY = env.text("FIRMWARE_PUBLIC_KEY")
"""Ed25519 key (32 bytes in base64) that releases must be signed for; without it none is taken."""
FIRMWARE_MAX_BYTES = env.integer("FIRMWARE_MAX_BYTES", 256 * 1024 * 1024, 1)
FIRMWARE_DEVICE_S = env.integer("FIRMWARE_DEVICE_S", 3600, 1)
"""A device that says nothing new of an offered firmware for so long has failed."""
MQTT_URL = env.url("MQTT_URL", ("mqtt", "mqtts"))
"""The broker that devices are told of when they register; none: they use the websocket."""
