"""What it costs to read a scanned code: ``python -m bench.goods.scanning``.

A plain EAN-13 is the baseline. Beside it a GS1 message with weight, lot and date is read by the catalogue's
reader, and by biip, a library that knows all of GS1.
"""

from __future__ import annotations

import timeit
from collections.abc import Callable

TARGET_US = 15.0
PLAIN = "4006381333931"
_FNC1 = "\x1d"
MESSAGE = f"]C10104006381333931310300075010LOT7{_FNC1}17301231"


def main() -> None:
    """Measure, print."""
    import biip

    from core.catalogue import barcodes

    assert barcodes.reading(MESSAGE).code == barcodes.reading(PLAIN).code
    plain = _us(lambda: barcodes.reading(PLAIN))
    message = _us(lambda: barcodes.reading(MESSAGE))
    print(f"{'a plain code':45} {plain:8.2f} µs")
    print(f"{'a GS1 message':45} {message:8.2f} µs")
    print(f"{'the message by biip':45} {_us(lambda: biip.parse(MESSAGE), 200):8.2f} µs")
    print(f"target: a message costs less than {TARGET_US:.0f} µs more: {message - plain:.1f} µs")


def _us(call: Callable[[], object], runs: int = 5000) -> float:
    return min(timeit.repeat(call, number=runs, repeat=5)) / runs * 1e6


if __name__ == "__main__":
    main()
