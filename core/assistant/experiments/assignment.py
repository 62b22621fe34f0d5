"""Who gets which variant of an experiment. Blocking."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

import msgspec
from django.utils import timezone

from core.assistant.models import Experiment, ExperimentVariant, Exposure

RECOMMENDER = "recommender"
"""The experiment of whether anything is suggested at all."""
ON, OFF = "on", "off"


class AssignedVariant(NamedTuple):
    """The variant of an experiment that somebody gets."""

    experiment: str
    variant: str


def variant_of(experiment: str, user_id: str, variants: Sequence[ExperimentVariant]) -> str:
    """Return the variant of a person: the same for the same names and shares, and independent of others.

    The shares divide the range of a hash of experiment and person.
    """
    digest = hashlib.blake2b(f"{experiment}\0{user_id}".encode(), digest_size=8).digest()
    place = int.from_bytes(digest) * sum(each.share for each in variants) >> 64
    for each in variants:
        if place < each.share:
            return each.name
        place -= each.share
    raise ValueError("an experiment without shares")


def meet(experiment: str, chain: str, user_id: str) -> AssignedVariant:
    """Return the person's variant, and note once that they have met it.

    Whoever has met one keeps it when the shares change. Without such an experiment in the chain, or after
    its end, everybody has it on.
    """
    row = Experiment.objects.filter(chain__slug=chain, name=experiment, is_active=True).first()
    if row is None:
        return AssignedVariant(experiment, ON)
    variants = msgspec.convert(row.variants, list[ExperimentVariant])
    met = Exposure.objects.filter(experiment=row, user_id=user_id).values_list("variant", flat=True).first()
    if met is not None and any(each.name == met for each in variants):
        return AssignedVariant(experiment, met)
    variant = variant_of(experiment, user_id, variants)
    if met is None:
        exposure = Exposure(experiment=row, user_id=user_id, variant=variant, at=timezone.now())
        Exposure.objects.bulk_create([exposure], ignore_conflicts=True)
    return AssignedVariant(experiment, variant)
