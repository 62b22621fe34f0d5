from __future__ import annotations

import io
from decimal import Decimal
from typing import Any

import pytest
from openpyxl import Workbook

from core.accounts.models import User
from core.catalogue.imports import sheets
from core.catalogue.imports.codes import CellRefused, Codes
from core.catalogue.imports.planning import Plan
from core.catalogue.models import Product
from tests.core.catalogue.real_sheets import KNOWN, NAMES, NEW, PROGRAMS, Made
from tests.core.catalogue.real_sheets import sheets as real_sheets
from tests.core.catalogue.test_catalogue_import import Imports, imports  # noqa: F401 - a fixture
from tests.core.support import World


@pytest.fixture
def stocked(world: World) -> World:
    Product.objects.filter(chain=world.chain).delete()
    Product.objects.bulk_create(
        Product(chain=world.chain, barcode=code, name=name, price=Decimal(1)) for code, name in KNOWN.items()
    )
    return world


def test_of_two_hundred_real_sheets_nothing_is_made_by_mistake_or_lost_unsaid(stocked: World) -> None:
    wrong = [problem for made in real_sheets() for problem in faults(stocked, made)]
    assert not wrong, "\n".join(wrong[:20])


def faults(world: World, made: Made) -> list[str]:
    steps = list(Plan(world.chain, sheets.opened(made.data)).steps())
    found = []
    if [step.line for step in steps] != list(range(made.first, made.first + len(made.cells))):
        found.append(f"{made.name}: lines are lost or miscounted")
    for step, cell in zip(steps, made.cells, strict=False):
        said = f"{made.name}, line {step.line}: {cell.text!r} is {step.outcome} as {step.barcode}"
        wanted = "refused" if cell.code is None else "changed" if cell.code in KNOWN else "created"
        if step.outcome != wanted or (cell.code is not None and step.barcode != cell.code):
            found.append(f"{said}, not {wanted} as {cell.code}: {step.problems}")
        if cell.noted and cell.code is not None and not step.notes:
            found.append(f"{said} without a word")
        if cell.code is None and "scientific" not in step.problems[0]["reason"]:
            found.append(f"{said} without saying why: {step.problems}")
        name = step.values.get("name", "")
        if step.outcome == "created" and name not in {*NAMES.values(), "Crème"}:
            found.append(f"{said} with the name {name!r}")
    return found


def test_there_are_sheets_of_each_kind() -> None:
    made = list(real_sheets())
    assert len(made) == 200
    for program in PROGRAMS:
        assert sum(f" {program.__name__}" in one.name for one in made) > 20
    assert any(cell.code in NEW for one in made for cell in one.cells)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("12345678905", "0012345678905"),
        ("012345678905", "0012345678905"),
        ('="0012345678905"', "0012345678905"),
        ("4.006381333931E+12", "4006381333931"),
        ("5,901234123457E+12", "5901234123457"),
        ("4006381333931.0", "4006381333931"),
        ("4 006381 333931", "4006381333931"),
        ("400\u00a06381\u2011333931", "4006381333931"),
        ("17", "0017"),
        ("12348", "00012348"),
        ("36000291452", "0036000291452"),
        ("42100005264", "0042100005264"),
        ("12E5", "12E5"),
        ("18", "18"),
        ("AB-12", "AB-12"),
        ("1234-5678", "1234-5678"),
    ],
)
def test_a_code_is_taken_for_what_it_was(text: str, code: str) -> None:
    assert Codes(KNOWN).read(text).code == code


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("4.00638E+12", "scientific notation"),
        ("4E+12", "scientific notation"),
        ("12345678901234567.0", "15 digits"),
        ("nan", "an empty cell"),
        ("4006381333932", "check digit"),
        ("a b", "Expected digits"),
    ],
)
def test_a_code_that_lost_something_is_refused_by_the_name_of_that(text: str, said: str) -> None:
    with pytest.raises(CellRefused, match=said):
        Codes(KNOWN).read(text)


def test_a_number_that_could_be_two_products_is_no_guess() -> None:
    with pytest.raises(CellRefused, match="several products"):
        Codes(["0017", "00017"]).read("17")
    assert Codes(["0017", "00017"]).read("0017").code == "0017"


def test_the_code_that_lost_its_zeros_changes_its_product_and_the_dry_run_says_so(
    imports: Imports,  # noqa: F811
    stocked: World,
) -> None:
    job = imports.run("barcode,price\n12345678905,2\n4006381333931,3\n")
    assert (job["created"], job["changed"], job["noted"]) == (0, 2, 1)
    [line] = imports.lines(job, "?outcome=noted")
    assert line["barcode"] == "0012345678905"
    assert line["notes"] == [
        {
            "column": "barcode",
            "reason": "12345678905 and 0012345678905 differ by zeros in front: taken for 0012345678905.",
            "code": "read_as",
            "values": {"got": "12345678905", "code_read": "0012345678905"},
        }
    ]
    both = imports.run("barcode,name,price\n0042100005264,Oats,2\n42100005264,Oats,2\n")
    assert (both["created"], both["refused"]) == (1, 1)


def test_columns_that_nobody_knows_are_asked_for(imports: Imports, stocked: World) -> None:  # noqa: F811
    job = imports.run("EAN;Bezeichnung;Preis;Lager\n4006381333931;Stift;2,50;9\n")
    assert (job["status"], job["is_over"], job["total"]) == ("columns", True, 0)
    assert job["headings"] == [
        {"name": "EAN", "column": "barcode"},
        {"name": "Bezeichnung", "column": "name"},
        {"name": "Preis", "column": "price"},
        {"name": "Lager", "column": ""},
    ]
    answer = columns(imports, job, columns=job["headings"])
    again = imports.api.get(answer["Location"]).json()
    assert (again["status"], again["dry_run"], again["changed"]) == ("done", True, 1)
    done = imports.api.get(imports.apply(again)["Location"]).json()
    assert (done["status"], done["written"]) == ("done", 1)
    assert Product.objects.get(barcode="4006381333931").name == "Stift"
    assert columns(imports, job, columns=[{"name": "EAN", "column": "colour"}]).status_code == 400
    twice = columns(imports, job, columns=[{"name": name, "column": "barcode"} for name in ("EAN", "Lager")])
    assert "barcode several times" in imports.api.get(twice["Location"]).json()["problem"]


def columns(imports: Imports, job: dict[str, Any], **body: Any) -> Any:  # noqa: F811
    with imports._commits(execute=True):
        return imports.api.post(f"/api/imports/{job['id']}/columns", body)


def test_a_guessed_encoding_is_shown_and_can_be_told_better(imports: Imports, stocked: World) -> None:  # noqa: F811
    data = "barcode,name,price\n5901234123457,Käse,1\n".encode("cp850")
    job = imports.run(data)
    assert (job["status"], job["created"]) == ("done", 1)
    assert job["guess"]
    again = imports.api.get(columns(imports, job, encoding="cp850")["Location"]).json()
    assert (again["guess"], again["encoding"]) == ("", "cp850")
    assert imports.lines(again)[0]["name"] == "Käse"


def workbook(*rows: list[Any]) -> bytes:
    book = Workbook()
    assert book.active is not None
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_a_workbook_is_read_with_its_numbers_dates_and_switches(imports: Imports, stocked: World) -> None:  # noqa: F811
    data = workbook(
        ["barcode", "name", "price", "is_active", "fat_g"],
        [5901234123457, "Plum", 0.1 + 0.2, False, 2.5],
        [],
        [4006381333931.0, "Pen", 3, True, None],
    )
    job = imports.write(data)
    assert (job["status"], job["created"], job["changed"]) == ("done", 1, 1), imports.lines(job)
    plum = Product.objects.get(barcode="5901234123457")
    assert (plum.price, plum.is_active, plum.nutrition_facts) == (Decimal("0.3"), False, {"fat_g": 2.5})
    assert [line["line"] for line in imports.lines(job)] == [2, 4]


def test_what_a_workbook_shows_with_zeros_has_them(stocked: World) -> None:
    book = Workbook()
    assert book.active is not None
    book.active.append(["barcode", "name", "price"])
    book.active.append([19, "Bagel", 1])
    book.active["A2"].number_format = "0000"
    out = io.BytesIO()
    book.save(out)
    [step] = Plan(stocked.chain, sheets.opened(out.getvalue())).steps()
    assert (step.outcome, step.barcode) == ("created", "0019")


def test_formulas_without_a_result_and_failed_ones_are_named(imports: Imports, stocked: World) -> None:  # noqa: F811
    data = workbook(
        ["barcode", "name", "price"], [5901234123457, "Plum", "=1+1"], [4006381333931, "#REF!", 2]
    )
    job = imports.run(data)
    reasons = [line["problems"][0]["reason"] for line in imports.lines(job)]
    assert "a formula without a result" in reasons[0]
    assert "a formula that failed: #REF!" in reasons[1]


def test_cells_below_no_heading_are_not_lost_unsaid(imports: Imports, stocked: World) -> None:  # noqa: F811
    job = imports.run("barcode,,price,\n4006381333931,red,2,\n96385074,,2,\n")
    assert (job["refused"], job["changed"]) == (1, 1)
    assert "'red'" in imports.lines(job)[0]["problems"][0]["reason"]


def test_other_sheets_of_a_workbook_are_said_to_be_left_alone(
    imports: Imports,  # noqa: F811
    stocked: World,
    people: dict[str, User],
) -> None:
    [made] = [one for one in real_sheets(1) if one.name.endswith(".xlsx")]
    job = imports.run(made.data)
    assert job["notes"] == ["Read is the sheet Sheet, not Notes."]
