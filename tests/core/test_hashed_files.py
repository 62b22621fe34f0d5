"""Files of the pages: under names with their hash, in pages and imports, fetched at once, kept for good."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.http import HttpResponse
from django.test import Client, RequestFactory

from core.web.middleware import SecurityHeaders
from core.web.modules import reached
from core.web.static import HASHED, HashedFiles, StaticFiles

FRONT = Path(__file__).resolve().parents[2] / "frontend_static"


@pytest.fixture
def front(tmp_path: Path, settings: Any) -> Path:
    """A small front end, collected."""
    files = {
        "js/app.js": (
            'import { a } from "./part.js";\nexport { b } from "../js/part.js";\nimport "./bare.js";\n'
            '/** @typedef {import("./app.js").App} App */\nconst later = import("./later.js");\n' + "a;" * 300
        ),
        "js/part.js": '/** Its user is {import("./app.js").App}. */\nexport const a = 1, b = "./later.js";\n',
        "js/bare.js": "globalThis.bare = 1;\n",
        "js/later.js": "export const late = 1;\n",
        "css/page.css": '@import url("./base.css");\n',
        "css/base.css": "body { margin: 0; }\n",
    }
    source = tmp_path / "source"
    for name, text in files.items():
        path = source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    settings.STATICFILES_DIRS = [source]
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.STATIC_ROOT = tmp_path / "collected"
    call_command("collectstatic", interactive=False, verbosity=0)
    return source


def test_a_module_imports_the_others_by_their_hashed_names_and_comments_stay(front: Path) -> None:
    files = HashedFiles()
    names = files.names_of(
        ["js/app.js", "js/part.js", "js/bare.js", "js/later.js", "css/page.css", "css/base.css"]
    )
    assert all(HASHED.search(name) for name in names.values())
    text = Path(files.path(names["js/app.js"])).read_text()
    part, bare, later = (Path(names[f"js/{one}.js"]).name for one in ("part", "bare", "later"))
    assert f'import {{ a }} from "./{part}";' in text
    assert f'export {{ b }} from "../js/{part}";' in text
    assert f'import "./{bare}";' in text
    assert f'import("./{later}")' in text
    assert '{import("./app.js").App}' in text
    assert '"./later.js"' in Path(files.path(names["js/part.js"])).read_text()
    assert Path(names["css/base.css"]).name in Path(files.path(names["css/page.css"])).read_text()


def test_a_hashed_file_is_compressed_and_kept_for_good_and_a_plain_one_is_asked_for_again(
    front: Path,
) -> None:
    name = HashedFiles().names_of(["js/app.js"])["js/app.js"]
    serve = SecurityHeaders(StaticFiles(lambda _: HttpResponse(status=404)))
    for coding in ("br", "gzip"):
        found = serve(RequestFactory().get(f"/static/{name}", headers={"Accept-Encoding": coding}))
        assert (found.status_code, found.headers["Content-Encoding"]) == (200, coding)
        assert "immutable" in found.headers["Cache-Control"]
        assert "Content-Security-Policy" not in found.headers
    plain = serve(RequestFactory().get("/static/js/app.js"))
    assert "immutable" not in plain.headers["Cache-Control"]
    assert "Content-Security-Policy" in plain.headers


def test_in_development_an_edit_is_served_at_once_without_a_step(front: Path, settings: Any) -> None:
    settings.DEBUG = True
    files = HashedFiles()
    assert HASHED.search(files.names_of(["js/app.js"])["js/app.js"])
    later = Path(files.path("staticfiles.json")).stat().st_mtime + 10
    os.utime(front / "js" / "part.js", (later, later))
    assert files.names_of(["js/app.js"]) == {"js/app.js": "js/app.js"}


def test_what_a_page_leads_to_is_known_but_for_what_is_wanted_later(front: Path) -> None:
    assert reached(front, "js/app.js") == ("js/part.js", "js/bare.js")
    assert reached(front, "css/page.css") == ("css/base.css",)
    shop = reached(FRONT, "js/shop/app.js")
    assert "vendor/preact.js" in shop
    assert "js/messages.js" in shop
    assert {"i18n/en.js", "i18n/he.js"}.isdisjoint(shop)
    assert "vendor/barcode-detector.js" not in shop
    assert len(set(shop)) == len(shop)


@pytest.mark.parametrize("path", ["/shop", "/branch/X", "/catalogue", "/docs/components"])
def test_a_page_names_all_its_files_once_and_each_is_there(client: Client, path: str) -> None:
    html = client.get(path).content.decode()
    modules = re.findall(r'rel="modulepreload" href="([^"]+)"', html)
    sheets = re.findall(r'rel="preload" as="style" href="([^"]+)"', html)
    assert len(modules) > 10
    assert any("tokens" in one for one in sheets)
    assert len({*modules, *sheets}) == len(modules) + len(sheets)
    words = re.search(r'data-en="([^"]+)" data-he="([^"]+)"', html)
    assert words is not None
    for each in (modules[0], modules[-1], sheets[0], *words.groups()):
        assert client.get(each).status_code == 200, each
