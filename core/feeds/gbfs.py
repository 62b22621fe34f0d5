"""A branch as GBFS 3.0 has it: a system of one station whose vehicles are trolleys.

Source: https://github.com/MobilityData/gbfs/blob/v3.0/gbfs.md. Counts only: a trolley without an id cannot be
followed.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings

from core.fleet.models import Trolley
from core.fleet.trolleys.standing import counted
from core.rest.fields import rfc3339
from core.tenancy.models import Branch
from core.tenancy.opening_hours import DAYS

VERSION = "3.0"
TTL_S = 60
FILES = ("gbfs", "system_information", "station_information", "station_status", "vehicle_types")
_TROLLEY = "trolley"
_OUT_OF_ORDER = ("maintenance", "faults", "unreachable")
"""What a trolley stands as of which the standard says that it is there and cannot be taken."""


def feed(name: str, branch: Branch, now: datetime) -> dict[str, Any]:
    """Return one of FILES. Blocking."""
    return _wrapped(_DATA[name](branch, now), now)


def manifest(branches: list[Branch], now: datetime) -> dict[str, Any]:
    """Return the list of all systems, as GBFS's manifest.json has it."""
    systems = [
        {"system_id": branch.code, "versions": [{"version": VERSION, "url": _url(branch, "gbfs")}]}
        for branch in branches
    ]
    return _wrapped({"datasets": systems}, now)


def _wrapped(data: dict[str, Any], now: datetime) -> dict[str, Any]:
    return {"last_updated": rfc3339(now), "ttl": TTL_S, "version": VERSION, "data": data}


def _url(branch: Branch, name: str) -> str:
    return f"{settings.PUBLIC_URL}/feeds/{branch.code}/{name}.json"


def _text(branch: Branch, text: str) -> list[dict[str, str]]:
    return [{"text": text, "language": branch.chain.languages[0]}]


def _gbfs(branch: Branch, now: datetime) -> dict[str, Any]:
    return {"feeds": [{"name": name, "url": _url(branch, name)} for name in FILES]}


def _system(branch: Branch, now: datetime) -> dict[str, Any]:
    return {
        "system_id": branch.code,
        "languages": branch.chain.languages,
        "name": _text(branch, branch.name),
        "operator": _text(branch, branch.chain.name),
        "opening_hours": _hours(branch),
        "url": settings.PUBLIC_URL,
        "feed_contact_email": settings.DEFAULT_FROM_EMAIL.rpartition("<")[2].rstrip(">"),
        "timezone": branch.timezone,
    }


def _station(branch: Branch, now: datetime) -> dict[str, Any]:
    if branch.latitude is None or branch.longitude is None:
        return {"stations": []}  # The standard has none without a place.
    station = {
        "station_id": branch.code,
        "name": _text(branch, branch.name),
        "lat": float(branch.latitude),
        "lon": float(branch.longitude),
        "capacity": Trolley.objects.filter(branch=branch, is_active=True).count(),
        "station_opening_hours": _hours(branch),
    }
    address = ", ".join(filter(None, (branch.address, branch.city)))
    return {"stations": [station | ({"address": address} if address else {})]}


def _status(branch: Branch, now: datetime) -> dict[str, Any]:
    if branch.latitude is None or branch.longitude is None:
        return {"stations": []}
    standing = counted(Trolley.objects.filter(branch=branch)).get(branch.code, {})
    free = standing.get("available", 0)
    status = {
        "station_id": branch.code,
        "num_vehicles_available": free,
        "vehicle_types_available": [{"vehicle_type_id": _TROLLEY, "count": free}],
        "num_vehicles_disabled": sum(standing.get(each, 0) for each in _OUT_OF_ORDER),
        "is_installed": True,
        "is_renting": True,
        "is_returning": True,
        "last_reported": rfc3339(now),
    }
    return {"stations": [status]}


def _types(branch: Branch, now: datetime) -> dict[str, Any]:
    trolley = {
        "vehicle_type_id": _TROLLEY,
        "form_factor": "other",
        "propulsion_type": "human",
        "name": [{"text": "Shopping trolley", "language": "en"}],
        "wheel_count": 4,
        "return_constraint": "roundtrip_station",
    }
    return {"vehicle_types": [trolley]}


def _hours(branch: Branch) -> str:
    """Return the hours in OpenStreetMap's notation; a branch without any is always open."""
    if not branch.opening_hours:
        return "24/7"
    return "; ".join(_day(day, branch.opening_hours.get(day, [])) for day in DAYS)


def _day(day: str, spans: list[list[str]]) -> str:
    told = ",".join("-".join(span) for span in spans)
    return f"{day[:2].title()} {told or 'off'}"


_DATA = {
    "gbfs": _gbfs,
    "system_information": _system,
    "station_information": _station,
    "station_status": _status,
    "vehicle_types": _types,
}
