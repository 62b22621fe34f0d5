"""Telemetry of devices: samples as they came, and buckets rolled up from them."""
