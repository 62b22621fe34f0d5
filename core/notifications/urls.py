"""Routes of notifications."""

from __future__ import annotations

from django.urls import URLPattern, path

from core.notifications import api

notifications_api: list[URLPattern] = [
    path("api/notifications", api.NotificationsView.as_view()),
    path("api/notifications/preferences", api.PreferencesView.as_view()),
    path("api/notifications/push", api.BrowsersView.as_view()),
    path("api/notifications/push/<id:browser_id>", api.BrowserView.as_view()),
    path("api/notifications/<id:notification_id>/read", api.ReadView.as_view()),
]
