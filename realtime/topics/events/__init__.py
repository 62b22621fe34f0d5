"""What is published: one closed struct a public event, by topic; a class's name is the event's on the wire.

Every event of a stream goes out, for its offsets have no gap. What concerns nobody outside goes out
as one event that only carries on (``TotalsChanged`` of a cart, ``SessionChanged`` of a trolley). What is
told beside the stream (``cart.UNNUMBERED``) has the offset of the last event before it. The
AsyncAPI document, the types of the pages and the tests of their folds are made from here.
"""

from __future__ import annotations

from typing import Any, NamedTuple, get_args

from realtime.topics.events import branch, cart, chain, notifications, session
from realtime.views.base import View
from realtime.views.cart import CartView


class TopicSchema(NamedTuple):
    """What a topic's frames carry."""

    snapshot: type[View]
    events: tuple[type[View], ...]
    """Every event that it may publish."""


def _members(union: Any) -> tuple[type[View], ...]:
    return get_args(union) or (union,)


TOPICS: dict[str, TopicSchema] = {
    "cart": TopicSchema(CartView, _members(cart.Event)),
    "session": TopicSchema(session.SessionSnapshot, _members(session.Event)),
    "branch": TopicSchema(branch.BranchSnapshot, _members(branch.Event)),
    "chain": TopicSchema(chain.ChainSnapshot, _members(chain.Event)),
    "notifications": TopicSchema(notifications.NotificationsSnapshot, _members(notifications.Event)),
}
"""By the topic's name without its key."""
