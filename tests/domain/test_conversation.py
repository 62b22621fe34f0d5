"""The conversation about money is what each side's tables say: nothing is said that nobody expects."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path
from types import ModuleType
from typing import get_args

import pytest

from actors import alarms, cart, order, order_numbers, payment, stock
from actors.conversation import WORDS, Word
from actors.messages.money import payment as payment_words

ROOT = Path(__file__).resolve().parents[2]
SIDES: dict[str, ModuleType] = {"cart": cart, "payment": payment, "order": order, "till": order_numbers}
OTHERS: dict[str, ModuleType] = {"alarms": alarms, "stock": stock}
HEARD = [word for word in WORDS if word.receiver in SIDES]


def constructed(package: ModuleType) -> set[type]:
    """The message types of which a package's code makes an instance."""
    assert package.__file__ is not None
    here = Path(package.__file__)
    files = sorted(here.parent.glob("*.py")) if here.name == "__init__.py" else [here]
    found: set[type] = set()
    for path in files:
        relative = path.relative_to(ROOT).with_suffix("")
        module = importlib.import_module(".".join(relative.parts).removesuffix(".__init__"))
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                made = getattr(module, node.func.id, None)
                if isinstance(made, type):
                    found.add(made)
    return found


@pytest.mark.parametrize("word", HEARD, ids=lambda word: f"{word.sender}-{word.message.__name__}")
def test_every_word_has_its_place_in_every_phase_in_which_it_may_come(word: Word) -> None:
    table = SIDES[word.receiver].DECIDER.commands
    assert set(word.not_while) <= set(table), "the row names a phase that there is not"
    deaf = {phase for phase, listed in table.items() if word.message not in listed}
    assert deaf <= set(word.not_while)


@pytest.mark.parametrize("name", ["payment", "order"])
def test_what_a_side_says_to_others_is_what_the_table_has_it_say(name: str) -> None:
    commands = {
        command
        for side in (*SIDES.values(), *OTHERS.values())
        if side is not SIDES[name]
        for command in get_args(side.DECIDER.command)
    }
    said = {each for each in constructed(SIDES[name]) if each in commands}
    if name == "payment":
        said |= {each for each in constructed(payment) if each in get_args(payment_words.ToProvider)}
    agreed = {word.message for word in WORDS if word.sender == name}
    assert said - agreed == set(), "said, and not agreed on"
    assert {each for each in agreed if each in commands} - said == set(), "agreed on, and never said"


def test_a_provider_says_all_that_it_may_and_nothing_else() -> None:
    agreed = {word.message for word in WORDS if word.sender == "provider"}
    assert agreed == set(get_args(payment_words.FromProvider))
    asked = {word.message for word in WORDS if word.receiver == "provider"}
    assert asked == set(get_args(payment_words.ToProvider))


@pytest.mark.parametrize("name", ["payment", "order"])
def test_whatever_a_side_understands_is_in_the_table_or_comes_from_people(name: str) -> None:
    people = {"FindPayment", "ConfirmPayment", "CheckPayment", "SettleAtTill", "VerifyExit", "RefundOrder"}
    heard = {word.message for word in WORDS if word.receiver == name}
    known = {each for each in get_args(SIDES[name].DECIDER.command) if each.__name__ not in people}
    assert known == heard
