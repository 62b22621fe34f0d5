"""Every route of the Django part. ``middleware.ApiPaths`` brings /api/ paths without a trailing slash."""

from __future__ import annotations

from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, path
from django.views.generic import RedirectView
from drf_spectacular.renderers import OpenApiJsonRenderer
from drf_spectacular.views import SpectacularSwaggerSplitView
from rest_framework.permissions import AllowAny

from core import problems
from core.accounts import api as accounts
from core.accounts.admin_login import AdminSessionView
from core.accounts.codes import api as codes
from core.accounts.codes import own_phone
from core.accounts.contact import api as contact
from core.accounts.factors import api as factors
from core.accounts.members import accepting
from core.accounts.members import api as members
from core.accounts.members.colleagues import ColleaguesView
from core.alarms import api as alarms
from core.apikeys.urls import keys_api
from core.assistant.experiments import api as experiments
from core.assistant.preferences import api as preferences
from core.audit import api as audit
from core.branches.urls import branches_api
from core.catalogue import media
from core.catalogue.rest import (
    categories,
    imports,
    pictures,
    promotions,
    recalls,
    supplier_feeds,
    tax_rates,
    variants,
)
from core.catalogue.rest import products as catalogue
from core.catalogue.rest.refused import RefusedLinesView
from core.demo.api import DemoView
from core.feeds.urls import feeds_urls
from core.firmware.urls import firmware_api
from core.fleet.rentals import api as rentals
from core.fleet.trolleys import api as trolleys
from core.fleet.trolleys import branch_api as branch_trolleys
from core.fleet.trolleys import print_pages
from core.fleet.trolleys.maintenance import MaintenanceView
from core.fleet.trolleys.timeline import BranchTimelineView, TimelineView
from core.fleet.urls import device_api
from core.inventory import api as inventory
from core.notifications.urls import notifications_api
from core.orders import api as orders
from core.orders import receipts, summaries
from core.payments import api as payments
from core.payments.pages import pay as pay_page
from core.privacy import api as privacy
from core.rest.views import SchemaView
from core.stats import api as stats
from core.telemetry import api as telemetry
from core.web import health
from core.web.pages import page

_open = {"authentication_classes": (), "permission_classes": (AllowAny,)}

api: list[URLPattern | URLResolver] = [
    path("api/auth/register", accounts.RegisterView.as_view()),
    path("api/auth/token", accounts.TokenView.as_view()),
    path("api/auth/token/refresh", accounts.RefreshView.as_view()),
    path("api/auth/logout", accounts.LogoutView.as_view()),
    path("api/auth/logout-everywhere", accounts.LogoutEverywhereView.as_view()),
    path("api/auth/otp/request", codes.AskCodeView.as_view()),
    path("api/auth/otp/verify", codes.VerifyCodeView.as_view()),
    path("api/auth/password/reset", contact.PasswordResetView.as_view()),
    path("api/auth/password/reset/confirm", contact.ConfirmPasswordResetView.as_view()),
    path("api/auth/email/confirm", contact.ConfirmEmailView.as_view()),
    path("api/auth/admin", AdminSessionView.as_view()),
    path("api/chains/<str:chain_id>/members", members.MembersView.as_view()),
    path("api/chains/<str:chain_id>/members/<id:member_id>", members.MemberView.as_view()),
    *notifications_api,
    path("api/invitations/accept", accepting.AcceptInvitationView.as_view()),
    path("api/me", accounts.MeView.as_view()),
    path("api/me/preferences", preferences.WantsView.as_view()),
    path("api/me/export", privacy.ExportView.as_view()),
    path("api/me/phone", own_phone.PhoneView.as_view()),
    path("api/me/phone/confirm", own_phone.ConfirmPhoneView.as_view()),
    path("api/me/totp", factors.SecondFactorView.as_view()),
    path("api/me/totp/confirm", factors.ConfirmSecondFactorView.as_view()),
    path("api/me/totp/recovery-codes", factors.RecoveryCodesView.as_view()),
    path("api/me/logins", factors.LoginsView.as_view()),
    path("api/me/logins/<id:login_id>", factors.LoginView.as_view()),
    *branches_api,
    *keys_api,
    path("api/branches/<str:branch_id>/stats", stats.BranchStatsView.as_view()),
    path("api/chains/<str:chain_id>/stats", stats.ChainStatsView.as_view()),
    path("api/experiments/<str:name>/results", experiments.ExperimentResultsView.as_view()),
    path("api/branches/<str:branch_id>/qr-sheet", trolleys.QrSheetView.as_view()),
    path("api/branches/<str:branch_id>/carts", branch_trolleys.BranchTrolleysView.as_view()),
    path("api/branches/<str:branch_id>/carts/<str:cart_number>", branch_trolleys.BranchTrolleyView.as_view()),
    path("api/branches/<str:branch_id>/carts/<str:cart_number>/timeline", TimelineView.as_view()),
    path("api/branches/<str:branch_id>/timeline", BranchTimelineView.as_view()),
    path("api/branches/<str:branch_id>/maintenance", MaintenanceView.as_view()),
    path("api/branches/<str:branch_id>/rentals/active", rentals.ActiveRentalsView.as_view()),
    path("api/branches/<str:branch_id>/rentals/history", rentals.RentalHistoryView.as_view()),
    path("api/branches/<str:branch_id>/rentals/history.csv", rentals.RentalHistoryCsvView.as_view()),
    path("api/branches/<str:branch_id>/rentals/stats", rentals.RentalStatsView.as_view()),
    path("api/branches/<str:branch_id>/alarms", alarms.AlarmsView.as_view()),
    path("api/branches/<str:branch_id>/colleagues", ColleaguesView.as_view()),
    path("api/audit", audit.AuditView.as_view()),
    path("api/audit/export.csv", audit.AuditCsvView.as_view()),
    path("api/telemetry/devices/<id:device_id>", telemetry.DeviceTelemetryView.as_view()),
    path("api/telemetry/branches/<str:branch_id>", telemetry.BranchTelemetryView.as_view()),
    path("api/telemetry/chains/<str:chain_id>", telemetry.ChainTelemetryView.as_view()),
    path("api/branches/<str:branch_id>/stock", inventory.StockView.as_view()),
    path("api/branches/<str:branch_id>/stock/movements", inventory.MovementsView.as_view()),
    path("api/orders", orders.OrdersView.as_view()),
    path("api/orders/totals", summaries.OrderTotalsView.as_view()),
    path("api/orders/export.csv", summaries.OrdersCsvView.as_view()),
    path("api/orders/<id:order_id>", orders.OrderView.as_view()),
    path("api/orders/<id:order_id>/buyer", receipts.BuyerView.as_view()),
    path("api/orders/<id:order_id>/receipt.pdf", receipts.ReceiptPdfView.as_view()),
    path("api/payments/providers", payments.ProvidersView.as_view()),
    path("api/payments/webhooks/<str:provider>", payments.WebhookView.as_view()),
    path("api/trolleys/<str:trolley_id>", trolleys.TrolleyView.as_view()),
    path("api/trolleys/<str:trolley_id>/qr", trolleys.TrolleyQrView.as_view()),
    path("api/trolleys/<str:trolley_id>/new-qr", trolleys.NewQrView.as_view()),
    *device_api,
    *firmware_api,
    path("api/products", catalogue.ProductsView.as_view()),
    path("api/products/export", imports.ProductExportView.as_view()),
    path("api/products/<id:product_id>", catalogue.ProductView.as_view()),
    path("api/products/<id:product_id>/images", pictures.PicturesView.as_view()),
    path("api/products/<id:product_id>/images/<id:image_id>", pictures.PictureView.as_view()),
    path("api/imports", imports.ImportsView.as_view()),
    path("api/imports/<id:import_id>", imports.ImportView.as_view()),
    path("api/imports/<id:import_id>/lines", imports.ImportLinesView.as_view()),
    path("api/imports/<id:import_id>/refused.csv", RefusedLinesView.as_view()),
    path("api/imports/<id:import_id>/apply", imports.ApplyImportView.as_view()),
    path("api/imports/<id:import_id>/columns", imports.ImportColumnsView.as_view()),
    path("api/recalls", recalls.RecallsView.as_view()),
    path("api/recalls/<id:recall_id>", recalls.RecallView.as_view()),
    path("api/promotions", promotions.PromotionsView.as_view()),
    path("api/promotions/<id:promotion_id>", promotions.PromotionView.as_view()),
    path("api/tax-rates", tax_rates.TaxRatesView.as_view()),
    path("api/tax-rates/presets", tax_rates.TaxPresetsView.as_view()),
    path("api/tax-rates/<id:rate_id>", tax_rates.TaxRateView.as_view()),
    path("api/chains/<str:chain_id>/supplier-feeds", supplier_feeds.FeedsView.as_view()),
    path("api/chains/<str:chain_id>/supplier-feeds/<id:feed_id>", supplier_feeds.FeedView.as_view()),
    path(
        "api/chains/<str:chain_id>/supplier-feeds/<id:feed_id>/deliveries",
        supplier_feeds.DeliveriesView.as_view(),
    ),
    path(
        "api/chains/<str:chain_id>/supplier-feeds/<id:feed_id>/fetch", supplier_feeds.FetchFeedView.as_view()
    ),
    path("api/categories", categories.CategoriesView.as_view()),
    path("api/categories/<id:category_id>", categories.CategoryView.as_view()),
    path("api/variants", variants.VariantsView.as_view()),
    path("api/variants/<id:variant_id>", variants.VariantView.as_view()),
    path("api/demo", DemoView.as_view()),
    path(
        "api/schema",
        SchemaView.as_view(renderer_classes=[OpenApiJsonRenderer], **_open),
        name="schema",
    ),
    path(
        "api/docs",
        SpectacularSwaggerSplitView.as_view(url_name="schema", template_name="api_docs.html", **_open),
    ),
]

urlpatterns: list[URLPattern | URLResolver] = [
    *api,
    *feeds_urls,
    path("api/<path:rest>", problems.nothing_here),
    path("admin/", admin.site.urls),
    path("readyz", health.readyz),
    path("media/<path:name>", media.serve),
    path("favicon.ico", RedirectView.as_view(url=f"{settings.STATIC_URL}css/mark.svg", permanent=True)),
    path("", page, {"name": "index"}),
    path("login", page, {"name": "login"}),
    path("reset", page, {"name": "account"}),
    path("confirm", page, {"name": "account"}),
    path("invitation", page, {"name": "account"}),
    path("account", page, {"name": "account"}),
    path("people/<str:chain_id>", page, {"name": "people"}),
    path("docs/asyncapi", page, {"name": "asyncapi"}),
    path("docs/components", page, {"name": "components"}),
    path("shop", page, {"name": "shop"}),
    path("t/<str:trolley_id>", page, {"name": "shop"}),
    path("pay/<str:provider>/<uuid:payment_id>", pay_page),
    path("catalogue", page, {"name": "catalogue"}),
    path("branch/<str:branch_id>", page, {"name": "branch"}),
    path("branch/<str:branch_id>/devices", page, {"name": "devices"}),
    path("branch/<str:branch_id>/devices/<uuid:device_id>", page, {"name": "devices"}),
    path("branch/<str:branch_id>/orders", page, {"name": "sales"}),
    path("branch/<str:branch_id>/office", page, {"name": "office"}),
    path("office/<str:chain_id>", page, {"name": "office"}),
    path("branch/<str:branch_id>/exit", page, {"name": "exit"}),
    path("branch/<str:branch_id>/till", page, {"name": "till"}),
    path("orders", page, {"name": "orders"}),
    path("orders/<uuid:order_id>", page, {"name": "receipt"}),
    path("x/<str:code>", orders.exit_pass),
    path("print/branches/<str:branch_id>/qr-sheet", print_pages.qr_sheet, name="qr-sheet"),
    path("print/trolleys/<str:trolley_id>/qr", print_pages.trolley_qr, name="trolley-qr"),
    path("<path:rest>", problems.no_page),
]

handler400 = "core.problems.bad_request"
handler403 = "core.problems.permission_denied"
handler404 = "core.problems.page_not_found"
handler500 = "core.problems.server_error"
