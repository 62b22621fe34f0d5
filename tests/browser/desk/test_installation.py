"""A fresh branch is wired as docs/PI.md says, by hand and in a browser, up to the first locks that open.

At the other end of the line is a board that shares no code with the agent or its simulator.
"""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from scripts.children import die_with_parent
from tests.browser.kerong_peer import KerongBoard
from tests.browser.people import Visit, tokens
from tests.browser.shopping import give_back, take
from tests.system.store import ROOT, Store

BRANCH = "BRANCH-011"
"""With every setting as a branch begins with (conftest.py)."""
INSTALLER = "corner-manager"
PEOPLE_CALL_IT = ("--name", "Pi at the door", "--mac", "b8:27:eb:77:00:10", "--serial", "100000000000beef")
"""A machine that tests run on may tell neither address nor serial number."""
_MANAGER = f"""
from core.accounts.models import Grant, User
from core.tenancy.models import Branch
branch = Branch.objects.get(code="{BRANCH}")
user = User.objects.get(username="{INSTALLER}")
Grant.objects.create(user=user, role="manager", chain=branch.chain, branch=branch)
"""


PATIENT = {"answer_s": 0.5, "gap_s": 0.25}
"""A board that is a thread of a busy machine may take longer over an answer than a real one."""


class Pi:
    """The agent's program with a configuration of its own."""

    def __init__(self, folder: Path, port: Path) -> None:
        self.config = folder / "config.json"
        example = json.loads((ROOT / "devicegw" / "deploy" / "config.example.json").read_text())
        # What the installer says in it: what hangs on which port, and where this one keeps its things.
        bus = {"port": str(port), "protocol": "kerong", "boards": [{"address": 0}], "timings": PATIENT}
        places = {"state_dir": str(folder / "state"), "device_token_file": str(folder / "token")}
        self.config.write_text(json.dumps(example | places | {"buses": [bus], "scanners": []}))
        self._log = folder / "agent.log"

    def run(self, *arguments: str) -> str:
        """Run the program to its end; it must go well."""
        command = [sys.executable, "-m", "devicegw.agent", "--config", str(self.config), *arguments]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def start(self, stack: ExitStack) -> None:
        """Start it as the service does."""
        log = stack.enter_context(self._log.open("ab"))
        process = subprocess.Popen(
            [sys.executable, "-m", "devicegw.agent", "--config", str(self.config)],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            preexec_fn=die_with_parent,
        )
        stack.callback(process.wait, 15)
        stack.callback(process.terminate)


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def _put_in(page: Page, lock: int, trolley_id: str) -> None:
    page.get_by_role("button", name=re.compile(f"^Lock {lock}, No trolley")).click()
    page.get_by_label("The trolley that belongs here").select_option(trolley_id)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("dialog")).to_have_count(0)


def _register(page: Page, pi: Pi) -> None:
    """Type the page's own command on the Pi."""
    page.locator(".devices-head .btn-primary").click()
    typed = shlex.split(page.locator(".command code").inner_text())
    assert typed[:4] == ["sudo", "-u", "smart-trolley", "smart-trolley-agent"]
    assert re.search(
        rf"^registered +Pi at the door .* in {BRANCH}$", pi.run(*typed[4:], *PEOPLE_CALL_IT), re.M
    )
    expect(page.locator("dialog [role=status]")).to_have_text("Pi at the door is registered.")
    page.locator("dialog .btn-primary").click()


def _find_and_check(pi: Pi, port: Path) -> None:
    found = pi.run("--discover", "--port", str(port), "--baud", "19200", "--units", "2", "--patience", "0.5")
    assert "found  kerong 19200 baud, address 0: hooks 1111111111111111, sensors 0000000000000111" in found
    assert "1 answered" in found
    checked = pi.run("--check")
    assert re.search(r"^ok .*board 0 +answers in .*16 locks, none open, 3 trolleys present$", checked, re.M)
    assert re.search(r"^ok .*link ", checked, re.M)


def _add_the_board(page: Page, port: Path) -> None:
    page.get_by_role("link", name="Pi at the door").click()
    page.get_by_role("button", name="Add a board").click()
    page.get_by_label("Port").fill(str(port))
    page.locator("dialog .btn-primary").click()
    expect(page.locator(".boards tbody tr")).to_have_count(1)


def _open_by_staff(desk: Page) -> None:
    desk.locator(".entry", has_text="TROLLEY_101").click()
    panel = desk.get_by_role("dialog", name="Trolley 1")
    expect(panel).to_contain_text("closed")
    panel.get_by_role("button", name="Trolley is stuck").click()
    panel.get_by_role("button", name="Open now").click()


def test_a_fresh_branch_is_wired_and_its_locks_open(
    visit: Visit, store: Store, tmp_path: Path, stack: ExitStack
) -> None:
    tokens(store, INSTALLER)
    store.manage("shell", "-v0", "-c", _MANAGER)
    port = tmp_path / "bus"
    board = KerongBoard(port, address=0, trolleys={0, 1, 2})
    stack.callback(board.close)
    pi = Pi(tmp_path, port)
    page = visit(f"/branch/{BRANCH}/devices", INSTALLER, desk=True)
    _register(page, pi)
    _find_and_check(pi, port)
    assert board.pulsed == [], "neither moves a lock"

    # Two trolleys get their slots before the Pi has ever said a word, one after.
    _add_the_board(page, port)
    _put_in(page, 1, "TROLLEY_101")
    _put_in(page, 2, "TROLLEY_102")
    pi.start(stack)
    head = page.get_by_role("region", name="Pi at the door")
    expect(head.locator(".pill")).to_have_text("Online", timeout=30_000)
    expect(page.get_by_role("button", name="Lock 1, Trolley 1, closed")).to_be_visible()
    _put_in(page, 3, "TROLLEY_103")
    expect(page.get_by_role("button", name="Lock 3, Trolley 3, closed")).to_be_visible()
    desk = visit(f"/branch/{BRANCH}", INSTALLER, desk=True)
    for number in (1, 2, 3):
        expect(desk.locator(".entry", has_text=f"TROLLEY_10{number}")).to_contain_text("Free")

    expect(desk.get_by_role("heading", name="Not on a floor plan")).to_be_visible()
    expect(desk.get_by_role("heading", name="No lock hardware")).to_have_count(0)

    # The first locks: one for staff, one for a shopper who scans the trolley beside it.
    _open_by_staff(desk)
    expect(page.get_by_role("button", name="Lock 1, Trolley 1, open")).to_be_visible()
    shopper = visit("/t/TROLLEY_102", "first-shopper")
    take(shopper)
    expect(shopper.get_by_text("The lock is open", exact=True)).to_be_visible()
    assert board.pulsed == [0, 1]
    board.pull(1)
    expect(shopper.get_by_text("The lock is open", exact=True)).to_have_count(0)
    give_back(shopper)
    board.push_in(1)
    expect(page.get_by_role("button", name="Lock 2, Trolley 2, closed")).to_be_visible()
    assert board.pulsed == [0, 1], "once each"
