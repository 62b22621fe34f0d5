"""Routes of the public feeds."""

from __future__ import annotations

from django.urls import URLPattern, path

from core.feeds.api import BranchesFeed, BranchFeed

feeds_urls: list[URLPattern] = [
    path("feeds/trolleys.json", BranchesFeed.as_view()),
    path("feeds/<str:branch_id>/<str:name>.json", BranchFeed.as_view()),
]
