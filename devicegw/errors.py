"""Errors that more than one part of the agent raises."""

from __future__ import annotations


class ConfigError(Exception):
    """The configuration is missing, unreadable or wrong; the message names the key."""
