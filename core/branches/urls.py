"""Routes of chains and branches, their floor plans and their trolleys."""

from __future__ import annotations

from django.urls import URLPattern, path

from core.branches import branches, chains, floor_plans, trolleys

branches_api: list[URLPattern] = [
    path("api/chains", chains.ChainsView.as_view()),
    path("api/chains/<str:chain_id>", chains.ChainView.as_view()),
    path("api/branches", branches.BranchesView.as_view()),
    path("api/branches/<str:branch_id>", branches.BranchView.as_view()),
    path("api/branches/<str:branch_id>/floor-plan", floor_plans.FloorPlanView.as_view()),
    path("api/branches/<str:branch_id>/floor-plan/pictures", floor_plans.FloorPicturesView.as_view()),
    path("api/branches/<str:branch_id>/trolleys", trolleys.TrolleysView.as_view()),
    path("api/branches/<str:branch_id>/trolleys/<str:cart_number>", trolleys.TrolleyOfBranchView.as_view()),
]
