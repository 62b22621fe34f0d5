"""Routes of a chain's keys."""

from __future__ import annotations

from django.urls import URLPattern, path

from core.apikeys.api import KeysView, KeyView, RotateKeyView

keys_api: list[URLPattern] = [
    path("api/chains/<str:chain_id>/keys", KeysView.as_view()),
    path("api/chains/<str:chain_id>/keys/<id:key_id>", KeyView.as_view()),
    path("api/chains/<str:chain_id>/keys/<id:key_id>/rotate", RotateKeyView.as_view()),
]
