from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core.accounts.models import User
from core.catalogue.imports import runner, staged_products
from core.catalogue.models import Category, Product, ProductCode, StagedProduct, Variant
from core.catalogue.models.imports import ImportJob
from tests.core.support import Api, World

HEAD = "barcode,name,category,price\n"


class Imports:
    """Uploads files as a manager and runs what they begin."""

    def __init__(self, api: Api, commits: Any) -> None:
        self.api = api
        self._commits = commits

    def upload(self, data: str | bytes, key: str = "", **parts: str) -> Any:
        content = data.encode() if isinstance(data, str) else data
        file = SimpleUploadedFile("products.csv", content, "text/csv")
        headers = {"Idempotency-Key": key} if key else {}
        with self._commits(execute=True):
            return self.api.upload("/api/imports", {"file": file, **parts}, **headers)

    def run(self, data: str | bytes, **parts: str) -> dict[str, Any]:
        answer = self.upload(data, **parts)
        assert answer.status_code == 202, answer.content
        return self.api.get(answer["Location"]).json()  # type: ignore[no-any-return]

    def write(self, data: str | bytes, **parts: str) -> dict[str, Any]:
        return self.run(data, dry_run="false", **parts)

    def apply(self, job: dict[str, Any], **body: str) -> Any:
        with self._commits(execute=True):
            return self.api.post(f"/api/imports/{job['id']}/apply", body)

    def lines(self, job: dict[str, Any], query: str = "") -> list[dict[str, Any]]:
        return self.api.get(f"/api/imports/{job['id']}/lines{query}").json()["results"]  # type: ignore[no-any-return]


@pytest.fixture
def imports(people: dict[str, User], django_capture_on_commit_callbacks: Any) -> Imports:
    return Imports(Api(people["manager"]), django_capture_on_commit_callbacks)


def test_a_category_is_found_by_its_name_where_only_one_has_it(imports: Imports, world: World) -> None:
    food = Category.objects.get(slug="food")
    for slug, parent in (("hot-ones", food), ("cold-ones", None)):
        Category.objects.create(chain=world.chain, slug=slug, name="Soups", parent=parent)
    job = imports.write(
        HEAD + "5901234123457,Plum,FRUIT,4.5\n4006381333931,Red apple,Soups,12.5\n", on_error="skip"
    )
    assert Product.objects.get(barcode="5901234123457").category == Category.objects.get(slug="fruit")
    [refused] = imports.lines(job, "?outcome=refused")
    [problem] = refused["problems"]
    assert (problem["column"], problem["code"], problem["values"]) == (
        "category",
        "no_category",
        {"got": "Soups"},
    )


def test_the_refused_lines_come_as_a_file_that_is_mended_and_sent_again(
    imports: Imports, world: World
) -> None:
    job = imports.run("Barcode;Name;Price\n5901234123458;=Bad;1\n5901234123457;Plum;4.5\n")
    table = imports.api.get(f"/api/imports/{job['id']}/refused.csv")
    text = b"".join(table.streaming_content).decode("utf-8-sig")
    header, row = text.splitlines()
    assert header == "barcode,name,price,refused_because"
    assert row.startswith("5901234123458,'=Bad,1,")
    mended = imports.run(text.replace("5901234123458", "5901234123457"))
    assert (mended["status"], mended["refused"], mended["created"]) == ("done", 0, 1)


def test_a_dry_run_says_line_by_line_what_would_change_and_changes_nothing(
    imports: Imports, world: World
) -> None:
    before = list(Product.objects.values())
    job = imports.run(
        HEAD
        + "4006381333931,Red apple,food,13.00\n"  # category and price change
        + "123456789,Old apple,food,1\n"  # stays
        + "5901234123457,Plum,fruit,4.5\n"  # new
        + "5901234123458,Bad,,x\n"
    )
    assert (job["status"], job["percent"], job["total"]) == ("done", 100, 4)
    counts = {name: job[name] for name in ("created", "changed", "unchanged", "refused")}
    assert counts == {"created": 1, "changed": 1, "unchanged": 1, "refused": 1}
    changed, unchanged, created, refused = imports.lines(job)
    assert changed["changes"] == [
        {"column": "category", "old": "fruit", "new": "food"},
        {"column": "price", "old": "12.50", "new": "13.00"},
    ]
    assert (unchanged["outcome"], unchanged["changes"]) == ("unchanged", [])
    assert (created["line"], created["changes"][-1]) == (4, {"column": "price", "old": "", "new": "4.50"})
    assert [(one["column"], one["reason"]) for one in refused["problems"]] == [
        ("barcode", "The check digit of 5901234123458 is wrong: expected 7, got 8. Please scan it again."),
        ("price", "Expected a number such as 12.50, got 'x'."),
    ]
    assert imports.lines(job, "?outcome=refused") == [refused]
    assert list(Product.objects.values()) == before


def test_what_a_dry_run_showed_is_written_when_applied(imports: Imports, world: World) -> None:
    job = imports.run(HEAD + "4006381333931,Red apple,fruit,13\n5901234123457,Plum,fruit,4.5\n")
    done = imports.api.get(imports.apply(job)["Location"]).json()
    assert (done["status"], done["dry_run"], done["written"]) == ("done", False, 2)
    world.product.refresh_from_db()
    assert (world.product.price, world.product.version) == (13, 2)
    assert Product.objects.get(barcode="5901234123457").category == Category.objects.get(slug="fruit")
    assert imports.apply(done).status_code == 409
    assert imports.apply(job, on_error="maybe").status_code == 400


def test_a_file_once_more_changes_nothing(imports: Imports, world: World) -> None:
    data = HEAD + "4006381333931,Red apple,fruit,13\n5901234123457,Plum,fruit,4.5\n"
    imports.write(data)
    before = list(Product.objects.values())
    again = imports.write(data)
    assert (again["unchanged"], again["created"], again["changed"]) == (2, 0, 0)
    assert list(Product.objects.values()) == before


def test_a_refused_line_keeps_all_others_out_unless_it_is_to_be_skipped(
    imports: Imports, world: World
) -> None:
    data = HEAD + "5901234123457,Plum,,4.5\n4006381333931,,fruit,13\n"
    job = imports.write(data)
    assert (job["status"], job["written"], job["problem"]) == (
        "refused", 0, "1 lines were refused, so none is in.",
    )  # fmt: skip
    assert Product.objects.count() == 2
    job = imports.write(data, on_error="skip")
    assert (job["status"], job["written"], job["refused"]) == ("done", 1, 1)
    assert Product.objects.filter(name="Plum").exists()


def test_columns_that_are_not_there_stay_as_they_are(imports: Imports, world: World) -> None:
    imports.write("price;barcode\n13,75;4006381333931\n")
    world.product.refresh_from_db()
    assert (world.product.price, world.product.name) == (Decimal("13.750"), "Red apple")
    job = imports.write("barcode,price\n5901234123457,1\n")
    assert imports.lines(job)[0]["problems"][0]["column"] == "name"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_files_come_as_shops_have_them(
    imports: Imports, world: World, encoding: str, delimiter: str, ending: str
) -> None:
    rows = [
        ["Barcode", " NAME ", "price", "description"],
        ["1", "תפוח", "3", '"two' + ending + 'lines"'],
        ["", ""],
    ]
    data = ending.join(delimiter.join(row) for row in rows)
    job = imports.write(data.encode(encoding))
    assert (job["status"], job["created"]) == ("done", 1), job["problem"]
    row = Product.objects.get(barcode="1")
    assert (row.name, row.description.split()) == ("תפוח", ["two", "lines"])


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "Line 1"),
        (b"\n\nbarcode\n", "empty line"),
        (b"barcode,price,price\n", "price several times"),
        (b"PK\x03\x04", "broken archive"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "save it as .xlsx"),
        (b"\xff\xfeb", "other bytes"),
        (b'"barcode\n', "unexpected end"),
    ],
)
def test_a_file_that_is_none_says_what_was_expected(imports: Imports, data: bytes, said: str) -> None:
    answer = imports.upload(data)
    if not data:
        assert "file" in answer.json()["errors"]
        return
    job = imports.api.get(answer["Location"]).json()
    assert (job["status"], job["total"]) == ("failed", 0)
    assert said in job["problem"]
    # Pages in other languages have words for it, and none is left without.
    words = (Path(__file__).parents[3] / "frontend_static/i18n/he.js").read_text()
    assert f'"field.{job["problem_code"]}"' in words


@pytest.mark.parametrize(
    ("column", "cell", "said"),
    [
        ("price", "", "got nothing"),
        ("price", "-1", "Expected 0 to"),
        ("price", "1.234", "at most 2 decimals"),
        ("price", "NaN", "Expected a number"),
        ("price", "1e9", "Expected a number"),
        ("price", "9" * 400, "Expected a number"),
        ("price", "٣", "Expected a number"),
        ("name", "x" * 161, "at most 160 characters"),
        ("name", "a\0b", "NUL"),
        ("category", "nowhere", "name or the slug of a category"),
        ("is_active", "perhaps", "yes or no"),
        ("image", "javascript:alert(1)", "https address"),
        ("sustainability_score", "101", "Expected 0 to 100"),
        ("sustainability_score", "1.5", "at most 0 decimals"),
        ("carbon_footprint", "much", "Expected a number"),
        ("energy_kcal", "-3", "Expected 0 to"),
        ("dietary_tags", "sehr_gut!", "Expected tags"),
        ("allergens", "milk gravel", "Expected allergens"),
        ("barcode", "", "got nothing"),
        ("barcode", "a b", "Expected digits"),
    ],
)
def test_a_cell_that_cannot_be_taken_is_named_with_its_line_and_column(
    imports: Imports, world: World, column: str, cell: str, said: str
) -> None:
    cells = {"barcode": "77", "name": "Plum", "price": "1"} | {column: f'"{cell}"'}
    job = imports.run(f"{','.join(cells)}\n{','.join(cells.values())}\n")
    assert job["refused"] == 1, imports.lines(job)
    line = imports.lines(job)[0]
    assert (line["line"], line["problems"][0]["column"]) == (2, column)
    assert said in line["problems"][0]["reason"]


def test_what_is_wrong_with_the_shape_of_a_line_is_said(imports: Imports, world: World) -> None:
    job = imports.run(HEAD + "1,a,,1,more\n2,b,,2,,\n2,c,,3\n" + f'3,"{"x" * 140_000}",,1\n')
    reasons = [line["problems"][0]["reason"] if line["problems"] else "" for line in imports.lines(job)]
    assert reasons[0] == "Expected 4 cells, got 5."
    assert reasons[1] == ""
    assert reasons[2] == "Line 3 has the same barcode 2."
    assert "Expected a line of CSV" in reasons[3]


def test_an_export_comes_back_unchanged(imports: Imports, world: World, people: dict[str, User]) -> None:
    Product.objects.create(
        chain=world.chain, barcode="5901234123457", name="=HYPERLINK(1)", price=Decimal("0.5"),
        description='says "so", twice\nand more', carbon_footprint=Decimal("0.4"), sustainability_score=7,
        nutrition_facts={"energy_kcal": 46.5, "fat_g": 2}, dietary_tags=["vegan", "halal"], is_active=False,
        allergens=["peanuts", "sulphur-dioxide-and-sulphites"],
    )  # fmt: skip
    file = imports.api.get("/api/products/export")
    assert file["Content-Type"] == "text/csv; charset=utf-8"
    assert b"'=HYPERLINK" in file.content
    job = imports.run(file.content)
    assert (job["unchanged"], job["total"]) == (3, 3), imports.lines(job)
    assert Api(people["platform"]).get("/api/products/export").status_code == 400


def test_further_codes_come_and_go_with_a_file(
    imports: Imports, world: World, people: dict[str, User]
) -> None:
    head = "barcode,name,price,codes\n"
    small = Variant.objects.create(product=world.product, name="Small")
    ProductCode.objects.create(product=world.product, variant=small, code="small-1")
    job = imports.write(
        head + "4006381333931,Red apple,12.5,00012345678905 12x10012345678902\nplum-1,Plum,3,plum-2;plum-3\n"
    )
    assert (job["status"], job["created"], job["changed"]) == ("done", 1, 1)
    own = ProductCode.objects.filter(variant=None).values_list("product__name", "code", "units")
    assert sorted(own) == [
        ("Plum", "plum-2", 1),
        ("Plum", "plum-3", 1),
        ("Red apple", "0012345678905", 1),
        ("Red apple", "10012345678902", 12),
    ]
    exported = Api(people["manager"]).get(f"/api/products/export?chain={world.chain.slug}").content
    assert b"0012345678905 12x10012345678902" in exported
    assert imports.write(exported)["unchanged"] == Product.objects.filter(chain=world.chain).count()
    shown = imports.lines(
        imports.write(head + "4006381333931,Red apple,12.5,12345678905\n"), "?outcome=changed"
    )
    change = {"column": "codes", "old": "0012345678905 12x10012345678902", "new": "0012345678905"}
    assert shown[0]["changes"] == [change]
    imports.write(head + "4006381333931,Red apple,12.5,\n")
    assert [each.code for each in world.product.codes.all()] == ["small-1"], "a variant keeps its own"


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        ("4006381333931", "is the barcode of Red apple"),
        ("small-1", "is a further code of Red apple"),
        ("0x5901234123457", "Expected 1 to 999, got 0"),
        ("1000x5901234123457", "Expected 1 to 999, got 1000"),
        ("5901234123458", "check digit"),
        ("pear-1", "is the barcode of pear-1"),
        ("first", "Line 2 has the same code first"),
        (" ".join(f"c{n}" for n in range(51)), "Expected at most 50 further codes, got 51"),
    ],
)
def test_a_further_code_that_stands_for_something_else_is_refused(
    cell: str, says: str, imports: Imports, world: World
) -> None:
    ProductCode.objects.create(product=world.product, code="small-1")
    job = imports.run(f"barcode,name,price,codes\nplum-1,Plum,3,first\npear-1,Pear,3,{cell}\n")
    [line] = imports.lines(job, "?outcome=refused")
    assert (line["line"], line["problems"][0]["column"]) == (3, "codes")
    assert says in line["problems"][0]["reason"]


def test_cells_are_emptied_by_empty_cells(imports: Imports, world: World) -> None:
    world.product.nutrition_facts = {"fat_g": 1, "salt_g": 2}
    world.product.sustainability_score = 5
    world.product.save()
    imports.write("barcode,category,fat_g,sustainability_score\n4006381333931,,,\n")
    world.product.refresh_from_db()
    assert world.product.category is None
    assert (world.product.nutrition_facts, world.product.sustainability_score) == ({"salt_g": 2}, None)


def test_the_same_key_begins_one_import(imports: Imports, world: World) -> None:
    first = imports.upload(HEAD, key="once")
    again = imports.upload(HEAD, key="once")
    assert first.json()["id"] == again.json()["id"]
    assert ImportJob.objects.count() == 1
    assert imports.upload(HEAD + "1,a,,1\n", key="once").status_code == 422


def test_an_edit_between_check_and_write_is_not_overwritten_unseen(
    imports: Imports, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, edits = runner._write, []

    def edited_meanwhile(job: ImportJob, steps: Any) -> None:
        if not edits:
            edits.append(1)
            world.product.name = "Renamed"
            world.product.save()
        real(job, steps)

    monkeypatch.setattr(runner, "_write", edited_meanwhile)
    job = imports.write("barcode,price\n4006381333931,13\n")
    world.product.refresh_from_db()
    assert (job["status"], world.product.name, world.product.price) == ("done", "Renamed", 13)


def test_whatever_the_number_of_lines_products_are_written_by_two_statements(
    imports: Imports, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "BATCH", 2)
    with CaptureQueriesContext(connection) as queries:
        job = imports.write("barcode,name,price\n4006381333931,Red apple,13\n" + made(7))
    writes = [
        each["sql"].split()[0]
        for each in queries
        if re.match(r"(INSERT INTO|UPDATE|DELETE FROM) \"?catalogue_product\"? ", each["sql"])
    ]
    assert (job["status"], job["written"], writes) == ("done", 8, ["UPDATE", "INSERT"])
    assert Product.objects.filter(name="Plum").count() == 7


def test_a_barcode_that_somebody_takes_meanwhile_is_checked_again(
    imports: Imports, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = staged_products.bring_in

    def taken_meanwhile(job: ImportJob) -> None:
        Product.objects.get_or_create(chain=world.chain, barcode="2", defaults={"name": "Pear", "price": 3})
        real(job)

    monkeypatch.setattr(staged_products, "bring_in", taken_meanwhile)
    job = imports.write("barcode,name,price\n" + made(2))
    assert (job["status"], job["created"], job["changed"]) == ("done", 1, 1)
    assert list(Product.objects.filter(barcode__in="12").values_list("name", flat=True)) == ["Plum", "Plum"]
    assert StagedProduct.objects.count() == 0


def test_an_import_that_cannot_be_written_leaves_nothing_behind(
    imports: Imports, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def always_stale(job: ImportJob) -> None:
        raise staged_products.Stale

    monkeypatch.setattr(staged_products, "bring_in", always_stale)
    before = list(Product.objects.values())
    job = imports.write("barcode,name,price\n" + made(3))
    assert (job["status"], job["written"]) == ("failed", 0)
    assert "kept changing" in job["problem"]
    assert list(Product.objects.values()) == before
    assert StagedProduct.objects.count() == 0


def made(count: int) -> str:
    return "".join(f"{number},Plum,4.5\n" for number in range(1, count + 1))


def test_a_defect_is_said_without_its_details(
    imports: Imports, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr(runner, "_check", broken)
    job = imports.run(HEAD)
    assert job["status"] == "failed"
    assert "secret" not in job["problem"]


def test_an_import_is_announced_once(imports: Imports, world: World, heard: list[str]) -> None:
    imports.write(HEAD + "1,a,,1\n2,b,,1\n")
    assert heard == ["catalogue"]


def test_too_large_a_file_and_unknown_parts_are_named(imports: Imports, settings: Any) -> None:
    settings.IMPORT_MAX_BYTES = 4
    assert "file" in imports.upload(HEAD).json()["errors"]
    assert "speed" in imports.upload(HEAD, speed="high").json()["errors"]
    assert "on_error" in imports.upload(HEAD, on_error="x").json()["errors"]


def test_an_import_that_died_is_given_up_and_an_old_one_forgotten(imports: Imports, world: World) -> None:
    died = imports.run(HEAD)["id"]
    old = imports.run(HEAD)["id"]
    long_ago = timezone.now() - runner.KEPT * 2
    ImportJob.objects.filter(pk=died).update(status="writing", updated_at=long_ago)
    ImportJob.objects.filter(pk=old).update(created_at=long_ago)
    assert runner.sweep() == 2
    assert [(str(job.pk), job.status) for job in ImportJob.objects.all()] == [(died, "failed")]


def test_a_job_that_has_begun_is_not_begun_again(imports: Imports, world: World) -> None:
    job = imports.run(HEAD)
    runner.run(job["id"])
    assert imports.api.get(f"/api/imports/{job['id']}").json() == job
