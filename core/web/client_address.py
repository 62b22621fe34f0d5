"""Whose request this is: the address at the other end, or the one that a trusted proxy names.

``X-Forwarded-For`` is read from the right, for each proxy appends whom it served: the first
address that is no proxy of ours is the caller's. What the caller wrote before it is not believed.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

Networks = tuple[IPv4Network | IPv6Network, ...]
UNKNOWN = "unknown"
"""The caller at a unix socket without a proxy's header."""


def networks(names: Sequence[str]) -> Networks:
    """Return the networks of addresses and CIDR blocks; of ``none`` none. Raises ValueError."""
    if list(names) == ["none"]:
        return ()
    return tuple(ip_network(name.strip(), strict=False) for name in names)


@lru_cache(maxsize=10_000)
def is_trusted(address: str, trusted: Networks) -> bool:
    """Return whether a proxy at this address is believed; at a unix socket it is."""
    if address == UNKNOWN:
        return True
    try:
        found = ip_address(address)
    except ValueError:
        return False
    return any(found in network for network in trusted)


def client_address(peer: str | None, forwarded_for: str | None, trusted: Networks) -> str:
    """Return the caller's address, with ``peer`` at the other end of the connection."""
    address = peer or UNKNOWN
    hops = [hop.strip() for hop in (forwarded_for or "").split(",") if hop.strip()]
    while hops and is_trusted(address, trusted):
        address = _bare(hops.pop())
    return address


def one_caller(address: str) -> str:
    """Return the name under which an address is counted: of IPv6 its /64, which is one household."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if found.version == 4:
        return str(found)
    mapped = getattr(found, "ipv4_mapped", None)
    return str(mapped) if mapped is not None else str(ip_network(f"{found}/64", strict=False))


def _bare(hop: str) -> str:
    """Return an entry without its port and brackets."""
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    host, colon, port = hop.rpartition(":")
    return host if colon and port.isdigit() and ":" not in host else hop
