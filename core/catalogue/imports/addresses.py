"""Which addresses of suppliers' files we call, and which belong to the public internet."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from django.conf import settings
from yarl import URL

_INWARD: tuple[IPv4Network | IPv6Network, ...] = (
    ip_network("100.64.0.0/10"),
    ip_network("192.0.0.0/24"),
    ip_network("192.88.99.0/24"),
    ip_network("64:ff9b::/96"),
    ip_network("64:ff9b:1::/48"),
    ip_network("2002::/16"),
)
"""What leads to private addresses though not every Python calls it private: shared space and translations."""


def is_address(url: str) -> bool:
    """Return whether we would call this address at all: https without a password in it, or trusted."""
    try:
        parsed = URL(url)
        whole = bool(parsed.host) and parsed.user is None and parsed.password is None
        return whole and (parsed.scheme == "https" or is_trusted(parsed))
    except ValueError:
        return False


def is_public(address: str) -> bool:
    """Return whether an IP address belongs to the public internet."""
    found = ip_address(address.partition("%")[0])
    inward = any(found.version == each.version and found in each for each in _INWARD)
    return found.is_global and not found.is_multicast and not inward


def is_trusted(url: URL) -> bool:
    """Return whether the installation trusts the address's origin."""
    return str(url.origin()) in settings.SUPPLIER_ORIGINS
