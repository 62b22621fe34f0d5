"""What is learnt from baskets, the file it is kept in, and when it is put to use."""

from __future__ import annotations

import random
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.utils import timezone

from core.assistant.recommendations import baskets, files, learning, training
from core.assistant.recommendations.evaluation import measure
from core.assistant.recommendations.learning import learn, only_popular
from core.assistant.recommendations.neighbours import Neighbours, scores
from core.assistant.recommendations.serving import Models
from core.orders.models import Order, OrderItem

TASTES = ("bread butter jam", "pasta sauce cheese", "beer crisps nuts", "tea biscuits honey")
ABOUT = files.ModelCard("v1", 1.0, "ease", 10, 0.5, 0.3, 0.9, 4.0)


def purchases(count: int, seed: int = 1) -> list[list[str]]:
    """Baskets of people with one taste each, and something that everybody buys."""
    dice = random.Random(seed)
    return [
        [each for each in (*dice.choice(TASTES).split(), "milk") if dice.random() < 0.8] for _ in range(count)
    ]


def best(model: Neighbours, found: baskets.Baskets, *names: str) -> str:
    columns = np.array([found.products.index(name) for name in names])
    seen = scores(model, columns)
    seen[columns] = -np.inf
    return str(found.products[int(np.argmax(seen))])


@pytest.mark.parametrize("dense", [8_000, 2])
def test_what_is_bought_together_is_learnt(dense: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning, "DENSE_MOST", dense)
    found = baskets.of(purchases(400))
    model = learn(found, strength=10.0)
    assert model.kind == ("ease" if dense > 100 else "cosine")
    assert best(model, found, "bread") in ("butter", "jam")
    assert best(model, found, "pasta", "sauce") == "cheese"


def test_easy_weights_are_those_of_the_closed_form() -> None:
    found = baskets.of(purchases(60))
    gram = (found.matrix.T @ found.matrix).toarray() + 5.0 * np.eye(found.matrix.shape[1])
    inverse = np.linalg.inv(gram)
    expected = -inverse / np.diag(inverse)
    np.fill_diagonal(expected, 0.0)
    model = learn(found, strength=5.0)
    weights = np.zeros_like(expected)
    for row in range(len(expected)):
        part = slice(model.starts[row], model.starts[row + 1])
        weights[row, model.columns[part]] = model.weights[part]
    assert np.allclose(weights, expected, atol=1e-4)


def test_a_product_twice_in_a_basket_counts_once_and_an_empty_history_teaches_nothing() -> None:
    assert baskets.of([["tea", "tea"]]).matrix.sum() == 1
    nothing = learn(baskets.of([]))
    assert (nothing.kind, len(scores(nothing, np.array([], np.int64)))) == ("popularity", 0)


def test_a_model_is_measured_by_what_it_has_not_seen() -> None:
    found = baskets.of(purchases(500))
    past, latest = found.rows(slice(0, 400)), found.rows(slice(400, 500))
    wide = learn(past, strength=10.0)
    learnt, popular = measure(wide, latest), measure(only_popular(past), latest)
    assert 0 <= popular.recall <= learnt.recall <= 1
    assert learnt.cases == sum(size for size in np.diff(latest.matrix.indptr) if size >= 2)
    assert learnt.novelty > 0


# --- the file ---------------------------------------------------------------------------


def written(path: Path) -> tuple[baskets.Baskets, Neighbours]:
    names = [[uuid.uuid5(uuid.NAMESPACE_URL, each).bytes for each in one] for one in purchases(50)]
    found = baskets.of(names)
    model = learn(found)
    files.write(path, ABOUT, tuple(found.products), model)
    return found, model


def test_a_file_gives_back_what_was_written(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "demo.model"
    found, model = written(path)
    read = files.read(path)
    assert read.about == ABOUT
    assert [uuid.UUID(each).bytes for each in read.products] == list(found.products)
    for name in ("starts", "columns", "weights", "popularity"):
        assert np.array_equal(getattr(read.neighbours, name), getattr(model, name))
    assert [each.name for each in path.parent.iterdir()] == ["demo.model"]


@pytest.mark.parametrize(
    "harm",
    [
        lambda data: b"",
        lambda data: data[:-1],
        lambda data: data[: len(data) // 2],
        lambda data: data[:20],
        lambda data: data[:-9] + bytes([data[-9] ^ 1]) + data[-8:],
        lambda data: data.replace(b'"format":1', b'"format":0'),
        lambda data: b"GIF89a" + data,
    ],
    ids=["empty", "one byte short", "half", "header cut", "one bit", "older format", "something else"],
)
def test_a_damaged_or_older_file_is_refused_and_the_model_in_memory_stays(tmp_path: Path, harm: Any) -> None:
    path = tmp_path / "demo.model"
    written(path)
    clock = [0.0]
    models = Models(lambda: clock[0], lambda chain: path)
    models.look("demo")
    before = models.known("demo")
    assert before is not None
    path.write_bytes(harm(path.read_bytes()))
    with pytest.raises(files.UnusableModel):
        files.read(path)
    models.look("demo")
    assert models.known("demo") is before
    fresh = Models(lambda: clock[0], lambda chain: path)
    fresh.look("demo")
    assert fresh.known("demo") is None


def test_a_newer_file_is_found_and_a_missing_one_is_no_model(tmp_path: Path) -> None:
    path, clock = tmp_path / "demo.model", [0.0]
    models = Models(lambda: clock[0], lambda chain: path)
    assert models.is_due("demo")
    models.look("demo")
    assert models.known("demo") is None
    assert not models.is_due("demo")
    written(path)
    clock[0] = 6.0
    assert models.is_due("demo")
    models.look("demo")
    assert models.known("demo") is not None
    path.unlink()
    models.look("demo")
    assert models.known("demo") is None


# --- training ---------------------------------------------------------------------------


def sell(count: int, chain: str = "demo", seed: int = 1) -> None:
    """Write orders as their projection does."""
    began = timezone.now() - timedelta(days=count)
    orders, items = [], []
    for day, names in enumerate(purchases(count, seed)):
        order = Order(
            order_id=uuid.uuid4(), user_id=uuid.uuid4(), branch_code="B", chain_slug=chain, currency="INR",
            reservation_id=uuid.uuid4(), status="paid", items_count=len(names), units=len(names), total=1,
            refunded=0, placed_at=began + timedelta(days=day),
        )  # fmt: skip
        orders.append(order)
        items += [
            OrderItem(
                id=f"{order.pk}:{place}",
                order_id=order.pk,
                place=place,
                line_id=f"l{place}",
                barcode="1",
                product_id=uuid.uuid5(uuid.NAMESPACE_URL, name),
                name=name,
                quantity=1,
                unit_price=1,
                line_total=1,
                price_trace="[]",
                returned=0,
            )
            for place, name in enumerate(names)
        ]
    Order.objects.bulk_create(orders)
    OrderItem.objects.bulk_create(items)


@pytest.fixture
def _folder(settings: Any, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path


@pytest.mark.usefixtures("db", "_folder")
def test_a_chain_learns_from_its_own_orders_and_says_how_well() -> None:
    sell(300)
    sell(5, chain="other")
    shares: list[float] = []
    done = training.train("demo", shares.append)
    assert (done.used, done.purchases, done.before) == (True, 300, None)
    assert done.measured is not None
    assert done.popular is not None
    assert done.measured.recall >= done.popular.recall
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1.0)
    model = files.read(files.path_of("demo"))
    assert (model.about.recall, model.about.purchases) == (done.measured.recall, 300)
    assert str(uuid.uuid5(uuid.NAMESPACE_URL, "milk")) in model.column
    assert training.train("other") == training.Trained(False, 5)
    assert not files.path_of("other").exists()


@pytest.mark.usefixtures("db", "_folder")
def test_a_worse_model_does_not_replace_a_better_one(monkeypatch: pytest.MonkeyPatch) -> None:
    sell(300)
    first = training.train("demo")
    kept = files.path_of("demo").read_bytes()
    assert first.measured is not None
    worse = first.measured._replace(recall=first.measured.recall - 0.2)
    monkeypatch.setattr(training, "_strongest", lambda past, latest: (1000.0, worse))
    second = training.train("demo")
    assert (second.used, second.before is not None) == (False, True)
    assert files.path_of("demo").read_bytes() == kept
    files.path_of("demo").write_bytes(kept[:100])
    assert training.train("demo").used is True
