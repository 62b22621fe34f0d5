"""The desk under stress, while eight shoppers shop: what it shows is what the API and the shop itself say.

Two managers look at the same branch, on a desk and on a tablet. At each step the shoppers stand still until
map, list, counters, API, figures and the simulator's own truth say the same; meanwhile no page
contradicts itself.
"""

from __future__ import annotations

import contextlib
import json
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from scripts.children import die_with_parent
from tests.browser.desk.line import Line
from tests.browser.hardware import DEVICE_ID, TROLLEYS, Hardware
from tests.browser.people import Visit, open_store, tokens
from tests.system.store import ROOT, Store

SHOPPERS = 8
MANY = 300
SETTLED_WITHIN_S = 120.0
"""Much longer than it takes: only what never comes to agree reaches it."""
BRANCH = "BRANCH-001"
_MORE = f"""
from core.fleet.models import Device, Trolley
from core.tenancy.models import Branch, Chain
Branch.objects.filter(code="{BRANCH}").update(session_timeout_s=900)
chain = Chain.objects.get(slug="demo-chain")
hall = Branch.objects.create(chain=chain, code="BRANCH-300", name="Demo Mart Hall")
device = Device.objects.create(branch=hall, name="Hall Pi", mac="02:00:00:00:03:00", serial="hall")
slots = [
    {{"device_id": str(device.pk), "slot": n, "x": 2 + n % 16 * 0.9, "y": 2 + n // 16 * 2.4, "angle": 90}}
    for n in range({MANY})
]
hall.floor_plan = {{"width_m": 60, "height_m": 60, "zones": [], "slots": slots}}
hall.save()
Trolley.objects.bulk_create(
    Trolley(
        trolley_id=f"HALL_{{n + 1:03}}", branch=hall, cart_number=n + 1, place_device=device, place_slot=n
    )
    for n in range({MANY})
)
"""
_SHOWN = """() => {
  const count = (one) => Number(one.textContent.replace(/[^0-9]/g, ""));
  const state = (one) => [...one.classList].find((name) => name.startsWith("is-"))?.slice(3);
  const bays = [...document.querySelectorAll(".plan-close .bay, .plan:not(.plan-overview) .bay")];
  const spots = [...document.querySelectorAll(".plan-close .spot, .plan:not(.plan-overview) .spot")];
  const lock = (one) => /lock (open|closed|not known)/.exec(one.getAttribute("aria-label"))?.[1] ?? "";
  return {
    counters: Object.fromEntries(
      [...document.querySelectorAll(".counter:not(.counter-total)")].map((one) =>
        [state(one), count(one.querySelector("dd"))])),
    total: count(document.querySelector(".counter-total dd")),
    map: Object.fromEntries(spots.map((one, place) => [one.dataset.trolley, {
      state: state(one), lock: lock(one),
      out: bays[place].classList.contains("bay-empty"),
      unheard: bays[place].classList.contains("bay-unheard"),
    }])),
    list: Object.fromEntries([...document.querySelectorAll(".entry")].map((one) =>
      [one.dataset.trolley, state(one.querySelector(".marker"))])),
  };
}"""
_COUNTED = {"claiming": "held", "fault": "faults"}
"""What the page's states are called where trolleys are counted; the others have the same name."""
_IN_ALARMS = ("fault", "stray")
"""Told above the list, and not in it."""


@pytest.fixture(scope="module")
def store(furnished: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A server of its own: here everything breaks."""
    store = open_store(furnished, tmp_path_factory.mktemp("withstands"), _MORE, SMS_URL="console://")
    yield store
    store.close()


@pytest.fixture(scope="module")
def hardware(store: Store) -> Iterator[Hardware]:
    """The locks; whoever has opened one takes the trolley."""
    with tempfile.TemporaryDirectory(prefix="trolley-") as folder:
        log = Path(store.environ["DATA_DIR"]) / "hardware.log"
        hardware = Hardware(store, Path(folder), log, "--auto-pull", "0.5")
        yield hardware
        hardware.close()


class Shop:
    """The API as a manager reads it, eight shoppers, and one of the staff who pushes trolleys back."""

    def __init__(self, store: Store, hardware: Hardware) -> None:
        self.hardware = hardware
        self._store = store
        self._goes_on = threading.Event()
        self._closed = threading.Event()
        self._log = (Path(store.environ["DATA_DIR"]) / "shoppers.log").open("ab")
        command = ["-m", "scripts.demo_shoppers", "--server", store.socket_url(""), "--pace", "3"]
        self._shoppers = subprocess.Popen(
            [sys.executable, *command, "--shoppers", str(SHOPPERS), "--seed", "7"],
            cwd=ROOT,
            env=store.environ,
            stdout=self._log,
            stderr=self._log,
            preexec_fn=die_with_parent,
        )
        self._staff = threading.Thread(target=self._push_back, daemon=True)
        self._goes_on.set()
        self._staff.start()

    def call(
        self,
        path: str,
        method: str = "GET",
        body: Any = None,
        *,
        user: str = "chain-admin",
        version: int | None = None,
    ) -> Any:
        """Return the API's answer; raises HTTPError. ``version``: of the row that is to be changed."""
        token = tokens(self._store, user)["access"]
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        if version is not None:
            headers["If-Match"] = f'"{version}"'
        request = urllib.request.Request(
            f"{self._store.url}/api{path}",
            None if body is None else json.dumps(body).encode(),
            headers,
            method=method,
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def trolleys(self, branch: str = BRANCH) -> dict[str, dict[str, Any]]:
        """Return the branch's trolleys as the API lists them, by code."""
        found: list[dict[str, Any]] = []
        page = 1
        while True:
            answer = self.call(f"/branches/{branch}/carts?page_size=200&page={page}")
            found += answer["results"]
            if answer["next"] is None:
                return {each["trolley_id"]: each for each in found}
            page += 1

    @contextmanager
    def still(self) -> Iterator[None]:
        """Let everybody stand where they are."""
        self._goes_on.clear()
        self._shoppers.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._shoppers.send_signal(signal.SIGCONT)
            self._goes_on.set()

    def shopped(self) -> int:
        """Return how many orders there are."""
        return int(self.call(f"/orders?branch={BRANCH}&page_size=1")["count"])

    def close(self) -> None:
        """Send everybody home."""
        self._closed.set()
        self._goes_on.set()
        self._shoppers.send_signal(signal.SIGCONT)
        self._shoppers.kill()
        self._shoppers.wait(60)
        self._staff.join(60)
        self._log.close()

    def _push_back(self) -> None:
        while not self._closed.wait(1.0):
            self._goes_on.wait()
            # A trolley may be back by itself meanwhile.
            with contextlib.suppress(OSError, AssertionError):
                for each in self.trolleys().values():
                    if each["standing"] == "stray":
                        self.hardware.push_back(each["cart_number"])


@pytest.fixture(scope="module")
def shop(store: Store, hardware: Hardware) -> Iterator[Shop]:
    """The shop, open."""
    shop = Shop(store, hardware)
    yield shop
    shop.close()


def _contradictions(shown: dict[str, Any]) -> list[str]:
    """Return where a page says one thing here and another there, at one moment."""
    states = Counter(each["state"] for each in shown["map"].values() if each["state"] != "inactive")
    counted = Counter(_COUNTED_HERE.get(name, name) for name in states.elements())
    found = []
    if sum(shown["counters"].values()) != shown["total"]:
        found.append(f"counters {shown['counters']} are not {shown['total']} in all")
    if counted != Counter({name: n for name, n in shown["counters"].items() if n}):
        found.append(f"counters {shown['counters']}, the map {dict(counted)}")
    for trolley, each in shown["map"].items():
        listed = shown["list"].get(trolley)
        if listed != (None if each["state"] in _IN_ALARMS else each["state"]):
            found.append(f"{trolley}: {listed} in the list, {each['state']} on the map")
        if each["unheard"] and each["state"] == "available":
            found.append(f"{trolley} is free, though nothing is heard of it")
    return found


_COUNTED_HERE = {"claiming": "held"}


def _differences(shown: dict[str, Any], shop: Shop, unheard: set[int]) -> list[str]:
    """Return where a page says something else than the API, the chain, or the locks themselves."""
    api = shop.trolleys()
    found = _contradictions(shown)
    numbers = Counter(each["standing"] for each in api.values() if each["standing"] != "inactive")
    stats = shop.call(f"/branches/{BRANCH}/stats")["trolleys"]
    told = {name: stats[key] for name, key in _IN_STATS.items()}
    if told != {name: numbers[name] for name in told}:
        found.append(f"stats {told}, the list of the API {dict(numbers)}")
    if shown["total"] != stats["total"]:
        found.append(f"{shown['total']} in all, {stats['total']} in the stats")
    slots = shop.hardware.slots()
    for trolley, each in shown["map"].items():
        known, truth = api[trolley], slots[api[trolley]["cart_number"]]
        if _COUNTED.get(each["state"], each["state"]) != known["standing"]:
            found.append(f"{trolley}: {each['state']} on the page, {known['standing']} in the API")
        if each["unheard"] != (known["cart_number"] in unheard):
            found.append(f"{trolley}: is it heard? The page says {not each['unheard']}")
        if each["unheard"]:
            continue
        if each["out"] == truth["present"]:
            found.append(f"{trolley}: out {each['out']} on the page, present {truth['present']}")
        if truth["present"] and each["lock"] != truth["hook"]:
            found.append(f"{trolley}: lock {each['lock']} on the page, {truth['hook']} in truth")
    return found


_IN_STATS = {
    "available": "free",
    "held": "in_use",
    "maintenance": "maintenance",
    "missing": "missing",
    "stray": "out_without_session",
}


def _agrees(shop: Shop, pages: list[Page], unheard: set[int]) -> None:
    """Let shoppers stand still until every page says what is so; until then none contradicts itself."""
    with shop.still():
        deadline = time.monotonic() + SETTLED_WITHIN_S
        while True:
            found = []
            for page in pages:
                shown = page.evaluate(_SHOWN)
                assert _contradictions(shown) == []
                found += _differences(shown, shop, unheard)
            if not found:
                return
            if time.monotonic() < deadline:
                pages[0].wait_for_timeout(200)
            else:
                pytest.fail("\n".join([*found, *_known_of(shop, found)]))


def _known_of(shop: Shop, found: list[str]) -> list[str]:
    """Return what everybody knows of the trolleys of which something else is said."""
    api, slots = shop.trolleys(), shop.hardware.slots()
    device = shop.call(f"/devices/{DEVICE_ID}/status", user="admin")
    known = [f"the Pi: {device['status']}, last seen {device['last_seen']}, pending {device['pending']}"]
    for code in sorted({each.split(":")[0] for each in found} & set(api)):
        number = api[code]["cart_number"]
        slot = [each for each in device["reported"] if each["slot"] == number - 1]
        happened = shop.call(f"/branches/{BRANCH}/carts/{number}/timeline")["results"][:8]
        known += [
            f"{code} in the API: {api[code]}",
            f"its slot of the Pi: {slot}",
            f"in truth: {slots[number]}",
        ]
        known += [f"{code} {each}" for each in happened]
    return known


BOARD_0 = set(range(1, 17))
EVERY = set(range(1, TROLLEYS + 1))


def _works_on(shop: Shop, page: Page, more: int = 1) -> None:
    """Wait until shoppers have bought something more, the page never contradicting itself."""
    before = shop.shopped()
    deadline = time.monotonic() + SETTLED_WITHIN_S * 2
    while shop.shopped() < before + more:
        assert time.monotonic() < deadline, "nobody buys anything"
        assert _contradictions(page.evaluate(_SHOWN)) == []
        page.wait_for_timeout(300)


@pytest.mark.timeout(1200)
def test_whatever_breaks_while_people_shop_the_desk_says_what_is_so(visit: Visit, shop: Shop) -> None:
    desk = visit(f"/branch/{BRANCH}", "manager", desk=True)
    other = visit(f"/branch/{BRANCH}", "staff", desk=True)
    pages = [desk, other]
    pill = desk.get_by_role("link", name="Devices of the branch")
    expect(pill).to_contain_text("Pi online")
    _works_on(shop, desk, 2)
    _agrees(shop, pages, set())

    with shop.hardware.unplugged_bus():
        expect(desk.locator(".alarm", has_text="Lock board")).to_have_count(2)
        expect(pill).not_to_contain_text("Pi online")
        expect(desk.locator(".counter.is-available dd")).to_have_text("0")
        _agrees(shop, pages, EVERY)
    expect(desk.locator(".alarm", has_text="Lock board")).to_have_count(0)
    _agrees(shop, pages, set())

    shop.hardware.fault("dead 0")
    alarm = desk.locator(".alarm", has_text="Lock board A does not answer")
    expect(alarm).to_be_visible()
    # Two managers: what one takes is taken for the other.
    alarm.get_by_role("button", name="I’ll see to it").click()
    expect(other.locator(".alarm", has_text="Lock board A")).to_contain_text("manager sees to it")
    _agrees(shop, pages, BOARD_0)
    shop.hardware.fault("none")
    expect(alarm).to_have_count(0)
    _works_on(shop, desk)
    _agrees(shop, pages, set())

    with shop.hardware.dead_pi():
        expect(desk.locator(".alarm", has_text="Pi is offline").first).to_be_visible()
        expect(pill).not_to_contain_text("Pi online")
        _agrees(shop, pages, EVERY)
    expect(pill).to_contain_text("Pi online")
    _works_on(shop, desk)
    _agrees(shop, pages, set())


def test_an_admin_at_work_is_refused_what_is_in_use_and_seen_on_every_page(visit: Visit, shop: Shop) -> None:
    pages = [visit(f"/branch/{BRANCH}", user, desk=True) for user in ("manager", "staff")]
    expect(pages[0].locator(".counter-total dd")).to_have_text(str(TROLLEYS))
    _works_on(shop, pages[0])
    with shop.still():
        standing = {each["cart_number"]: each["standing"] for each in shop.trolleys().values()}
        free = next(number for number, what in standing.items() if what == "available")
        held = next((number for number, what in standing.items() if what == "held"), None)
        if held is not None:
            with pytest.raises(urllib.error.HTTPError) as refused:
                shop.call(f"/branches/{BRANCH}/trolleys/{held}", "DELETE", user="admin")
            assert refused.value.code == 409
        with pytest.raises(urllib.error.HTTPError) as refused:
            version = shop.call(f"/branches/{BRANCH}")["version"]
            shop.call(f"/branches/{BRANCH}", "DELETE", user="admin", version=version)
        assert held is None or refused.value.code == 409
        shop.call(f"/branches/{BRANCH}/trolleys/{free}", "PATCH", {"is_active": False}, user="admin")
        for page in pages:
            expect(page.locator(".counter-total dd")).to_have_text(str(TROLLEYS - 1))
    _agrees(shop, pages, set())
    shop.call(f"/branches/{BRANCH}/trolleys/{free}", "PATCH", {"is_active": True}, user="admin")
    for page in pages:
        expect(page.locator(".counter-total dd")).to_have_text(str(TROLLEYS))
    _agrees(shop, pages, set())


def test_a_tablet_without_a_connection_for_half_a_minute_says_so_and_orders_nothing(
    visit: Visit, shop: Shop
) -> None:
    desk = visit(f"/branch/{BRANCH}", "manager", desk=True)
    tablet = visit("/login", "staff", desk=True)
    line = Line()

    def between(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()
        socket.on_message(lambda text: line.carry(partial(server.send, text)))
        server.on_message(lambda text: line.carry(partial(socket.send, text)))

    tablet.route_web_socket(re.compile("/ws/branch/"), between)
    tablet.clock.install()
    tablet.goto(tablet.url.replace("/login", f"/branch/{BRANCH}"))
    expect(tablet.locator(".board[data-stale=false]")).to_be_visible()
    with shop.still():
        docked = next(each for each in shop.trolleys().values() if each["standing"] == "available")
    tablet.locator(f".spot[data-trolley={docked['trolley_id']}]").first.click()
    panel = tablet.get_by_role("dialog")
    line.is_silent = True
    tablet.clock.pause_at(tablet.evaluate("Date.now() + 50"))
    tablet.clock.run_for(5_000)
    expect(tablet.locator(".board[data-stale=true]")).to_be_attached()
    tablet.clock.run_for(25_000)
    expect(tablet.locator(".offline")).to_be_visible()
    panel.get_by_label("Reason (required)").fill("The tablet was away")
    expect(panel.get_by_role("button", name="Open now")).to_be_disabled()
    _works_on(shop, desk)
    pulses = shop.hardware.pulses(docked["cart_number"])
    happened = shop.call(f"/branches/{BRANCH}/carts/{docked['cart_number']}/timeline")["results"]
    tablet.clock.resume()
    line.mend()
    expect(tablet.locator(".board[data-stale=false]")).to_be_attached()
    tablet.keyboard.press("Escape")
    _agrees(shop, [desk, tablet], set())
    assert all(each["why"] != "The tablet was away" for each in happened)
    assert shop.hardware.pulses(docked["cart_number"]) >= pulses


def test_of_three_hundred_trolleys_none_is_free_whose_pi_was_never_online(visit: Visit, shop: Shop) -> None:
    page = visit("/branch/BRANCH-300", "chain-admin", desk=True)
    expect(page.locator(".counter-total dd")).to_have_text(str(MANY))
    expect(page.locator(".counter.is-available dd")).to_have_text("0")
    expect(page.locator(".counter.is-unreachable dd")).to_have_text(str(MANY))
    expect(page.locator(".alarm")).to_contain_text("Pi is offline")
    assert Counter(each["standing"] for each in shop.trolleys("BRANCH-300").values()) == {"unreachable": MANY}
    stats = shop.call("/branches/BRANCH-300/stats")["trolleys"]
    assert (stats["total"], stats["free"]) == (MANY, 0)
    rows = page.locator(".entry")
    assert rows.count() < MANY
    page.get_by_role("button", name=re.compile(r"^\d+ more$")).click()
    page.get_by_role("searchbox").fill("137")
    expect(rows).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Trolley 137")).to_be_visible()
    # What this file says of a trolley when somebody is wrong.
    assert [each.split(":")[0] for each in _known_of(shop, ["TROLLEY_12: here"])][:4] == [
        "the Pi", "TROLLEY_12 in the API", "its slot of the Pi", "in truth"
    ]  # fmt: skip
