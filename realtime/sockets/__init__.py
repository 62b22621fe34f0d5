"""Websockets of people and of devices."""
