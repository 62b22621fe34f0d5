"""Who may call which REST endpoint: a row for each route and method of ``core/urls.py``.

The views ask ``core/accounts`` themselves, for most must find out first which place a row lies in. This
table says what they ask for; a test calls every row as everybody and fails where a view does otherwise,
or has no row. docs/PERMISSIONS.md shows it beside the commands.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple


class Access(NamedTuple):
    """Who has access. ``permission``: where it was granted; a list that is ``seen`` is empty for others."""

    who: Literal["anyone", "person", "device", "own", "seen", "granted"]
    permission: str = ""


ANYONE, PERSON, DEVICE = Access("anyone"), Access("person"), Access("device")
"""Everybody; who is signed in, about themselves or what is public in a shop; a device about itself."""
ITSELF_OR_MANAGED = Access("device", "device.manage")
"""A device about itself, and who manages it."""


def own(permission: str) -> Access:
    """Return the rule of a user's own things, also visible with the permission where they happened."""
    return Access("own", permission)


def seen(permission: str) -> Access:
    """Return the rule of a list that shows what lies where the caller has the permission."""
    return Access("seen", permission)


def granted(permission: str) -> Access:
    """Return the rule of what needs the permission in the place that the address or the body names."""
    return Access("granted", permission)


_ROUTE = re.compile(r"<\w+:(\w+)>")


def rule_of(route: str, method: str) -> Access | None:
    """Return the rule of a route as Django writes it; None for a page, and for what is not in the table."""
    name = _ROUTE.sub(r"{\1}", route).removeprefix("api/")
    return ACCESS.get(name, {}).get("GET" if method == "HEAD" else method)


_WATCH, _BRANCH, _CHAIN = granted("branch.watch"), granted("branch.manage"), granted("chain.manage")
_DEVICE, _PI = granted("device.manage"), granted("device.watch")
_CATALOGUE, _PEOPLE, _AUDIT = granted("catalogue.manage"), granted("people.manage"), granted("audit.watch")
_DELIVER = granted("catalogue.deliver")
_QR = granted("trolley.print_qr")

ACCESS: dict[str, dict[str, Access]] = {
    "auth/register": {"POST": ANYONE},
    "auth/token": {"POST": ANYONE},
    "auth/token/refresh": {"POST": ANYONE},
    "auth/logout": {"POST": ANYONE},
    "auth/logout-everywhere": {"POST": ANYONE},
    "auth/otp/request": {"POST": ANYONE},
    "auth/otp/verify": {"POST": ANYONE},
    "auth/password/reset": {"POST": ANYONE},
    "auth/password/reset/confirm": {"POST": ANYONE},
    "auth/email/confirm": {"POST": ANYONE},
    "auth/admin": {"POST": granted("admin.enter")},
    "invitations/accept": {"POST": ANYONE},
    "me": {"GET": PERSON, "PATCH": PERSON, "DELETE": PERSON},
    "me/export": {"GET": PERSON},
    "me/preferences": {"GET": PERSON, "PUT": PERSON},
    "me/phone": {"POST": PERSON, "DELETE": PERSON},
    "me/phone/confirm": {"POST": PERSON},
    "me/totp": {"POST": PERSON, "DELETE": PERSON},
    "me/totp/confirm": {"POST": PERSON},
    "me/totp/recovery-codes": {"POST": PERSON},
    "me/logins": {"GET": PERSON},
    "me/logins/{login_id}": {"DELETE": PERSON},
    "notifications": {"GET": PERSON},
    "notifications/preferences": {"GET": PERSON, "PUT": PERSON},
    "notifications/push": {"GET": PERSON, "POST": PERSON},
    "notifications/push/{browser_id}": {"DELETE": PERSON},
    "notifications/{notification_id}/read": {"POST": PERSON},
    "chains": {"GET": seen("branch.watch"), "POST": granted("chain.create")},
    "chains/{chain_id}": {"GET": _WATCH, "PUT": _CHAIN, "PATCH": _CHAIN, "DELETE": _CHAIN},
    "chains/{chain_id}/members": {"GET": _PEOPLE, "POST": _PEOPLE},
    "chains/{chain_id}/members/{member_id}": {"PATCH": _PEOPLE, "DELETE": _PEOPLE},
    "chains/{chain_id}/keys": {"GET": _CHAIN, "POST": _CHAIN},
    "chains/{chain_id}/keys/{key_id}": {"DELETE": _CHAIN},
    "chains/{chain_id}/keys/{key_id}/rotate": {"POST": _CHAIN},
    "chains/{chain_id}/supplier-feeds": {"GET": _CATALOGUE, "POST": _CATALOGUE},
    "chains/{chain_id}/supplier-feeds/{feed_id}": {
        "GET": _CATALOGUE,
        "PATCH": _CATALOGUE,
        "DELETE": _CATALOGUE,
    },
    "chains/{chain_id}/supplier-feeds/{feed_id}/deliveries": {"GET": _DELIVER, "POST": _DELIVER},
    "chains/{chain_id}/supplier-feeds/{feed_id}/fetch": {"POST": _CATALOGUE},
    "branches": {"GET": seen("branch.watch"), "POST": _CHAIN},
    "branches/{branch_id}": {"GET": _WATCH, "PUT": _BRANCH, "PATCH": _BRANCH, "DELETE": _CHAIN},
    "branches/{branch_id}/floor-plan": {"GET": _WATCH, "PUT": _BRANCH},
    "branches/{branch_id}/floor-plan/pictures": {"POST": _BRANCH},
    "branches/{branch_id}/trolleys": {"GET": _WATCH, "POST": _BRANCH},
    "branches/{branch_id}/trolleys/{cart_number}": {"GET": _WATCH, "PATCH": _BRANCH, "DELETE": _BRANCH},
    "branches/{branch_id}/qr-sheet": {"GET": _QR},
    "branches/{branch_id}/carts": {"GET": _WATCH},
    "branches/{branch_id}/carts/{cart_number}": {"GET": _WATCH},
    "branches/{branch_id}/carts/{cart_number}/timeline": {"GET": _WATCH},
    "branches/{branch_id}/timeline": {"GET": _WATCH},
    "branches/{branch_id}/maintenance": {"GET": _WATCH},
    "branches/{branch_id}/rentals/active": {"GET": _WATCH},
    "branches/{branch_id}/rentals/history": {"GET": _WATCH},
    "branches/{branch_id}/rentals/history.csv": {"GET": _WATCH},
    "branches/{branch_id}/rentals/stats": {"GET": _WATCH},
    "branches/{branch_id}/alarms": {"GET": _WATCH},
    "branches/{branch_id}/colleagues": {"GET": _WATCH},
    "branches/{branch_id}/stock": {"GET": _WATCH},
    "branches/{branch_id}/stock/movements": {"GET": _WATCH},
    "branches/{branch_id}/stats": {"GET": _WATCH},
    "chains/{chain_id}/stats": {"GET": granted("chain.watch")},
    "branches/{branch_id}/claim-codes": {"POST": _DEVICE},
    "experiments/{name}/results": {"GET": granted("chain.watch")},
    "audit": {"GET": _AUDIT},
    "audit/export.csv": {"GET": _AUDIT},
    "telemetry/devices/{device_id}": {"GET": _WATCH},
    "telemetry/branches/{branch_id}": {"GET": _WATCH},
    "telemetry/chains/{chain_id}": {"GET": granted("chain.watch")},
    "orders": {"GET": seen("order.watch")},
    "orders/totals": {"GET": seen("order.watch")},
    "orders/export.csv": {"GET": seen("order.watch")},
    "orders/{order_id}": {"GET": own("order.watch")},
    "orders/{order_id}/buyer": {"PUT": own("order.watch"), "DELETE": own("order.watch")},
    "orders/{order_id}/receipt.pdf": {"GET": own("order.watch")},
    "payments/providers": {"GET": ANYONE},
    "payments/webhooks/{provider}": {"POST": ANYONE},
    "trolleys/{trolley_id}": {"GET": PERSON},
    "trolleys/{trolley_id}/qr": {"GET": _QR},
    "trolleys/{trolley_id}/new-qr": {"POST": _QR},
    "devices": {"GET": seen("device.watch")},
    "devices/register": {"POST": ANYONE},
    "devices/heartbeat": {"POST": DEVICE},
    "devices/{device_id}": {"GET": _PI, "PATCH": _DEVICE, "DELETE": _DEVICE},
    "devices/{device_id}/status": {"GET": _PI},
    "devices/{device_id}/heartbeat": {"POST": DEVICE},
    "devices/{device_id}/rotate-token": {"POST": ITSELF_OR_MANAGED},
    "devices/{device_id}/revoke": {"POST": _DEVICE},
    "devices/{device_id}/slots": {"GET": _PI, "POST": _DEVICE},
    "devices/{device_id}/controllers": {"GET": _PI, "POST": _DEVICE},
    "devices/{device_id}/controllers/{controller_id}": {"GET": _PI, "PUT": _DEVICE, "DELETE": _DEVICE},
    "devices/{device_id}/firmware": {"PUT": _DEVICE},
    "firmware": {"GET": _DEVICE, "POST": granted("firmware.release")},
    "firmware/{release_id}": {"GET": _DEVICE},
    "firmware/{release_id}/file": {"GET": ITSELF_OR_MANAGED},
    "rollouts": {"GET": seen("device.watch"), "POST": _DEVICE},
    "rollouts/{rollout_id}": {"GET": _PI},
    "rollouts/{rollout_id}/pause": {"POST": _DEVICE},
    "rollouts/{rollout_id}/resume": {"POST": _DEVICE},
    "rollouts/{rollout_id}/abort": {"POST": _DEVICE},
    "rollouts/{rollout_id}/retry": {"POST": _DEVICE},
    "products": {"GET": PERSON, "POST": _CATALOGUE},
    "products/export": {"GET": granted("catalogue.watch")},
    "products/{product_id}": {"GET": PERSON, "PUT": _CATALOGUE, "PATCH": _CATALOGUE, "DELETE": _CATALOGUE},
    "products/{product_id}/images": {"POST": _CATALOGUE},
    "products/{product_id}/images/{image_id}": {"DELETE": _CATALOGUE},
    "imports": {"GET": _CATALOGUE, "POST": _CATALOGUE},
    "imports/{import_id}": {"GET": _CATALOGUE},
    "imports/{import_id}/lines": {"GET": _CATALOGUE},
    "imports/{import_id}/refused.csv": {"GET": _CATALOGUE},
    "imports/{import_id}/apply": {"POST": _CATALOGUE},
    "imports/{import_id}/columns": {"POST": _CATALOGUE},
    "categories": {"GET": PERSON, "POST": _CATALOGUE},
    "categories/{category_id}": {"GET": PERSON, "PUT": _CATALOGUE, "PATCH": _CATALOGUE, "DELETE": _CATALOGUE},
    "recalls": {"GET": seen("catalogue.recall"), "POST": granted("catalogue.recall")},
    "recalls/{recall_id}": {"DELETE": granted("catalogue.recall")},
    "tax-rates": {"GET": seen("catalogue.manage"), "POST": _CATALOGUE},
    "tax-rates/presets": {"POST": _CATALOGUE},
    "tax-rates/{rate_id}": {"GET": _CATALOGUE, "PATCH": _CATALOGUE, "DELETE": _CATALOGUE},
    "promotions": {"GET": seen("catalogue.manage"), "POST": _CATALOGUE},
    "promotions/{promotion_id}": {"GET": _CATALOGUE, "PUT": _CATALOGUE, "DELETE": _CATALOGUE},
    "variants": {"GET": PERSON, "POST": _CATALOGUE},
    "variants/{variant_id}": {"GET": PERSON, "PUT": _CATALOGUE, "PATCH": _CATALOGUE, "DELETE": _CATALOGUE},
    "demo": {"GET": ANYONE},
    "schema": {"GET": ANYONE},
    "docs": {"GET": ANYONE},
}
