"""Who gets which variant of an experiment, and what became of it."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from core.accounts.models import User
from core.assistant.experiments import results
from core.assistant.experiments.assignment import RECOMMENDER, meet, variant_of
from core.assistant.models import Experiment, ExperimentVariant, Exposure, check_variants
from tests.core.support import Api, World, order

HALVES = [{"name": "off", "share": 1}, {"name": "on", "share": 1}]
URL = "/api/experiments/recommender/results"


def begin(world: World, **fields: Any) -> Experiment:
    """Begin the experiment in the own chain."""
    return Experiment.objects.create(chain=world.chain, **{"name": RECOMMENDER, "variants": HALVES, **fields})


def people_of(variant: str, experiment: Experiment, exposed: int, bought: int) -> None:
    """Write so many people who have met a variant, and who have bought since."""
    met = timezone.now() - timedelta(days=2)
    for number in range(exposed):
        user = User.objects.create(username=f"{variant}-{number}")
        Exposure.objects.create(experiment=experiment, user=user, variant=variant, at=met)
        if number < bought:
            for _ in range(2):
                order(user.pk)
        else:
            order(user.pk, placed_at=met - timedelta(days=1))
            order(user.pk, chain_slug="other-chain")


def test_a_variant_is_the_same_for_the_same_person_and_the_shares_are_kept() -> None:
    variants = [ExperimentVariant("off", 1), ExperimentVariant("none", 0), ExperimentVariant("on", 3)]
    found = [variant_of("a", f"person-{number}", variants) for number in range(4000)]
    assert found == [variant_of("a", f"person-{number}", variants) for number in range(4000)]
    counts = Counter(found)
    assert counts["none"] == 0
    assert 900 < counts["off"] < 1100
    other = [variant_of("b", f"person-{number}", variants) for number in range(4000)]
    both = sum(one == two == "off" for one, two in zip(found, other, strict=True))
    assert 190 < both < 310, "what somebody gets of one experiment says nothing of another"


def test_a_person_is_noted_once_and_keeps_what_they_have_met(world: World, people: dict[str, User]) -> None:
    begin(world)
    user = people["shopper"]
    first = meet(RECOMMENDER, "own-chain", str(user.pk))
    noted = Exposure.objects.get()
    assert (noted.user_id, noted.variant, first) == (user.pk, first.variant, (RECOMMENDER, first.variant))
    others = [{"name": name, "share": int(name != first.variant)} for name in ("off", "on")]
    Experiment.objects.update(variants=others)
    assert meet(RECOMMENDER, "own-chain", str(user.pk)) == first
    assert Exposure.objects.get().at == noted.at
    Experiment.objects.update(variants=[{"name": "new", "share": 1}, {"name": "newer", "share": 0}])
    assert meet(RECOMMENDER, "own-chain", str(user.pk)).variant == "new"
    assert Exposure.objects.get().variant == first.variant


def test_without_a_running_experiment_everybody_has_it_on_and_nobody_is_noted(
    world: World, people: dict[str, User]
) -> None:
    user_id = str(people["shopper"].pk)
    assert meet(RECOMMENDER, "own-chain", user_id) == (RECOMMENDER, "on")
    begin(world, is_active=False, variants=[{"name": "off", "share": 1}, {"name": "on", "share": 0}])
    assert meet(RECOMMENDER, "own-chain", user_id).variant == "on"
    assert not Exposure.objects.exists()


def test_the_results_count_who_bought_since_they_met_it(world: World, people: dict[str, User]) -> None:
    experiment = begin(world)
    people_of("off", experiment, 20, 5)
    people_of("on", experiment, 10, 4)
    answer = Api(people["chain_admin"]).get(URL).json()
    assert (answer["name"], answer["chain"], answer["is_active"]) == (RECOMMENDER, "own-chain", True)
    off, on = answer["variants"]
    assert (off["variant"], off["exposed"], off["bought"], off["rate"]) == ("off", 20, 5, 0.25)
    assert (off["lift"], off["lift_interval"]) == (None, None)
    assert off["rate_interval"] == {"low": 0.1119, "high": 0.4687}
    assert (on["variant"], on["exposed"], on["bought"], on["rate"], on["lift"]) == ("on", 10, 4, 0.4, 0.6)
    assert on["lift_interval"]["low"] < 0 < on["lift_interval"]["high"]


def test_of_nobody_there_are_no_rates(world: World, people: dict[str, User]) -> None:
    begin(world)
    for each in Api(people["chain_admin"]).get(URL).json()["variants"]:
        assert (each["exposed"], each["bought"]) == (0, 0)
        assert {each[name] for name in ("rate", "lift", "lift_interval")} == {None}
        assert each["rate_interval"] is None


def test_a_lift_needs_successes_on_both_sides() -> None:
    assert results.lift((0, 0), (10, 1)) == (None, None)
    assert results.lift((10, 1), (10, 0)) == (None, None)
    assert results.lift((10, 0), (10, 5)) == (-1.0, None)
    more, interval = results.lift((1000, 200), (1000, 100))
    assert more == pytest.approx(1.0)
    assert interval is not None
    # Katz: 2 * exp(-+ 1.96 * sqrt(1/200 - 1/1000 + 1/100 - 1/1000)) - 1
    assert tuple(interval) == pytest.approx((0.5995, 1.5008), abs=1e-4)


@pytest.mark.parametrize(("successes", "of_all", "low"), [(0, 10, 0.0), (10, 10, 0.7225)])
def test_a_rate_of_nothing_or_everything_has_an_interval_too(successes: int, of_all: int, low: float) -> None:
    found = results.wilson(successes, of_all)
    assert found.low == pytest.approx(low, abs=1e-4)
    assert 0 <= found.low < found.high <= 1


def test_results_are_for_who_watches_the_chain(world: World, people: dict[str, User]) -> None:
    begin(world)
    statuses = {
        name: Api(people.get(name)).get(URL).status_code
        for name in ("nobody", "shopper", "staff", "manager", "chain_admin", "platform", "stranger")
    }
    assert statuses == {
        "nobody": 401, "shopper": 403, "staff": 403, "manager": 403, "stranger": 403,
        "chain_admin": 200, "platform": 200,
    }  # fmt: skip
    admin = Api(people["chain_admin"])
    assert admin.get(f"{URL}?chain=own-chain").status_code == 200
    assert admin.get(f"{URL}?chain=other-chain").status_code == 404
    assert admin.get("/api/experiments/another/results").status_code == 404
    assert Api(people["platform"]).get(f"{URL}?chain=other-chain").status_code == 404


@pytest.mark.parametrize(
    "wrong",
    [
        {}, [], [{"name": "on", "share": 1}], [{"name": "on", "share": 0}, {"name": "off", "share": 0}],
        [{"name": "on", "share": 1}, {"name": "on", "share": 1}], [{"name": "On", "share": 1}, HALVES[0]],
        [{"name": "on", "share": 1.5}, HALVES[0]], [{"name": "on", "share": 1, "more": 1}, HALVES[0]],
    ],
    ids=json.dumps,
)  # fmt: skip
def test_variants_that_are_none_are_refused(wrong: Any) -> None:
    with pytest.raises(ValidationError):
        check_variants(wrong)


def test_an_experiment_is_set_up_in_the_admin(world: World, people: dict[str, User], client: Any) -> None:
    client.force_login(people["platform"])
    url = reverse("admin:assistant_experiment_add")
    body = {"chain": world.chain.pk, "name": "recommender", "is_active": "on"}
    assert client.post(url, {**body, "variants": "[]"}).status_code == 200
    assert client.post(url, {**body, "variants": json.dumps(HALVES)}).status_code == 302
    assert Experiment.objects.get().variants == HALVES


def test_who_is_gone_is_in_no_experiment(world: World, people: dict[str, User]) -> None:
    begin(world)
    meet(RECOMMENDER, "own-chain", str(people["shopper"].pk))
    people["shopper"].delete()
    assert not Exposure.objects.exists()
    assert variant_of("a", str(uuid4()), [ExperimentVariant("on", 1)]) == "on"
