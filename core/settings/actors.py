"""The actors and their journal."""

from __future__ import annotations

from core.settings.base import DATA_DIR, env

PARTITION = env.text("PARTITION", "main")
ASK_TIMEOUT_S = env.number("ASK_TIMEOUT_S", 5.0, 0.1)
ACTOR_MAILBOX_SIZE = env.integer("ACTOR_MAILBOX_SIZE", 1000, 1)
ACTOR_IDLE_S = env.number("ACTOR_IDLE_S", 120.0, 1)
ACTOR_MAX_ACTIVE = env.integer("ACTOR_MAX_ACTIVE", 100_000, 1)
JOURNAL_MARKS = DATA_DIR / "journal.marks"
ACCEPT_JOURNAL_LOSS = env.flag("ACCEPT_JOURNAL_LOSS", False)
JOURNAL_SNAPSHOT_EVERY = env.integer("JOURNAL_SNAPSHOT_EVERY", 200, 1)
