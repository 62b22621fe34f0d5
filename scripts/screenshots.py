"""Pictures of the pages, in both languages, on a phone and on a desk.

``python -m scripts.screenshots OUTDIR`` starts the store as `make run` does, with simulated
shoppers in it, on a throw-away database. ``--readme`` makes only the two pictures of the
README, shop.png and branch.png.
"""

from __future__ import annotations

import argparse
import base64
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from scripts.fake_camera import Camera
from scripts.probe import healthy
from scripts.services import chromium
from scripts.services.browser import SWITCHES

ROOT = Path(__file__).resolve().parents[1]
PHONE, DESK = ViewportSize(width=390, height=844), ViewportSize(width=1440, height=900)
SHOPPERS = 11
BRANCH = "BRANCH-001"
PASSWORD = "trolley-demo"  # noqa: S105 - known to everybody, refused in production
GOODS = ("8904100285850", "8904101868595", "8904101868595", "8904101284753", "8904100998583")
NEXT_GOOD = "8904101258112"
PATIENCE_MS = 180_000

_ALIVE = """(least) => [...document.querySelectorAll(".entry-side strong")].length >= least"""


def main() -> int:
    """Take them all; the exit status is 0 then."""
    parser = argparse.ArgumentParser(prog="scripts.screenshots", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--readme", action="store_true", help="only shop.png and branch.png")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        executable, _ = chromium(stack, os.environ)
        data = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="trolley-")))
        url = stack.enter_context(store(data))
        camera = Camera(data / "film.y4m")
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(
            executable_path=executable,
            args=[*SWITCHES, *camera.arguments],
        )
        stack.callback(browser.close)
        camera.show_ean13(NEXT_GOOD)
        if options.readme:
            _for_readme(browser, url, options.folder)
        else:
            _all(browser, url, options.folder)
    return 0


@contextmanager
def store(data: Path, shoppers: int = SHOPPERS) -> Iterator[str]:
    """`make run` on a port and in a folder of its own; gives its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environ = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    environ |= {"PORT": str(port), "DATA_DIR": str(data), "DEMO_SHOPPERS": str(shoppers)}
    run = subprocess.Popen([sys.executable, "-m", "scripts.run"], cwd=ROOT, env=environ)
    try:
        while not healthy(f"http://127.0.0.1:{port}/readyz"):
            if run.poll() is not None:
                raise SystemExit("The store did not start; see above.")
            time.sleep(0.2)
        yield f"http://127.0.0.1:{port}"
    finally:
        run.send_signal(signal.SIGINT)
        run.wait(60)


def _open(
    browser: Browser, url: str, path: str, size: ViewportSize, lang: str = "en", user: str = ""
) -> Page:
    """A browser of one person, signed in if they are named."""
    context = browser.new_context(viewport=size, permissions=["camera"], reduced_motion="reduce")
    context.add_init_script(f"localStorage.setItem('st.lang', '{lang}')")
    page = context.new_page()
    if user:
        page.goto(f"{url}/login?next={path}")
        page.locator("#username").fill(user)
        page.locator("#password").fill(PASSWORD)
        page.locator("form .btn-primary").click()
        page.wait_for_url(f"{url}{path}")
    else:
        page.goto(f"{url}{path}")
    return page


def _branch(browser: Browser, url: str, size: ViewportSize, lang: str) -> Page:
    return _open(browser, url, f"/branch/{BRANCH}", size, lang, "manager")


def _lively(page: Page, busy: int) -> None:
    """Wait until so many trolleys of the branch's page have goods in them."""
    page.wait_for_function(_ALIVE, arg=busy, timeout=PATIENCE_MS)


def _shop(browser: Browser, url: str, user: str, trolley: str, lang: str, size: ViewportSize) -> Page:
    """A shopper's page with a trolley and some goods."""
    page = _open(browser, url, f"/t/{trolley}", size, lang, user)
    page.locator(".claim .btn-tag").click()
    page.locator(".dock-type").click()
    for code in GOODS:
        page.locator("#barcode").fill(code)
        page.locator("#barcode").press("Enter")
        page.wait_for_function("() => !document.querySelector('.scan-asking')")
    page.locator("dialog .btn-quiet").click()
    page.locator(".lock-card").wait_for(state="detached", timeout=PATIENCE_MS)
    return page


def _scanning(page: Page) -> None:
    """Open the scanner and let it read the product that is held before the camera."""
    page.locator(".dock-scan").click()
    page.locator(".scan-added").wait_for(timeout=PATIENCE_MS)


def _checking_out(page: Page) -> None:
    """Open the sheet in which one pays."""
    page.locator(".dock-pay").click()
    page.locator(".pick").first.wait_for(timeout=PATIENCE_MS)


def _paid(page: Page) -> None:
    """Pay with the first test card."""
    page.locator(".pay-foot button").click()
    page.locator(".pass .code").wait_for(timeout=PATIENCE_MS)


def _for_readme(browser: Browser, url: str, folder: Path) -> None:
    branch = _branch(browser, url, DESK, "en")
    one = _shop(browser, url, "shopper", "TROLLEY_06", "en", PHONE)
    other = _shop(browser, url, "shopper2", "TROLLEY_19", "he", PHONE)
    _lively(branch, busy=8)
    branch.screenshot(path=folder / "branch.png")
    pictures = [one.screenshot()]
    _scanning(one)
    pictures.append(one.screenshot())
    one.keyboard.press("Escape")
    _checking_out(other)
    pictures.append(other.screenshot())
    _checking_out(one)
    _paid(one)
    pictures.append(one.screenshot())
    _side_by_side(browser, pictures, folder / "shop.png")


def _side_by_side(browser: Browser, pictures: list[bytes], path: Path) -> None:
    sheet = browser.new_page()
    images = "".join(
        f'<img src="data:image/png;base64,{base64.b64encode(picture).decode()}">' for picture in pictures
    )
    style = "body{margin:0;display:inline-flex;gap:28px;padding:28px;background:#dfe6e2}"
    style += "img{border-radius:26px;box-shadow:0 6px 24px rgb(0 0 0/.18)}"
    sheet.set_content(f"<style>{style}</style><body>{images}</body>")
    sheet.locator("body").screenshot(path=path)


def _all(browser: Browser, url: str, folder: Path) -> None:
    people = {
        ("phone", "en"): "shopper",
        ("phone", "he"): "shopper2",
        ("desk", "en"): "manager",
        ("desk", "he"): "admin",
    }
    for number, ((name, lang), user) in enumerate(people.items()):
        size = PHONE if name == "phone" else DESK
        end = f"{name}-{lang}.png"
        for path, picture in (("/", "home"), ("/login", "login"), ("/shop", "signin")):
            page = _open(browser, url, path, size, lang)
            page.locator("main h1" if path == "/" else ".demo-accounts").wait_for()
            page.screenshot(path=folder / f"{picture}-{end}")
        page = _open(browser, url, "/shop", size, lang, user)
        page.locator(".claim-hero").wait_for()
        page.screenshot(path=folder / f"claim-{end}")
        page = _shop(browser, url, user, f"TROLLEY_{51 + number}", lang, size)
        page.screenshot(path=folder / f"cart-{end}")
        _scanning(page)
        page.screenshot(path=folder / f"scan-{end}")
        page.keyboard.press("Escape")
        page.locator(".end-button").click()
        page.locator("dialog .btn-danger").wait_for()
        page.screenshot(path=folder / f"end-{end}")
        page.keyboard.press("Escape")
        _checking_out(page)
        page.screenshot(path=folder / f"pay-{end}")
        _paid(page)
        page.screenshot(path=folder / f"paid-{end}", full_page=True)
        page = _branch(browser, url, size, lang)
        _lively(page, busy=4)
        page.screenshot(path=folder / f"branch-{end}", full_page=True)
        page.locator(".entry").first.click()
        page.locator("dialog .panel-head").wait_for()
        page.screenshot(path=folder / f"panel-{end}")
        if name == "phone":
            page.keyboard.press("Escape")
            page.locator(".tabs button").first.click()
            page.screenshot(path=folder / f"map-{end}", full_page=True)


if __name__ == "__main__":
    raise SystemExit(main())
