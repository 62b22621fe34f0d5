"""The harness counts what it says it counts; the page is what the result says."""

from __future__ import annotations

import pytest

from bench.devices import section
from bench.kit.report import PAGE, page, read
from bench.kit.stats import figure, spread
from bench.load import plan as plans
from bench.load.http import requests
from bench.load.pis import Flow, Orders, Visited
from bench.load.plan import Caller, Plan, Tally, quantile


def test_the_page_is_the_result_and_nothing_else() -> None:
    assert PAGE.read_text() == page(read())


def test_the_result_has_every_ratio_that_was_asked_for() -> None:
    found = {section.key: section for section in read().sections}
    assert {"add-ws", "add-http", "fan-out", "scan-to-open", "actors", "journal"} <= found.keys()
    assert all(found[key].ratios for key in ("add-ws", "add-http", "fan-out"))


@pytest.mark.parametrize(("share", "wanted"), [(0.0, 1.0), (0.5, 51.0), (0.99, 100.0), (1.0, 100.0)])
def test_a_quantile_is_one_of_the_values(share: float, wanted: float) -> None:
    assert quantile([float(n) for n in range(1, 101)], share) == wanted


def test_nothing_has_no_quantile() -> None:
    assert quantile([], 0.5) == 0.0


def test_a_spread_is_the_median_and_the_ends() -> None:
    assert str(spread([3.0, 1.0, 2000.0])) == "3.00 (1.00-2,000)"


@pytest.mark.parametrize(
    ("value", "shown"),
    [(12345.6, "12,346"), (99.96, "100.0"), (12.34, "12.3"), (1.234, "1.23"), (0.1234, "0.123")],
)
def test_a_figure_has_the_digits_that_matter(value: float, shown: str) -> None:
    assert figure(value) == shown


def test_answers_of_the_warm_up_and_after_the_end_do_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plans.time, "perf_counter", lambda: 100.0)
    tally = Tally(warmup_s=1.0, measure_s=2.0)
    assert tally.note(100.1, 100.9)
    assert tally.note(101.0, 101.5)
    assert not tally.note(102.9, 103.1)
    outcome = tally.outcome()
    assert (outcome.answers, outcome.rate, outcome.failures) == (1, 0.5, 0)
    assert outcome.p50_ms == pytest.approx(500.0)


def test_a_request_says_its_length_after_its_id_is_filled_in() -> None:
    plan = Plan("host", 80, "/add", [], 0, 0)
    (request,) = requests(plan, Caller({"Idempotency-Key": "@ID@"}, ['{"id":"@ID@"}']))
    head, _, body = request.replace(b"@ID@", b"0" * 36).partition(b"\r\n\r\n")
    assert f"Content-Length: {len(body)}".encode() in head


def test_a_fleet_is_held_against_what_was_to_be_reached() -> None:
    flow = Flow(rate=4000.0, p50_ms=5.0, p99_ms=20.0, cpu_us=120.0, server_cpu=0.5, client_cpu=0.97)
    orders = Orders(arrived=[5.0] * 100, ended=[10.0] * 98 + [100.0] * 2)
    found = Visited(10.0, 30.0, 55.0, [orders], [orders], [flow], [flow], [flow], [flow])
    made = section(1000, found, 1.5)
    assert list(made.ratios.values()) == [0.8, 0.5, 2.0, 2.0]
    assert all("bottleneck" in row.note for row in made.rows if row.rate is not None)
    assert made.text.splitlines()[-1] == "load average of the machine before it: 1.50"
