"""Routes of firmware."""

from __future__ import annotations

from django.urls import URLPattern, path

from core.firmware import api, rollout_api

firmware_api: list[URLPattern] = [
    path("api/firmware", api.ReleasesView.as_view()),
    path("api/firmware/<uuid:release_id>", api.ReleaseView.as_view()),
    path("api/firmware/<uuid:release_id>/file", api.ReleaseFileView.as_view()),
    path("api/devices/<uuid:device_id>/firmware", rollout_api.DeviceFirmwareView.as_view()),
    path("api/rollouts", rollout_api.RolloutsView.as_view()),
    path("api/rollouts/<uuid:rollout_id>", rollout_api.RolloutView.as_view()),
    path("api/rollouts/<uuid:rollout_id>/pause", rollout_api.PauseView.as_view()),
    path("api/rollouts/<uuid:rollout_id>/resume", rollout_api.ResumeView.as_view()),
    path("api/rollouts/<uuid:rollout_id>/abort", rollout_api.AbortView.as_view()),
    path("api/rollouts/<uuid:rollout_id>/retry", rollout_api.RetryView.as_view()),
]
