"""Routes of firmware."""

from __future__ import annotations

from django.urls import URLPattern, path

from core.firmware import api, rollout_api

firmware_api: list[URLPattern] = [
    path("api/firmware", api.ReleasesView.as_view()),
    path("api/firmware/<id:release_id>", api.ReleaseView.as_view()),
    path("api/firmware/<id:release_id>/file", api.ReleaseFileView.as_view()),
    path("api/devices/<id:device_id>/firmware", rollout_api.DeviceFirmwareView.as_view()),
    path("api/rollouts", rollout_api.RolloutsView.as_view()),
    path("api/rollouts/<id:rollout_id>", rollout_api.RolloutView.as_view()),
    path("api/rollouts/<id:rollout_id>/pause", rollout_api.PauseView.as_view()),
    path("api/rollouts/<id:rollout_id>/resume", rollout_api.ResumeView.as_view()),
    path("api/rollouts/<id:rollout_id>/abort", rollout_api.AbortView.as_view()),
    path("api/rollouts/<id:rollout_id>/retry", rollout_api.RetryView.as_view()),
]
