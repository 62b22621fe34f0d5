"""The columns of a products file: how each is read and written. Import and export share them."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Collection, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError

from actors.kit.money import decimals, quantize
from core.catalogue import allergens
from core.catalogue.facts import MOST_TAGS, TAG, Nutrition, check_restricted
from core.catalogue.imports.codes import CellRefused, Codes, NormalizedCode, unwrapped
from core.catalogue.models.codes import MOST_CODES, MOST_UNITS
from core.rest.folding import folded
from core.wire.lines import NotOneLine, one_line

_NUMBER = re.compile(r"[+-]?[0-9]{1,12}([.,][0-9]{1,6})?")
_TRUE = frozenset({"1", "true", "yes", "y"})
_FALSE = frozenset({"0", "false", "no", "n"})
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
NUTRITION = Nutrition.__struct_fields__


class Setting(NamedTuple):
    """What reading a cell depends on."""

    currency: str
    categories: Mapping[str, Any]
    """Ids of the chain's categories by slug, and by name where only one has it."""
    codes: Codes
    tax_classes: Collection[str] = ()


class Column(NamedTuple):
    """``read`` takes the stripped text; ``empty`` is what an empty cell means, None: it may not be empty."""

    name: str
    read: Callable[[str, Setting], Any]
    write: Callable[[Any], str]
    empty: Any = None
    required: bool = False


def _text(longest: int, text: str, _: Setting) -> str:
    # Export puts an apostrophe before what a spreadsheet would take for a formula.
    if text.startswith("'") and text[1:].startswith(_FORMULA):
        text = text[1:]
    if "\0" in text:
        raise CellRefused("Expected text, got a NUL character.", "null_characters_not_allowed")
    if len(text) > longest:
        sentence = f"Expected at most {longest} characters, got {len(text)}."
        raise CellRefused(sentence, "max_length", limit_value=longest)
    return text


def _name(text: str, setting: Setting) -> str:
    try:
        line = one_line(_text(160, text, setting))
    except NotOneLine as error:
        raise CellRefused(str(error), "not_one_line") from None
    if not line:
        raise CellRefused("Expected a name, got nothing that can be seen.", "blank")
    return line


def _written_text(value: str) -> str:
    return f"'{value}" if value.startswith(_FORMULA) else value


def _barcode(text: str, setting: Setting) -> NormalizedCode:
    return setting.codes.read(text)


def _number(text: str, least: Decimal, most: Decimal, places: int) -> Decimal:
    if not _NUMBER.fullmatch(text):
        raise CellRefused(f"Expected a number such as 12.50, got {text[:40]!r}.", "no_number", got=text[:40])
    try:
        number = Decimal(text.replace(",", "."))
    except InvalidOperation:
        sentence = f"Expected a number such as 12.50, got {text[:40]!r}."
        raise CellRefused(sentence, "no_number", got=text[:40]) from None
    if not least <= number <= most:
        sentence = f"Expected {least} to {most}, got {text[:40]}."
        raise CellRefused(sentence, "out_of_range", least=str(least), most=str(most))
    step = Decimal(1).scaleb(-places)
    if number != number.quantize(step):
        sentence = f"Expected at most {places} decimals, got {text[:40]}."
        raise CellRefused(sentence, "max_decimal_places", max_decimal_places=places)
    return number.quantize(step)


def _price(text: str, setting: Setting) -> Decimal:
    number = _number(text, Decimal(0), Decimal("999999999"), decimals(setting.currency))
    return quantize(number, setting.currency)


def _category(text: str, setting: Setting) -> Any:
    found = setting.categories.get(text, setting.categories.get(folded(text)))
    if found is None:
        sentence = f"Expected the name or the slug of a category of the chain, got {text[:60]!r}."
        raise CellRefused(sentence, "no_category", got=text[:60])
    return found


def _tax_class(text: str, setting: Setting) -> str:
    if text not in setting.tax_classes:
        known = ", ".join(sorted(setting.tax_classes)) or "none yet"
        sentence = f"Expected a tax class of the chain ({known}), got {text[:40]!r}."
        raise CellRefused(sentence, "no_tax_class", got=text[:40])
    return text


def _flag(text: str, _: Setting) -> bool:
    word = text.lower()
    if word not in _TRUE | _FALSE:
        raise CellRefused(f"Expected yes or no, got {text[:40]!r}.", "yes_or_no", got=text[:40])
    return word in _TRUE


def _image(text: str, setting: Setting) -> str:
    local = text.startswith("/") and not text.startswith(("//", "/\\"))
    if not local and not text.startswith("https://"):
        sentence = f"Expected an https address or a path on this server, got {text[:40]!r}."
        raise CellRefused(sentence, "no_address", got=text[:40])
    return _text(250, text, setting)


def _score(text: str, _: Setting) -> int:
    return int(_number(text, Decimal(0), Decimal(100), 0))


def _carbon(text: str, _: Setting) -> Decimal:
    return _number(text, Decimal(0), Decimal(99999), 3)


def _nutrition(text: str, _: Setting) -> float:
    number = float(_number(text, Decimal(0), Decimal(10_000), 3))
    return int(number) if number.is_integer() else number


def _tags(text: str, _: Setting) -> list[str]:
    tags = list(dict.fromkeys(text.lower().split()))
    for tag in tags:
        if not re.fullmatch(TAG, tag, re.A):
            sentence = f"Expected tags such as gluten-free, with blanks between, got {tag[:40]!r}."
            raise CellRefused(sentence, "no_tag", got=tag[:40])
    if len(tags) > MOST_TAGS:
        raise CellRefused(
            f"Expected at most {MOST_TAGS} tags, got {len(tags)}.", "too_many_tags", most=MOST_TAGS
        )
    return tags


def _allergens(text: str, _: Setting) -> list[str]:
    try:
        return allergens.read_all(text.split())
    except ValueError as error:
        raise CellRefused(str(error), "no_allergen") from None


def _restricted(text: str, _: Setting) -> dict[str, Any]:
    """Read ``age:18 most:2 tagged weighed``, in any order."""
    found: dict[str, Any] = {}
    for word in text.lower().split():
        name, colon, number = word.partition(":")
        found[name] = int(number) if number.isdecimal() and number.isascii() else not colon
    try:
        check_restricted(found)
    except ValidationError:
        sentence = f"Expected restrictions such as age:18 most:2 tagged weighed, got {text[:40]!r}."
        raise CellRefused(sentence, "no_restriction", got=text[:40]) from None
    return found


def _written_restricted(value: dict[str, Any]) -> str:
    words = (name if kind is True else f"{name}:{kind}" for name, kind in value.items() if kind)
    return " ".join(words)


_CASE = re.compile(r"(?:([0-9]{1,6})[x×*])?(.+)", re.I)


def _codes(text: str, setting: Setting) -> list[tuple[str, int]]:
    """Read ``5901234123457 12x15901234123454``: further codes, that of a case with how many are in it."""
    found: dict[str, int] = {}
    for word in re.split(r"[\s;,|]+", text.strip(" ;,|")):
        found_case = _CASE.fullmatch(word)
        number, code = ("1", word) if found_case is None else found_case.groups()
        units = int(number or 1)
        if not 1 <= units <= MOST_UNITS:
            raise CellRefused(
                f"Expected 1 to {MOST_UNITS}, got {units}.", "out_of_range", least="1", most=str(MOST_UNITS)
            )
        found[setting.codes.read(code).code] = units
    if len(found) > MOST_CODES:
        sentence = f"Expected at most {MOST_CODES} further codes, got {len(found)}."
        raise CellRefused(sentence, "too_many_codes", most=MOST_CODES)
    return sorted(found.items())


def _written_codes(value: list[tuple[str, int]]) -> str:
    return " ".join(code if units == 1 else f"{units}x{code}" for code, units in value)


def _written(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return " ".join(value)
    return str(value)


NOTHING = object()
"""An empty cell that means null."""

_description = functools.partial(_text, 4000)
COLUMNS: dict[str, Column] = {
    column.name: column
    for column in (
        Column("barcode", _barcode, _written, required=True),
        Column("name", _name, _written_text, required=True),
        Column("category", _category, _written, NOTHING),
        Column("price", _price, _written, required=True),
        Column("description", _description, _written_text, ""),
        Column("is_active", _flag, _written, True),
        Column("image", _image, _written, ""),
        Column("carbon_footprint", _carbon, _written, NOTHING),
        Column("sustainability_score", _score, _written, NOTHING),
        *(Column(name, _nutrition, _written, NOTHING) for name in NUTRITION),
        Column("dietary_tags", _tags, _written, []),
        Column("allergens", _allergens, _written, []),
        Column("tax_class", _tax_class, _written, ""),
        Column("deposit", _price, _written, NOTHING),
        Column("restricted", _restricted, _written_restricted, {}),
        Column("codes", _codes, _written_codes, []),
    )
}


def read(column: Column, text: str, setting: Setting) -> Any:
    """Return the cell's value; raises CellRefused."""
    text = unwrapped(text.strip())
    if text:
        return column.read(text, setting)
    if column.required:
        raise CellRefused("Expected something, got nothing.", "blank")
    return None if column.empty is NOTHING else column.empty
