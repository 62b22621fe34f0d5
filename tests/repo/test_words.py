"""Whatever the server may say by name has a sentence on the pages, in both languages."""

from __future__ import annotations

import re
from typing import get_args

import pytest

from actors.kit import money
from actors.messages.alarms import AlarmKind
from tests.repo.files import ROOT


@pytest.mark.parametrize("language", ["en", "he"])
def test_every_kind_of_alarm_has_its_sentence(language: str) -> None:
    words = (ROOT / "frontend_static" / "i18n" / f"{language}.js").read_text()
    said = set(re.findall(r'^  "alarm\.(\w+)":', words, re.M))
    assert set(get_args(AlarmKind)) - said == set()


def test_the_pages_show_money_in_the_servers_decimals() -> None:
    page = (ROOT / "frontend_static" / "js" / "money.js").read_text()
    shown = {code: int(digits) for code, digits in re.findall(r"^  ([A-Z]{3}): (\d),$", page, re.M)}
    assert shown == money.EXCEPTIONS
