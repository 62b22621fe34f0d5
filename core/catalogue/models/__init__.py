"""Categories, products, prices and imports of a chain, as rows."""

from __future__ import annotations

from core.catalogue.models.codes import ProductCode
from core.catalogue.models.discounts import PriceRule, Voucher, VoucherUses
from core.catalogue.models.imports import ImportJob, ImportLine, StagedProduct
from core.catalogue.models.label_layouts import LabelLayout
from core.catalogue.models.products import Category, Goods, Product, ProductImage, Variant, Versioned
from core.catalogue.models.promotions import Promotion, PromotionGoods
from core.catalogue.models.recalls import RecalledLot
from core.catalogue.models.supplier_feeds import SupplierFeed

__all__ = [
    "Category", "Goods", "ImportJob", "ImportLine", "LabelLayout", "PriceRule", "Product", "ProductCode",
    "ProductImage", "Promotion", "PromotionGoods", "RecalledLot", "StagedProduct", "SupplierFeed", "Variant",
    "Versioned", "Voucher", "VoucherUses",
]  # fmt: skip
