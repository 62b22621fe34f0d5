"""A real server, real hardware processes and a real Chromium; people come and go as browser contexts."""

from __future__ import annotations

import contextlib
import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright
from playwright.sync_api import Error as PlaywrightError

from core.checks import DEMO_USERNAMES
from scripts.fake_camera import Camera
from scripts.services.browser import SWITCHES
from scripts.suite.shared import made_once
from tests.browser.bought import place_orders
from tests.browser.hardware import Hardware
from tests.browser.people import Visit, open_store, tokens
from tests.browser.watch import Watch
from tests.system import demo
from tests.system.store import Store

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1440, "height": 900}
# Short sessions and no locks: for those who walk away. More trolleys where there are goods, and a voucher.
_MORE = """
from core.catalogue.models.discounts import Voucher
from core.fleet.models import Trolley
from core.tenancy.models import Branch, Chain
chain = Chain.objects.get(slug="demo-chain")
Voucher.objects.create(chain=chain, code="TENTH", value=10)
Voucher.objects.create(chain=chain, code="LAST-ONE", value=10, max_uses=1)
for number in range(61, 81):
    Trolley.objects.create(
        trolley_id=f"TROLLEY_{number}", branch=Branch.objects.get(code="BRANCH-002"), cart_number=number
    )
branch = Branch.objects.create(
    chain=chain, code="BRANCH-009", name="Demo Mart Express",
    session_timeout_s=5, resumes_sessions=False,
)
fresh = Branch.objects.create(chain=chain, code="BRANCH-011", name="Demo Mart Kiosk")
for number in (1, 2, 3):
    Trolley.objects.create(trolley_id=f"TROLLEY_10{number}", branch=fresh, cart_number=number)
for number in range(91, 93):
    Trolley.objects.create(trolley_id=f"TROLLEY_{number}", branch=branch, cart_number=number)
branch = Branch.objects.create(chain=chain, code="BRANCH-019", name="Demo Mart Avenue", session_timeout_s=5)
Trolley.objects.create(trolley_id="TROLLEY_95", branch=branch, cart_number=95)
"""


_HERE = Path(__file__).parent
_WITHIN_S = 300.0
"""Of a test here; the first one also waits for the store, its locks and the browser to start."""
_PATIENCE_MS = 30_000
"""For one thing to be seen; much more than it takes, for the machine may have other work."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if _HERE in item.path.parents and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(_WITHIN_S))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report = yield
    if report.failed:
        item.stash[_FAILED] = True
    return report


_FAILED = pytest.StashKey[bool]()


@pytest.fixture(scope="package")
def furnished() -> Path:
    """A database file with the demo in it, to be copied."""

    def make(folder: Path) -> None:
        with demo.furnished(f"sqlite:///{folder}/store.sqlite3", folder) as store:
            store.manage("shell", "-v0", "-c", _MORE)
            place_orders(store)

    return made_once("furnished", make) / "store.sqlite3"


@pytest.fixture(scope="package")
def store(furnished: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """The server that tests share; each takes trolleys of its own."""
    folder = tmp_path_factory.mktemp("store")
    store = open_store(furnished, folder, SMS_URL=f"file://{folder}/sms", EMAIL_URL=f"file://{folder}/mail")
    yield store
    store.close()


@pytest.fixture(scope="package")
def hardware(store: Store) -> Iterator[Hardware]:
    """The locks of BRANCH-001."""
    # A socket's path may be some hundred characters at most.
    with tempfile.TemporaryDirectory(prefix="trolley-") as folder:
        hardware = Hardware(store, Path(folder), Path(store.environ["DATA_DIR"]) / "hardware.log")
        yield hardware
        hardware.close()


@pytest.fixture(scope="package")
def camera(tmp_path_factory: pytest.TempPathFactory) -> Camera:
    """What the browser's camera sees."""
    return Camera(tmp_path_factory.mktemp("camera") / "film.y4m")


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    """What drives browsers; a thread may have one."""
    expect.set_options(timeout=_PATIENCE_MS)
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="package")
def browser(playwright: Playwright, chromium: str, camera: Camera) -> Iterator[Browser]:
    """Chromium as people have it, with a fake camera."""
    arguments = [*SWITCHES, *camera.arguments]
    browser = playwright.chromium.launch(executable_path=chromium, args=arguments)
    yield browser
    browser.close()


@pytest.fixture(scope="package")
def shell(playwright: Playwright, headless_shell: str) -> Iterator[Browser]:
    """Chromium without its windows, for tests that look at pages alone: half of what they cost."""
    shell = playwright.chromium.launch(executable_path=headless_shell, args=[*SWITCHES])
    yield shell
    shell.close()


@pytest.fixture(scope="package")
def shoppers() -> dict[str, str]:
    """Whose each shopper is: a cart is its owner's, so that no two tests may shop as one."""
    return dict.fromkeys(DEMO_USERNAMES, "")


@pytest.fixture
def watches() -> list[Watch]:
    """One for each visit of the test, in their order."""
    return []


@pytest.fixture
def visit(
    request: pytest.FixtureRequest,
    store: Store,
    watches: list[Watch],
    shoppers: dict[str, str],
) -> Iterator[Visit]:
    """``visit("/shop", as_user="shopper")`` opens a page in a browser of that person's own.

    Tests that ask for ``camera`` or ``browser`` have the whole Chromium, with a camera and notifications.
    """
    whole = not {"browser", "camera"}.isdisjoint(request.fixturenames)
    browser: Browser = request.getfixturevalue("browser" if whole else "shell")
    pages: list[Page] = []
    here = request.node.nodeid.partition("[")[0]

    def visit(
        path: str, as_user: str = "", *, desk: bool = False, lang: str = "en", camera: bool = True
    ) -> Page:
        kept = [{"name": "st.lang", "value": lang}]
        if as_user:
            owner = shoppers.setdefault(as_user, here)
            assert owner in ("", here), f"{as_user} shops in {owner}"
            kept.append({"name": "st.tokens", "value": json.dumps(tokens(store, as_user))})
        context = browser.new_context(
            viewport=DESK if desk else PHONE,  # type: ignore[arg-type]
            has_touch=not desk,
            permissions=["camera"] if camera else [],
            reduced_motion="reduce",
            storage_state={"origins": [{"origin": store.url, "localStorage": kept}]},  # type: ignore[typeddict-item,list-item]
        )
        context.set_default_timeout(_PATIENCE_MS)
        watches.append(Watch(context, store.url))
        page = context.new_page()
        pages.append(page)
        page.goto(f"{store.url}{path}")
        return page

    yield visit
    complaints = [each for watch in watches for each in watch.complaints]
    if complaints or _FAILED in request.node.stash:
        _keep(request.node.name, pages, watches, store)
    for page in pages:
        page.context.close()
    assert complaints == []


def _keep(name: str, pages: list[Page], watches: list[Watch], store: Store) -> None:
    """Leave behind what the pages looked like and said, and say where."""
    folder = Path(tempfile.mkdtemp(prefix="trolley-browser-"))
    for number, (page, watch) in enumerate(zip(pages, watches, strict=False)):
        (folder / f"console-{number}.log").write_text("\n".join(watch.log))
        with contextlib.suppress(PlaywrightError):  # a page that is closed, or hangs, has no picture
            page.screenshot(path=folder / f"page-{number}.png", timeout=3_000)
    for log in Path(store.environ["DATA_DIR"]).glob("*.log"):
        shutil.copy(log, folder)
    print(f"{name}: screenshots and logs are in {folder}")
