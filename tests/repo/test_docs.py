"""Links lead somewhere, and what the pages tell a reader to type exists."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.repo.files import ROOT, files, shown

PAGES = sorted(shown(path) for path in files(".md"))
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```", re.M | re.S)


def anchors(page: Path) -> set[str]:
    """The fragments that headings of a page make, as GitHub makes them."""
    titles = re.findall(r"^#+\s+(.*?)\s*$", FENCE.sub("", page.read_text()), re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES)
def test_every_link_of_a_page_leads_somewhere(page: str) -> None:
    path = ROOT / page
    dead = []
    for link in LINK.findall(FENCE.sub("", path.read_text())):
        if re.match(r"[a-z]+:", link):
            continue
        target, _, fragment = unquote(link).partition("#")
        there = (path.parent / target).resolve() if target else path
        if not there.exists() or (fragment and there.suffix == ".md" and fragment not in anchors(there)):
            dead.append(link)
    assert dead == []


@pytest.mark.parametrize("page", PAGES)
def test_every_make_target_a_page_names_exists(page: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.M))
    # In a sentence it stands in backquotes; alone on a line there is nothing behind it but a comment.
    command = r"(?:`|^(?=make [a-z]+ *(?:#|$|[A-Z_]+=)))make ([a-z]+)\b"
    named = set(re.findall(command, (ROOT / page).read_text(), re.M))
    assert named - targets == set()


@pytest.mark.parametrize("page", PAGES)
def test_every_file_a_page_names_in_code_exists(page: str) -> None:
    folders = "actors|core|realtime|devicegw|scripts|bench|tests|frontend_static|docs"
    named = re.findall(rf"`((?:{folders})/[\w./-]+)`", (ROOT / page).read_text())
    assert [name for name in named if not (ROOT / name).exists()] == []
