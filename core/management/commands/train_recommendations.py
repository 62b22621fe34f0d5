"""Trains the recommendations from the orders, and reports their quality."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from functools import partial
from typing import Any

from django.core.management.base import BaseCommand

from core.assistant.recommendations.training import Trained, train
from core.progress import ProgressBar
from core.tenancy.models import Chain


class Command(BaseCommand):
    """``manage.py train_recommendations [CHAIN…]``; without a chain, all of them."""

    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the chains' slugs."""
        parser.add_argument("chains", nargs="*", metavar="CHAIN")

    def handle(self, *arguments: Any, **options: Any) -> None:
        """Train, chain by chain."""
        chains = options["chains"] or list(Chain.objects.order_by("slug").values_list("slug", flat=True))
        progress = ProgressBar(sys.stderr)
        for chain in chains:
            done = train(chain, partial(progress.share, chain))
            self.stdout.write(f"{chain}: {_told(done)}")


def _told(done: Trained) -> str:
    if done.measured is None or done.popular is None:
        return f"{done.purchases} purchases are too few to learn from"
    found = done.measured
    figures = (
        f"recall@10 {found.recall:.3f} (popularity {done.popular.recall:.3f}), "
        f"coverage {found.coverage:.2f}, novelty {found.novelty:.1f} bits, of {done.purchases} purchases"
    )
    return figures if done.used else f"{figures}; kept the old model ({done.before:.3f})"
