"""Draw the state diagrams of the documentation from the deciders' own tables.

``python -m actors.diagrams [folder]`` writes one page an entity (docs/states by
default); a test compares the pages with what the tables say now.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from actors import (
    alarms,
    cart,
    device,
    exit_check,
    order,
    order_numbers,
    payment,
    returns,
    rollout,
    stock,
    trolley,
    voucher,
)
from actors.conversation import WORDS
from actors.kit.decider import Commands, Decider, Move, ignored
from actors.trolley import CUSTODY, MAINTENANCE

_FOLDER = Path(__file__).resolve().parents[1] / "docs" / "states"


def pages() -> dict[str, str]:
    """Return the text of each page by its file name."""
    return {
        "trolley.md": _page(
            "Trolley",
            trolley,
            [
                ("Custody", "unknown", _custody()),
                (
                    "Maintenance",
                    "in_service",
                    [(a, b, event.__name__) for (a, event), b in MAINTENANCE.items()],
                ),
            ],
        ),
        "cart.md": _page("Cart", cart, []),
        "device.md": _page("Device", device, []),
        "returns.md": _page("Returns", returns, []),
        "alarms.md": _page("Alarms", alarms, []),
        "stock.md": _page("Stock", stock, []),
        "voucher.md": _page("Voucher", voucher, []),
        "rollout.md": _page("Rollout", rollout, []),
        "order.md": _page("Order", order, []),
        "exit_check.md": _page("Exit check", exit_check, []),
        "payment.md": _page("Payment", payment, []),
        "order_numbers.md": _page("Order numbers", order_numbers, []),
        "conversation.md": _conversation(),
    }


def _conversation() -> str:
    lines = [
        "# Who says what to whom about money",
        "",
        "Generated from the table of `actors.conversation` by `python -m actors.diagrams`.",
        "",
        "| from | to | message | when |",
        "|---|---|---|---|",
        *(f"| {one.sender} | {one.receiver} | `{one.message.__name__}` | {one.when} |" for one in WORDS),
    ]
    return "\n".join(lines) + "\n"


def write(folder: Path) -> None:
    """Write every page into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (folder / name).write_text(text, encoding="utf-8")


def _page(title: str, module: Any, more: list[tuple[str, str, Iterable[tuple[str, str, str]]]]) -> str:
    decider: Decider[Any, Any, Any, Any] = module.DECIDER
    events = decider.events.table
    first: str = decider.initial("").phase
    moves = [
        (phase, to, event.__name__)
        for phase, listed in events.items()
        for event, move in listed.items()
        for to in move.to
        if (phase, (to,)) != (to, move.to)
    ]
    parts = [
        f"# {title}: states",
        f"Generated from the tables of `{module.__name__}` by `python -m actors.diagrams`.",
        "## Phase",
        _diagram(first, moves),
        "Events that leave the phase as it is:",
        "\n".join(_staying(events)),
        "## Commands",
        "`decides`: a handler is listed. `ignored`: listed as one that may rightly come late or twice. "
        "`refused`: not listed, 409 `not_allowed`.",
        "\n".join(_commands(decider.commands)),
    ]
    for name, start, extra in more:
        parts += [f"## {name}", _diagram(start, extra)]
    return "\n\n".join(parts) + "\n"


def _diagram(first: str, moves: Iterable[tuple[str, str, str]]) -> str:
    labels: dict[tuple[str, str], list[str]] = {}
    for source, target, label in moves:
        labels.setdefault((source, target), []).append(label)
    lines = [f"    {source} --> {target}: {', '.join(names)}" for (source, target), names in labels.items()]
    return "\n".join(["```mermaid", "stateDiagram-v2", f"    [*] --> {first}", *lines, "```"])


def _staying(events: Mapping[str, Mapping[type, Move]]) -> Iterator[str]:
    for phase, listed in events.items():
        names = [event.__name__ for event, move in listed.items() if move.to == (phase,)]
        yield f"- {phase}: {', '.join(names)}"


def _commands(commands: Commands) -> Iterator[str]:
    phases = list(commands)
    yield f"| command | {' | '.join(_situation(phase) for phase in phases)} |"
    yield f"|---{'|---' * len(phases)}|"
    every = dict.fromkeys(command for listed in commands.values() for command in listed)
    for command in sorted(every, key=lambda each: each.__name__):
        yield f"| {command.__name__} | {' | '.join(_cell(commands, phase, command) for phase in phases)} |"


def _situation(phase: Any) -> str:
    if isinstance(phase, str):
        return phase
    name, at_checkout = phase
    return f"{name}, at the checkout" if at_checkout else str(name)


def _cell(commands: Commands, phase: Any, command: type) -> str:
    handler = commands[phase].get(command)
    if handler is None:
        return "refused"
    return "ignored" if handler is ignored else "decides"


def _custody() -> Iterator[tuple[str, str, str]]:
    for (source, event, present), target in CUSTODY.items():
        seen = "" if present is None else " (present)" if present else " (absent)"
        yield source, target, f"{event.__name__}{seen}"


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else _FOLDER)
