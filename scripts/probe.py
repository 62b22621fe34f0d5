"""Ask an address once: exit status 0 when it answers 200. The containers' health check."""

from __future__ import annotations

import sys
import urllib.error
import urllib.request


def healthy(url: str, timeout_s: float = 3.0) -> bool:
    """Whether the address answers 200 in time."""
    try:
        with urllib.request.urlopen(url, timeout=timeout_s) as answer:  # noqa: S310 - http or https, of a setting
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


if __name__ == "__main__":
    raise SystemExit(0 if healthy(sys.argv[1]) else 1)
