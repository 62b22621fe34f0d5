"""The one table of commands: schema, permission, where it counts, handlers, HTTP routes, refusals.

Both transports read it, and both API documents and docs/PERMISSIONS.md are generated from it. The rows
stand beside their handlers; adding a command is adding a row there, and a branch of the decider.
"""

from __future__ import annotations

import msgspec

from realtime.commands import (
    alarms,
    approvals,
    assignments,
    budget,
    carts,
    checkouts,
    exit_checks,
    orders,
    payments,
    prices,
    recommendations,
    rentals,
    returns,
    sessions,
    stock,
    till,
    trolleys,
)
from realtime.pipeline.pipeline import Pipeline
from realtime.pipeline.row import Command
from realtime.wire import frame_of

TABLE: tuple[Command, ...] = (
    *sessions.ROWS,
    *carts.ROWS,
    *budget.ROWS,
    *recommendations.ROWS,
    *prices.ROWS,
    *checkouts.ROWS,
    *payments.ROWS,
    *trolleys.ROWS,
    *assignments.ROWS,
    *rentals.ROWS,
    *returns.ROWS,
    *alarms.ROWS,
    *stock.ROWS,
    *orders.ROWS,
    *approvals.ROWS,
    *till.ROWS,
    *exit_checks.ROWS,
)

FRAMES: dict[type[msgspec.Struct], Pipeline] = {
    frame_of(row.name, row.body): Pipeline(row) for row in TABLE if row.socket
}
"""Socket frame type -> the way of its command."""
