"""What happens to an account that other apps must know of.

An app connects its receiver in its ``AppConfig.ready``, so that accounts know none of those who listen.
Receivers run in the caller's transaction; one that raises stops what was being done.
"""

from __future__ import annotations

from django.dispatch import Signal

account_closing = Signal()
"""An account is going to be erased, and no transaction has begun. ``user``: the account. What runs ends."""

account_erased = Signal()
"""An account is about to be deleted. ``user_id``: its UUID. A receiver deletes what it holds of them."""

role_given = Signal()
"""Somebody gave somebody else a role. ``grant``: it."""

preferences_shown = Signal()
"""``/api/me`` is asked for. ``user``: the account. A receiver returns its part of ``preferences``, a dict."""

address_given = Signal()
"""Somebody gave an e-mail address. ``user_id``: the account's UUID."""
