"""Floor plans of the demo branches, in metres from the lower left corner."""

from __future__ import annotations

from typing import Any

LOCKS_A_BOARD = 16
_PITCH_M = 0.8
"""From one slot to the next along a bay."""
_BAY_X, _BAY_Y = 4.0, (1.6, 4.4)
"""Where the first slot of each board is: two bays that face each other at the entrance."""


def _zone(name: str, x: float, y: float, w: float, h: float) -> dict[str, Any]:
    return {"name": name, "x": x, "y": y, "w": w, "h": h}


def _slots(device_id: str) -> list[dict[str, Any]]:
    return [
        {
            "device_id": device_id,
            "slot": board << 4 | lock,
            "x": round(_BAY_X + lock * _PITCH_M, 2),
            "y": y,
            # Degrees, counterclockwise from the right: trolleys are pulled out into the gap between the bays.
            "angle": 90 if board == 0 else 270,
        }
        for board, y in enumerate(_BAY_Y)
        for lock in range(LOCKS_A_BOARD)
    ]


def with_bays(device_id: str) -> dict[str, Any]:
    """Return the plan of a large store whose trolleys stand in two lock bays of one device."""
    aisles = (
        "Rice, flour and pulses", "Spices and oils", "Breakfast and spreads", "Ready meals and sauces",
        "Snacks and sweets", "Tea and coffee", "Juices and water", "Household",
    )  # fmt: skip
    return {
        "width_m": 42.0,
        "height_m": 28.0,
        "zones": [
            _zone("Entrance", 0.0, 2.0, 3.0, 3.0),
            _zone("Trolley bays", 3.4, 0.8, 13.6, 4.6),
            _zone("Checkouts", 18.5, 0.8, 14.0, 4.6),
            _zone("Customer service", 34.0, 0.8, 7.2, 4.6),
            *(_zone(name, 3.0 + place * 3.6, 8.0, 2.2, 11.0) for place, name in enumerate(aisles)),
            _zone("Personal care", 32.4, 8.0, 2.2, 11.0),
            _zone("Fruit and vegetables", 36.6, 8.0, 4.6, 11.0),
            _zone("Dairy and eggs", 3.0, 22.5, 18.0, 4.5),
            _zone("Bakery", 23.0, 22.5, 18.2, 4.5),
        ],
        "slots": _slots(device_id),
    }


def without_bays() -> dict[str, Any]:
    """Return the plan of a small store without lock hardware."""
    return {
        "width_m": 24.0,
        "height_m": 16.0,
        "zones": [
            _zone("Entrance", 0.0, 6.5, 2.0, 3.0),
            _zone("Trolleys", 2.4, 6.0, 2.4, 4.0),
            _zone("Checkouts", 2.4, 1.0, 7.0, 3.0),
            _zone("Fruit and vegetables", 2.4, 12.0, 7.0, 3.0),
            _zone("Dairy and eggs", 10.5, 12.0, 6.0, 3.0),
            _zone("Bakery", 17.5, 12.0, 5.5, 3.0),
            _zone("Pantry", 7.0, 5.5, 4.0, 5.0),
            _zone("Snacks and sweets", 12.0, 5.5, 4.0, 5.0),
            _zone("Drinks", 17.0, 5.5, 4.0, 5.0),
            _zone("Home and care", 10.5, 1.0, 12.5, 3.0),
        ],
        "slots": [],
    }
