"""The browser of these tests is one that Playwright knows, without what no test looks at."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser

_SWITCH = "--disable-features="


def test_what_playwright_does_without_is_left_out_still(browser: Browser) -> None:
    session = browser.new_browser_cdp_session()
    running = session.send("SystemInfo.getProcessInfo")["processInfo"]
    process = next(each["id"] for each in running if each["type"] == "browser")
    session.detach()
    command = Path(f"/proc/{process}/cmdline").read_text().split("\0")
    playwrights, ours = (
        set(switch.removeprefix(_SWITCH).split(",")) for switch in command if switch.startswith(_SWITCH)
    )
    assert sorted(playwrights - ours) == []
